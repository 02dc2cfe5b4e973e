package live

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/edge/live/ink"
	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

// yield is how long a save lets the writers just started go first. Nobody sees
// it, and what comes at once shares a save.
const yield = 2 * time.Millisecond

// Command carries out a teacher's command as if it had come over the
// teacher's websocket, and returns the number of its event.
func (h *Hub) Command(ctx context.Context, id string, by Identity, m protocol.Message) (int64, error) {
	r := h.find(id)
	if r == nil || !r.admits(by) {
		return 0, errNoRoom
	}
	if !protocol.May(by.Role, m) || !protocol.IsCommand(m) {
		return 0, preau.E(preau.Forbidden, "a "+string(by.Role)+" may not "+string(protocol.KindOf(m)), "", nil)
	}
	return h.carry(ctx, r, by, m)
}

// command is Command for a connection in its room. A teacher may have left it
// a moment ago; a board is where its pairing put it.
func (h *Hub) command(r *room, by Identity, m protocol.Message) (int64, error) {
	if by.Role == protocol.RoleTeacher && !r.admits(by) {
		return 0, errNoRoom
	}
	ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
	defer cancel()
	return h.carry(ctx, r, by, m)
}

// carry applies, publishes, then records: screens do not wait for the disk,
// the teacher's "ok" does.
func (h *Hub) carry(ctx context.Context, r *room, by Identity, m protocol.Message) (int64, error) {
	switch m := m.(type) {
	case *protocol.End:
		return 0, h.End(ctx, r.id, by)
	case *protocol.Invite:
		return r.last(), h.Invite(ctx, r.id, m.Person)
	case *protocol.Leave:
		return r.last(), h.Leave(ctx, r.id, by.Person)
	}
	var item Item
	if open, ok := m.(*protocol.Open); ok && h.o.Items != nil {
		var err error
		if item, err = h.o.Items(ctx, open.Item, true); err != nil {
			return 0, fmt.Errorf("look up item: %w", err)
		}
	}
	d, err := r.carry(h.now(), func(l *lesson.Lesson) (lesson.Change, error) {
		return l.Apply(m, item, by, lesson.Moment{Now: h.now(), Lead: h.limits.Lead.Milliseconds()})
	})
	if err != nil {
		return 0, err
	}
	if ink.Is(m) {
		return d.seq, h.keepInk(ctx, r, protocol.RefOf(m) != "")
	}
	record, err := h.record(r, by, m, d)
	if err != nil {
		return 0, err
	}
	time.Sleep(yield)
	return d.seq, h.save(ctx, r, d.change, record)
}

// done is what became of a command.
type done struct {
	lesson.Change
	seq    int64 // of its event
	change int64 // for save
}

// carry has something done to the lesson, and tells of it.
func (r *room) carry(now int64, do func(*lesson.Lesson) (lesson.Change, error)) (d done, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return done{}, errNoRoom
	}
	r.touched = now
	r.change++
	if d.Change, err = do(r.lesson); err != nil {
		return d, err
	}
	err = r.tell(&d.Change)
	d.seq, d.change = r.log.Next-1, r.change
	return d, err
}

// record is what the journal is to keep of a change; nil: nothing.
func (h *Hub) record(r *room, by Identity, m protocol.Message, d done) (func(*sqlite.Tx) error, error) {
	if h.o.Events == nil || d.Launch == nil {
		return nil, nil
	}
	id, err := preau.ParseID(d.Launch.Launch)
	if err != nil {
		return nil, err
	}
	to, only := protocol.AimOf(m)
	r.mu.RLock()
	screens := r.screens(only)
	r.mu.RUnlock()
	launch := Launch{ID: id, Room: r.id, Group: r.group, Item: d.Launch.Item, To: to, Only: len(only), By: by, At: time.UnixMilli(h.now()), Screens: screens}
	return func(tx *sqlite.Tx) error { return h.o.Events.Opened(tx, launch) }, nil
}

// hear carries out what is no command: what a screen says of itself, answers,
// a page to show, where a teacher points.
func (h *Hub) hear(r *room, who Identity, m protocol.Message) error {
	if share, ok := m.(*protocol.Share); ok {
		return h.share(r, who, share)
	}
	r.mu.Lock()
	ch, err := r.lesson.Hear(who, m, h.now(), r.log.Next-1)
	if err == nil {
		err = r.tell(&ch)
	}
	r.mu.Unlock()
	if err == nil && ch.Given != nil {
		return h.keep(r, *ch.Given)
	}
	return err
}

// share carries out what a pupil says of showing its page, and opens on the
// boards what it agreed to show.
func (h *Hub) share(r *room, who Identity, m *protocol.Share) error {
	if err := h.mayShow(r, who, m); err != nil {
		return err
	}
	r.mu.Lock()
	ch, open, by, err := r.lesson.Share(who, m)
	if err == nil {
		err = r.tell(&ch)
	}
	r.mu.Unlock()
	switch {
	case err != nil || open == nil:
		return err
	case !r.admits(by): // who asked has left the room since
		return preau.E(preau.Expired, "the teacher no longer asks for this", "", nil)
	}
	_, err = h.command(r, by, open)
	return err
}

// mayShow refuses what a pupil may not see itself: it does not open a staff's
// paper on the boards by its name.
func (h *Hub) mayShow(r *room, who Identity, m *protocol.Share) error {
	item := m.Item
	if item == "" {
		r.mu.RLock()
		p, _ := r.lesson.Roll.Of(who.Person)
		r.mu.RUnlock()
		item = p.Item
	}
	if !m.Yes || item == "" || h.o.Items == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
	defer cancel()
	if _, err := h.o.Items(ctx, item, false); err != nil {
		return fmt.Errorf("look up what a pupil shows: %w", err)
	}
	return nil
}

// elapse has done what time does to a lesson.
func (h *Hub) elapse(r *room) {
	r.whole.Forget(h.now())
	r.mu.Lock()
	ch := lesson.Change{}
	if !r.ended {
		ch = r.lesson.Elapse(h.now())
	}
	if ch.Empty() {
		drawn := !r.ended && r.lesson.Ink.Dirty()
		r.mu.Unlock()
		if drawn { // the last piece of a stroke whose end never came
			h.keepPieces(r)
		}
		return
	}
	r.change++
	err := r.tell(&ch)
	least := r.change
	r.mu.Unlock()
	if err == nil {
		ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
		defer cancel()
		err = h.save(ctx, r, least, nil)
	}
	if err != nil {
		h.log.Error("what time did to a lesson was not recorded", "room", r.id, "err", err)
	}
}
