package live

import (
	"slices"
	"sync"

	"preau/edge/live/backlog"
	"preau/edge/live/protocol"
	"preau/edge/live/roll"
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
	log      backlog.Log
	state    protocol.State
	conns    []*conn // each knows its slot
	watchers []*conn // teachers and boards among them: who hears of presence
	ended    bool
	touched  int64 // ms of the last command or arrival

	// Told by level: each has the version of its last change.
	version int64 // grows with each of them
	roll    *roll.Roll
	staff   *roll.Staff
	own     stage.Own
	ownSave int64 // change at which own was last altered
	asides  map[string]*aside
	mineAt  int64
	point   protocol.Pointed
	pointAt int64
}

func newRoom(r Room, epoch, seq, now int64, events int) *room {
	return &room{id: r.ID, title: r.Title, group: r.Group, epoch: epoch, started: now, touched: now,
		log:  backlog.New(events, seq),
		roll: roll.New(), staff: roll.NewStaff(r.Teachers), own: stage.Own{}, asides: map[string]*aside{}}
}

func (r *room) view() Room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return Room{ID: r.id, Title: r.title, Group: r.group, Teachers: r.staff.IDs()}
}

// admits reports whether the room is one of who's.
func (r *room) admits(who Identity) bool {
	switch who.Role {
	case protocol.RoleTeacher:
		r.mu.RLock()
		defer r.mu.RUnlock()
		return r.staff.Has(who.Person)
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
	r.roll.Enter(protocol.Member{ID: c.who.Person, Role: c.who.Role, Name: c.who.Name, Group: c.who.Group, Stage: r.launchOf(c.who.Person)}, now, r.tick())
	r.watched()
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
	if r.roll.Leave(c.who.Person, now, r.tick()) {
		r.watched()
	}
}

// publish numbers an event, frames it once and wakes every connection. The
// caller holds mu.
func (r *room) publish(ev protocol.Message) error {
	protocol.Number(ev, r.log.Next)
	text, err := protocol.Encode(ev)
	if err != nil {
		return err
	}
	r.log.Add(protocol.Frame(text))
	for _, c := range r.conns {
		c.wake()
	}
	return nil
}

// snapshot is all that is on the room's screens. The caller holds mu.
func (r *room) snapshot(now int64) protocol.State {
	st := r.state
	st.Timer = stage.Running(st.Timer, now)
	st.Ink = r.layers()
	return st
}
