package live

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"preau"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

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

// command is Command for a connection in its room.
func (h *Hub) command(r *room, by Identity, m protocol.Message) (int64, error) {
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
		return 0, h.Invite(ctx, r.id, m.Person)
	case *protocol.Leave:
		return 0, h.Leave(ctx, r.id, by.Person)
	}
	var item Item
	if open, ok := m.(*protocol.Open); ok && h.o.Items != nil {
		var err error
		if item, err = h.o.Items(ctx, open.Item); err != nil {
			return 0, fmt.Errorf("look up item: %w", err)
		}
	}
	d, err := r.apply(m, item, by, h.now(), h.limits.Lead.Milliseconds())
	if err != nil {
		return 0, err
	}
	runtime.Gosched() // the writers just started go before the save
	if d.launch == nil {
		return d.seq, h.save(ctx, r, d.change, nil)
	}
	id, err := preau.ParseID(d.launch.Launch)
	if err != nil {
		return 0, err
	}
	to, only := protocol.AimOf(m)
	launch := Launch{ID: id, Room: r.id, Group: r.group, Item: d.launch.Item, To: to, Only: len(only), By: by, At: time.UnixMilli(h.now()), Screens: d.screens}
	return d.seq, h.save(ctx, r, d.change, func(tx *sqlite.Tx) error {
		if h.o.Events == nil {
			return nil
		}
		return h.o.Events.Opened(tx, launch)
	})
}

// hear carries out what is no command: what a screen says of itself, answers,
// a page to show, where a teacher points.
func (h *Hub) hear(r *room, who Identity, m protocol.Message) error {
	switch m := m.(type) {
	case *protocol.Answer:
		return r.answer(who, m, h.now())
	case *protocol.Share:
		return h.share(r, who, m)
	case *protocol.Point:
		r.points(m)
	default:
		r.hear(who, m, h.now())
	}
	return nil
}
