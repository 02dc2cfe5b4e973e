// Package roll is who is in a room: its people and boards, here or gone, and
// what each says of itself. It promises that one who left stays on it, so that
// the teacher sees who is missing, that whoever asks for what changed since a
// version hears of every change once, and that a count holds no name. It
// refuses nobody: its caller decides who enters. It has no lock and no clock;
// the caller holds one and gives each change its version, growing.
package roll

import (
	"cmp"
	"slices"

	"preau/edge/live/protocol"
)

type person struct {
	protocol.Member
	conns   int
	version int64
}

// Roll is a room's. The zero value is not ready: see New.
type Roll struct {
	people  map[string]*person
	count   protocol.Count
	countAt int64 // version of the last change of count
	staffAt int64 // version of the last coming or going of a teacher
}

// New makes an empty one.
func New() *Roll { return &Roll{people: map[string]*person{}} }

// Enter notes one more connection of a person or a board.
func (r *Roll) Enter(who protocol.Member, now, version int64) {
	p := r.people[who.ID]
	if p == nil {
		p = &person{Member: who}
		r.people[who.ID] = p
	}
	p.conns++
	p.Online, p.Seen = true, now
	r.changed(p, version)
}

// Leave notes one less, and reports whether that was the last.
func (r *Roll) Leave(id string, now, version int64) bool {
	p := r.people[id]
	if p == nil {
		return false
	}
	if p.conns--; p.conns > 0 {
		return false
	}
	p.Online, p.Ready, p.Hand, p.Seen = false, false, 0, now
	p.Offer = nil
	r.changed(p, version)
	return true
}

// Hear takes in what a pupil or a board says of itself; last is the number of
// the room's last event. It reports whether it is known.
func (r *Roll) Hear(id string, msg protocol.Message, now, last, version int64) bool {
	p := r.people[id]
	if p == nil {
		return false // it left in between
	}
	p.Seen = now
	switch msg := msg.(type) {
	case *protocol.Hand:
		switch {
		case !msg.Up:
			p.Hand, p.Since = 0, now
		case p.Hand == 0: // a second hand does not lose the place in the queue
			p.Hand, p.Since = now, now
		}
	case *protocol.Ack:
		p.Acked = max(p.Acked, min(msg.Seq, last))
	case *protocol.Status:
		if p.Mood != msg.Mood {
			p.Since = now
		}
		p.Item, p.Position, p.Playing, p.Progress, p.Mood = msg.Item, msg.Position, msg.Playing, msg.Progress, msg.Mood
	case *protocol.Ready:
		p.Ready = true
	}
	r.changed(p, version)
	return true
}

// Change alters what is known of one, and reports whether it is on the roll.
func (r *Roll) Change(id string, version int64, alter func(*protocol.Member)) bool {
	p := r.people[id]
	if p == nil {
		return false
	}
	alter(&p.Member)
	r.changed(p, version)
	return true
}

// Withdraw forgets every offer of an item, because it is being shown, and
// reports whether there was one.
func (r *Roll) Withdraw(item string, version int64) (found bool) {
	for _, p := range r.people {
		if p.Offer != nil && p.Offer.Item == item {
			p.Offer = nil
			r.changed(p, version)
			found = true
		}
	}
	return found
}

func (r *Roll) changed(p *person, version int64) {
	p.version = version
	if p.Role == protocol.RoleTeacher {
		r.staffAt = version
	}
	var n protocol.Count
	for _, p := range r.people {
		if p.Role == protocol.RolePupil && p.Online {
			n.Pupils++
			if p.Hand != 0 {
				n.Hands++
			}
		}
	}
	if n != r.count {
		r.count, r.countAt = n, version
	}
}

// Of returns what is known of one.
func (r *Roll) Of(id string) (protocol.Member, bool) {
	p := r.people[id]
	if p == nil {
		return protocol.Member{}, false
	}
	return p.Member, true
}

// News returns the members changed since a version, oldest change first.
func (r *Roll) News(since int64) []protocol.Member {
	var found []*person
	for _, p := range r.people {
		if p.version > since {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *person) int { return cmp.Compare(a.version, b.version) })
	out := make([]protocol.Member, len(found))
	for i, p := range found {
		out[i] = p.Member
	}
	return out
}

// Count returns how many pupils are here and hands are up, and the version at
// which that was new.
func (r *Roll) Count() (n protocol.Count, version int64) { return r.count, r.countAt }
