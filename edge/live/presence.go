package live

import (
	"cmp"
	"slices"

	"preau/edge/live/protocol"
)

// member is a person or a board of a room. Those who left stay, offline, so
// that the teacher sees who is missing.
type member struct {
	protocol.Member
	conns   int
	version int64
}

// changed marks a member and wakes those who watch. The caller holds mu.
func (r *room) changed(m *member) {
	r.version++
	m.version = r.version
	r.count = protocol.Count{}
	for _, m := range r.members {
		if m.Role == protocol.RolePupil && m.Online {
			r.count.Pupils++
			if m.Hand != 0 {
				r.count.Hands++
			}
		}
	}
	for _, c := range r.watchers {
		c.wake()
	}
}

// hear takes in what a pupil or a board says of itself.
func (r *room) hear(who Identity, msg protocol.Message, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[who.Person]
	if m == nil {
		return // it left in between
	}
	m.Seen = now
	switch msg := msg.(type) {
	case *protocol.Hand:
		switch {
		case !msg.Up:
			m.Hand = 0
		case m.Hand == 0: // a second hand does not lose the place in the queue
			m.Hand = now
		}
	case *protocol.Ack:
		m.Acked = max(m.Acked, min(msg.Seq, r.log.next-1))
	case *protocol.Status:
		m.Item, m.Position, m.Playing, m.Progress, m.Mood = msg.Item, msg.Position, msg.Playing, msg.Progress, msg.Mood
	case *protocol.Ready:
		m.Ready = true
	}
	r.changed(m)
}

// news returns the members changed since version, oldest change first, and
// the version that this makes.
func (r *room) news(since int64) ([]protocol.Member, int64) {
	var found []*member
	for _, m := range r.members {
		if m.version > since {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b *member) int { return cmp.Compare(a.version, b.version) })
	out := make([]protocol.Member, len(found))
	for i, m := range found {
		out[i] = m.Member
	}
	return out, r.version
}
