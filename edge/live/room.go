package live

import (
	"slices"
	"sync"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// Room is a class in session, as its callers name it.
type Room struct {
	ID       string   // the session's id
	Title    string   // "Français"
	Group    string   // its pupils' class; they enter by belonging to it
	Teachers []string // local person ids; the first one opened it
}

// room is a Room at work. mu guards everything below it.
type room struct {
	id, title, group string
	epoch            int64
	started          int64 // ms

	saving sync.Mutex // held while the room is being saved; taken before mu
	saved  int64      // the last change on the disk, guarded by saving

	mu       sync.RWMutex
	change   int64 // counts what a save must cover
	teachers []string
	log      eventLog
	state    protocol.State
	conns    []*conn // each knows its slot
	watchers []*conn // teachers and boards among them: who hears of presence
	members  map[string]*member
	version  int64 // grows with each change of a member
	count    protocol.Count
	ended    bool
	touched  int64 // ms of the last command or arrival
}

func newRoom(r Room, epoch, seq, now int64, events int) *room {
	return &room{id: r.ID, title: r.Title, group: r.Group, epoch: epoch, started: now, touched: now,
		teachers: slices.Clone(r.Teachers), log: newLog(events, seq), members: map[string]*member{}}
}

func (r *room) view() Room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return Room{ID: r.id, Title: r.title, Group: r.group, Teachers: slices.Clone(r.teachers)}
}

// admits reports whether the room is one of who's.
func (r *room) admits(who Identity) bool {
	switch who.Role {
	case protocol.RoleTeacher:
		r.mu.RLock()
		defer r.mu.RUnlock()
		return slices.Contains(r.teachers, who.Person)
	case protocol.RolePupil:
		return r.group != "" && who.Group == r.group
	case protocol.RoleBoard:
		return who.Room == r.id
	}
	return false
}

// join adds a connection. The caller holds the hub's lock, and wakes it.
func (r *room) join(c *conn, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.slot = len(r.conns)
	r.conns = append(r.conns, c)
	r.touched = now
	if c.who.Role != protocol.RolePupil {
		r.watchers = append(r.watchers, c)
	}
	m := r.members[c.who.Person]
	if m == nil {
		m = &member{Member: protocol.Member{ID: c.who.Person, Role: c.who.Role, Name: c.who.Name}}
		r.members[c.who.Person] = m
	}
	m.conns++
	m.Online, m.Seen = true, now
	r.changed(m)
}

// leave removes a connection. The caller holds the hub's lock.
func (r *room) leave(c *conn, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.conns) - 1
	r.conns[c.slot] = r.conns[last]
	r.conns[c.slot].slot = c.slot
	r.conns[last] = nil
	r.conns = r.conns[:last]
	r.watchers = slices.DeleteFunc(r.watchers, func(w *conn) bool { return w == c })
	if m := r.members[c.who.Person]; m != nil {
		if m.conns--; m.conns == 0 {
			m.Online, m.Ready, m.Hand, m.Seen = false, false, 0, now
			r.changed(m)
		}
	}
}

// publish numbers an event, frames it once and wakes every connection. The
// caller holds mu.
func (r *room) publish(ev protocol.Message) error {
	seq := r.log.next
	switch m := ev.(type) {
	case *protocol.StageSet:
		m.Seq = seq
	case *protocol.AttentionSet:
		m.Seq = seq
	case *protocol.Ended:
		m.Seq = seq
	}
	text, err := protocol.Encode(ev)
	if err != nil {
		return err
	}
	r.log.add(protocol.Frame(text))
	for _, c := range r.conns {
		c.wake()
	}
	return nil
}

// done is what became of a command.
type done struct {
	seq    int64           // of its event
	change int64           // for save
	launch *protocol.Stage // when something was opened
}

// apply carries out a teacher's command: state, events, wake-ups.
func (r *room) apply(cmd protocol.Message, item Item, by Identity, now, lead int64) (d done, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return done{}, errNoRoom
	}
	r.touched = now
	r.change++
	defer func() { d.seq, d.change = r.log.next-1, r.change }()
	switch m := cmd.(type) {
	case *protocol.Lower:
		p := r.members[m.Person]
		if p == nil {
			return d, preau.E(preau.NotFound, "nobody of that id is in this room", "", nil)
		}
		p.Hand = 0
		r.changed(p)
		return d, nil
	case *protocol.Attention:
		r.state.Attention = m.On
		return d, r.publish(&protocol.AttentionSet{On: m.On, By: by.Name})
	case *protocol.Open:
		if d.launch, err = stage.Opened(m, item.Kind, item.Title, by.Name, now, lead); err != nil {
			return d, err
		}
	}
	st, events, err := stage.Apply(r.state, cmd, d.launch, now, lead)
	if err != nil {
		return d, err
	}
	r.state = st
	for _, ev := range events {
		if err := r.publish(ev); err != nil {
			return d, err
		}
	}
	return d, nil
}
