package live

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// Command carries out a teacher's command as if it had come over the
// teacher's websocket, and returns the number of its event.
func (h *Hub) Command(ctx context.Context, id string, by Identity, m protocol.Message) (int64, error) {
	r := h.find(id)
	if r == nil || !r.admits(by) {
		return 0, errNoRoom
	}
	if !protocol.May(by.Role, m) || classOf(m) != classCommand {
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
	if _, ok := m.(*protocol.End); ok {
		return 0, h.End(ctx, r.id, by)
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
	var launch *Launch
	if opened := d.launch; opened != nil {
		id, err := preau.ParseID(opened.Launch)
		if err != nil {
			return 0, err
		}
		r.mu.RLock()
		screens := len(r.conns)
		r.mu.RUnlock()
		launch = &Launch{ID: id, Room: r.id, Group: r.group, Item: opened.Item, To: stage.TargetOf(m), By: by, At: time.UnixMilli(h.now()), Screens: screens}
	}
	return d.seq, h.save(ctx, r, d.change, launch)
}
