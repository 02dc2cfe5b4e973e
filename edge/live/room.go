package live

import (
	"slices"
	"sync"

	"preau/edge/live/backlog"
	"preau/edge/live/ink"
	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
)

// room is a Room at work. mu guards everything below it.
type room struct {
	id, title, group string
	epoch            int64
	started          int64 // ms

	saving sync.Mutex // held while the room is being saved; taken before mu
	saved  int64      // the last change on the disk, guarded by saving

	whole backlog.Whole // the state as last written

	mu       sync.RWMutex
	change   int64            // counts what a save must cover
	dirty    map[string]int64 // parts of the lesson, by the change that altered them last
	lesson   *lesson.Lesson
	log      *backlog.Log
	conns    []*conn       // each knows its slot
	watchers []*conn       // teachers and boards among them: who hears of presence
	told     int64         // version of the lesson when all were last told of it
	due      []lesson.Kept // questions that the next save keeps
	ended    bool          // for people; it goes once the disk has it too
	by       Identity      // who ended it
	touched  int64         // ms of the last command or arrival, or of the last try to end it
}

func newRoom(r Room, epoch, seq, now int64, events int) *room {
	return &room{id: r.ID, title: r.Title, group: r.Group, epoch: epoch, started: now, touched: now, log: backlog.New(events, seq),
		dirty: map[string]int64{}, lesson: lesson.New(r.Teachers)}
}

func (r *room) view() Room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return Room{ID: r.id, Title: r.title, Group: r.group, Teachers: r.lesson.Staff.IDs()}
}

// admits reports whether the room is one of who's.
func (r *room) admits(who Identity) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	switch {
	case r.ended:
	case who.Role == protocol.RoleTeacher:
		return r.lesson.Staff.Has(who.Person)
	case who.Role == protocol.RolePupil:
		return r.group != "" && who.Group == r.group
	case who.Role == protocol.RoleBoard:
		return who.Room == r.id
	}
	return false
}

// over reports whether the room has ended for people.
func (r *room) over() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.ended
}

// last is the number of the room's last event.
func (r *room) last() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.log.Next - 1
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
	r.lesson.Enter(c.who, now)
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
	if r.lesson.Leave(c.who.Person, now) {
		r.watched()
	}
}

// publish numbers an event, frames it once and tells every connection's
// writer. The caller holds mu.
func (r *room) publish(ev protocol.Message) error {
	protocol.Number(ev, r.log.Next)
	text, err := protocol.Encode(ev)
	if err != nil {
		return err
	}
	r.log.Add(protocol.Frame(text), !ink.Is(ev))
	for _, c := range r.conns {
		c.nudge()
	}
	return nil
}

// tell publishes what a change made, and wakes those whom it concerns. The
// caller holds mu.
func (r *room) tell(ch *lesson.Change) error {
	for _, part := range ch.Parts {
		r.dirty[part] = r.change
	}
	for _, k := range ch.Kept {
		k.Lesson, k.Class = r.id, r.group
		r.due = append(r.due, k)
	}
	for _, ev := range ch.Events {
		if err := r.publish(ev); err != nil {
			return err
		}
	}
	was := r.told
	r.told = r.lesson.Version()
	switch {
	case len(ch.Events) > 0 && r.told == was: // all have their event, and there is no more
	case len(ch.Events) > 0 || ch.All:
		wake(r.conns)
	default:
		for _, c := range r.conns {
			if slices.Contains(ch.Mine, c.who.Person) {
				c.wake()
			}
		}
		if ch.Watch {
			r.watched()
		}
	}
	return nil
}

// watched wakes those who hear of presence. The caller holds mu.
func (r *room) watched() { wake(r.watchers) }

func wake(conns []*conn) {
	for _, c := range conns {
		c.wake()
	}
}

// screens counts the room's connections, or those of some persons. The caller
// holds mu.
func (r *room) screens(only []string) (n int) {
	if len(only) == 0 {
		return len(r.conns)
	}
	for _, c := range r.conns {
		if slices.Contains(only, c.who.Person) {
			n++
		}
	}
	return n
}
