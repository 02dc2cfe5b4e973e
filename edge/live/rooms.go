package live

import (
	"context"
	"errors"
	"fmt"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/roll"
	"preau/edge/live/store"
	"preau/internal/sqlite"
)

// Start opens a room, durably, and brings in those of its people
// and boards that are waiting. Starting a room again changes
// nothing. A class is in one place at a time: an earlier room of the same
// group is ended.
func (h *Hub) Start(ctx context.Context, spec Room) error {
	if spec.ID == "" || len(spec.ID) > 64 || len(spec.Teachers) == 0 || len(spec.Teachers) > roll.MaxTeachers || len(spec.Title) > 256 || len(spec.Group) > 64 {
		return preau.E(preau.Invalid, "a room needs an id of at most 64 bytes and between 1 and 16 teachers", "", nil)
	}
	h.mu.Lock()
	known, others := h.rooms[spec.ID], []string(nil)
	full := known == nil && len(h.rooms) >= h.limits.Rooms
	for id, r := range h.rooms {
		if id != spec.ID && spec.Group != "" && r.group == spec.Group {
			others = append(others, id)
		}
	}
	h.mu.Unlock()
	switch {
	case known != nil && known.admits(Identity{Role: protocol.RoleTeacher, Person: spec.Teachers[0]}):
		return nil
	case known != nil:
		return preau.E(preau.Conflict, "this lesson is in session with another teacher", "Ask to be invited.", nil)
	case full && len(others) == 0:
		return preau.E(preau.Busy, "as many lessons are in session as the box can hold", "End one of them.", nil)
	}
	for _, id := range others {
		if err := h.End(ctx, id, Identity{Role: protocol.RoleTeacher, Person: spec.Teachers[0]}); err != nil && preau.KindOf(err) != preau.NotFound {
			return fmt.Errorf("end the earlier lesson: %w", err)
		}
	}
	r := newRoom(spec, h.epoch(), 0, h.now(), h.limits.Events)
	for _, id := range spec.Teachers {
		name, err := h.colleague(ctx, id)
		if err != nil {
			return err
		}
		r.lesson.Staff.Name(id, name)
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

// End closes a room: its screens are told, wait for the next one, and the row
// that would bring it back is deleted.
func (h *Hub) End(ctx context.Context, id string, by Identity) error {
	h.mu.Lock()
	r := h.rooms[id]
	delete(h.rooms, id)
	h.mu.Unlock()
	if r == nil {
		return errNoRoom
	}
	r.mu.Lock()
	r.ended = true
	over := r.lesson.Over()
	err := errors.Join(r.tell(&over), r.publish(&protocol.Ended{}))
	r.mu.Unlock()
	if err != nil {
		return err
	}
	h.mu.Lock()
	for c := range h.conns {
		if c.room == r {
			c.leaveEnded(r)
		}
	}
	h.mu.Unlock()
	if err := h.keepInk(ctx, r, true); err != nil {
		return err
	}
	return h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if err := errors.Join(store.Erase(tx, id), h.keepAll(tx, r.questions())); err != nil {
			return err
		}
		if h.o.Events == nil {
			return nil
		}
		return h.o.Events.Ended(tx, r.view(), by)
	})
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
		rooms = append(rooms, r)
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

// Look returns what is on a room's screens and who is there, for pages that
// are rendered whole.
func (h *Hub) Look(id string) (protocol.State, []protocol.Member, bool) {
	r := h.find(id)
	if r == nil {
		return protocol.State{}, nil, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lesson.Snapshot(h.now()), r.lesson.Roll.News(0), true
}

// Mine returns what is a pupil's own in a room, for pages rendered whole.
func (h *Hub) Mine(id, person string) protocol.Mine {
	r := h.find(id)
	if r == nil {
		return protocol.Mine{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lesson.Mine(person)
}

func (h *Hub) find(id string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[id]
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
