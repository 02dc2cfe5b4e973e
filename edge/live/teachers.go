package live

import (
	"context"
	"fmt"

	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
)

// Invite adds a teacher to a room: a colleague, or who takes over. One who
// waits for a room enters it at once.
func (h *Hub) Invite(ctx context.Context, id, person string) error {
	r := h.find(id)
	if r == nil {
		return errNoRoom
	}
	name, err := h.colleague(ctx, person)
	if err != nil {
		return err
	}
	d, err := r.carry(h.now(), func(l *lesson.Lesson) (lesson.Change, error) { return l.Invite(person, name) })
	if err != nil {
		return err
	}
	h.mu.Lock()
	for c := range h.conns {
		if c.greeted.Load() && c.room == nil && c.who.Person == person && r.admits(c.identity()) {
			c.enter(r, false, 0)
		}
	}
	h.mu.Unlock()
	return h.save(ctx, r, d.change, nil)
}

// Leave takes a teacher off a room's; the last one cannot.
func (h *Hub) Leave(ctx context.Context, id, person string) error {
	r := h.find(id)
	if r == nil {
		return errNoRoom
	}
	d, err := r.carry(h.now(), func(l *lesson.Lesson) (lesson.Change, error) { return l.Quit(person) })
	if err != nil {
		return err
	}
	h.mu.Lock() // whatever becomes of the save: here they are a teacher no more
	for c := range h.conns {
		if c.room == r && c.who.Role == protocol.RoleTeacher && c.who.Person == person {
			c.enter(h.roomFor(c.identity(), ""), false, 0)
		}
	}
	h.mu.Unlock()
	return h.save(ctx, r, d.change, nil)
}

// nameTeachers finds the names of teachers again after a restart: a room is
// stored with their ids alone.
func (h *Hub) nameTeachers(ctx context.Context) {
	for _, r := range h.rooms {
		for _, id := range r.lesson.Staff.IDs() {
			name, err := h.colleague(ctx, id)
			if err != nil {
				h.log.Debug("teacher of a room has no name", "person", id, "err", err)
			}
			r.lesson.Staff.Name(id, name)
		}
	}
}

// colleague checks that a person may teach, and returns the name.
func (h *Hub) colleague(ctx context.Context, person string) (string, error) {
	if h.o.Colleague == nil {
		return "", nil
	}
	name, err := h.o.Colleague(ctx, person)
	if err != nil {
		return "", fmt.Errorf("look up colleague: %w", err)
	}
	return name, nil
}
