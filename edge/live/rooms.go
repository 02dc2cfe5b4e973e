package live

import (
	"context"
	"errors"
	"fmt"

	"preau"
	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
	"preau/edge/live/roll"
	"preau/edge/live/store"
	"preau/internal/sqlite"
)

// Start opens a room, durably, and brings in those of its people
// and boards that are waiting. Starting a room again changes
// nothing. A class is in one place at a time: an earlier room of the same
// group is ended. One room starts at a time.
func (h *Hub) Start(ctx context.Context, spec Room) error {
	if spec.ID == "" || len(spec.ID) > 64 || len(spec.Teachers) == 0 || len(spec.Teachers) > roll.MaxTeachers || len(spec.Title) > 256 || len(spec.Group) > 64 {
		return preau.E(preau.Invalid, "a room needs an id of at most 64 bytes and between 1 and 16 teachers", "", nil)
	}
	h.starting.Lock()
	defer h.starting.Unlock()
	by := Identity{Role: protocol.RoleTeacher, Person: spec.Teachers[0]}
	known := h.find(spec.ID)
	switch {
	case known != nil && known.admits(by):
		return nil
	case known != nil:
		return preau.E(preau.Conflict, "this lesson is in session with another teacher", "Ask to be invited.", nil)
	}
	others, err := h.before(spec)
	if err != nil {
		return err
	}
	r := newRoom(spec, h.epochs.Next(h.now()), 0, h.now(), h.limits.Events)
	for _, id := range spec.Teachers {
		name, err := h.colleague(ctx, id)
		if err != nil {
			return err
		}
		r.lesson.Staff.Name(id, name)
	}
	for _, id := range others {
		if err := h.End(ctx, id, by); err != nil && preau.KindOf(err) != preau.NotFound {
			return fmt.Errorf("end the earlier lesson: %w", err)
		}
	}
	if err := h.insert(ctx, r); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms[spec.ID] = r
	for c := range h.conns {
		if c.greeted.Load() && c.room == nil && r.admits(c.identity()) {
			c.enter(r, false, 0)
		}
	}
	return nil
}

// before lists the rooms that must end before one starts: those of its class,
// and its own of before when its end is not on the disk yet.
func (h *Hub) before(spec Room) (others []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, r := range h.rooms {
		if id == spec.ID || spec.Group != "" && r.group == spec.Group {
			others = append(others, id)
		}
	}
	switch {
	case h.closing:
		return nil, preau.E(preau.Unavailable, "the box is about to restart", "Start the lesson again in a minute.", nil)
	case len(others) == 0 && len(h.rooms) >= h.limits.Rooms:
		return nil, preau.E(preau.Busy, "as many lessons are in session as the box can hold", "End one of them.", nil)
	}
	return others, nil
}

// End closes a room: its screens are told, wait for the next one, and the row
// that would bring it back is deleted. When that fails the room is over for
// people all the same, and the sweep tries again.
func (h *Hub) End(ctx context.Context, id string, by Identity) error {
	h.mu.Lock()
	r := h.rooms[id]
	h.mu.Unlock()
	if r == nil {
		return errNoRoom
	}
	if err := h.over(r, by); err != nil {
		return err
	}
	// Whoever asked may be gone: what began is brought to its end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.limits.Stall)
	defer cancel()
	if err := h.keepInk(ctx, r, true); err != nil {
		h.log.Warn("ink not saved", "room", id, "err", err)
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	h.mu.Lock()
	gone := h.rooms[id] != r
	h.mu.Unlock()
	if gone { // another End was faster
		return errNoRoom
	}
	err := h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if err := errors.Join(store.Erase(tx, id), lesson.KeepAll(tx, h.o.Questions, r.questions())); err != nil || h.o.Events == nil {
			return err
		}
		return h.o.Events.Ended(tx, r.view(), r.by)
	})
	if err != nil {
		return fmt.Errorf("record the end of a lesson: %w", err)
	}
	h.mu.Lock()
	delete(h.rooms, id)
	h.mu.Unlock()
	return nil
}

// over ends a room for its people, once.
func (h *Hub) over(r *room, by Identity) error {
	r.mu.Lock()
	again := r.ended
	r.ended, r.touched = true, h.now()
	var err error
	if !again {
		r.by = by
		over := r.lesson.Over()
		err = errors.Join(r.tell(&over), r.publish(&protocol.Ended{}))
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if c.room == r {
			c.leaveEnded(r)
		}
	}
	return nil
}

// leaveEnded takes the connection out of a room with what it has yet to hear
// of it, the end included.
func (c *conn) leaveEnded(r *room) {
	c.mu.Lock()
	r.mu.RLock()
	if c.greeted.Load() && !c.fresh && r.log.Holds(c.next) {
		for ; c.next < r.log.Next; c.next++ {
			c.last = append(c.last, r.log.At(c.next))
		}
	}
	r.mu.RUnlock()
	c.mu.Unlock()
	c.enter(c.hub.roomFor(c.identity(), ""), false, 0)
}

// Move puts a board's connections into a room, or out of any (""), as pairing
// decides.
func (h *Hub) Move(board, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if c.who.Role == protocol.RoleBoard && c.who.Person == board && c.closed.Load() == 0 {
			c.paired = id
			if c.greeted.Load() {
				c.enter(h.roomFor(c.identity(), ""), false, 0)
			}
		}
	}
}

// Rooms lists what is in session.
func (h *Hub) Rooms() []Room {
	h.mu.Lock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		if !r.over() {
			rooms = append(rooms, r)
		}
	}
	h.mu.Unlock()
	out := make([]Room, len(rooms))
	for i, r := range rooms {
		out[i] = r.view()
	}
	return out
}

// Teaches reports whether the room is in session and person one of its
// teachers.
func (h *Hub) Teaches(id, person string) bool {
	r := h.find(id)
	return r != nil && r.admits(Identity{Role: protocol.RoleTeacher, Person: person})
}

// find finds a room in session, or nil.
func (h *Hub) find(id string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rooms[id]; r != nil && !r.over() {
		return r
	}
	return nil
}

// roomFor finds the room of a connection: the one it names, when it is one of
// its own, else the latest that admits it. The caller holds the lock.
func (h *Hub) roomFor(who Identity, named string) (found *room) {
	if r := h.rooms[named]; r != nil && r.admits(who) {
		return r
	}
	for _, r := range h.rooms {
		if r.admits(who) && (found == nil || r.started > found.started) {
			found = r
		}
	}
	return found
}

// greet answers hello.
func (h *Hub) greet(c *conn, m *protocol.Hello) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.greeted.Store(true)
	r := h.roomFor(c.identity(), m.Room)
	if m.Room != "" && (r == nil || r.id != m.Room) {
		c.fail(m, errNoRoom)
	}
	resume := false
	if r != nil {
		r.mu.RLock()
		resume = m.Epoch == r.epoch && m.Seq > 0 && r.log.Holds(m.Seq+1) && (m.Room == "" || m.Room == r.id)
		r.mu.RUnlock()
	}
	c.enter(r, resume, m.Seq+1)
}

// InSession reports whether a room is open.
func (h *Hub) InSession(id string) bool { return h.find(id) != nil }

// Unpair tells a board's connections to forget all.
func (h *Hub) Unpair(board string) {
	h.Disconnect(protocol.CloseUnpaired, func(who Identity) bool { return who.Role == protocol.RoleBoard && who.Person == board })
}
