package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"preau/edge/live/ink"
)

// pieceEvery is how often the pieces of a stroke under way are saved; its end
// is at once.
const pieceEvery = time.Second

// Ink is what was drawn, and by whom.
func (h *Hub) Ink() *ink.Store { return h.ink }

// openInk brings back the ink over what is on screens.
func (h *Hub) openInk(ctx context.Context) (err error) {
	if h.ink, err = ink.Open(ctx, h.o.DB); err != nil {
		return err
	}
	for _, r := range h.rooms {
		if err := r.lesson.Ink.Recall(ctx, h.ink, r.lesson.State); err != nil {
			return err
		}
	}
	return nil
}

// keepInk returns once what was drawn is on the disk; unless it must be now,
// it may be a little later.
func (h *Hub) keepInk(ctx context.Context, r *room, now bool) error {
	return r.lesson.Ink.Keep(ctx, h.ink, &r.mu, now, pieceEvery)
}

// keepPieces is keepInk for what nobody waits for.
func (h *Hub) keepPieces(r *room) {
	ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
	defer cancel()
	if err := h.keepInk(ctx, r, false); err != nil {
		h.log.Warn("ink not saved", "room", r.id, "err", err)
	}
}

// keepAllInk saves what is not yet, before the box stops; no reader is left.
func (h *Hub) keepAllInk() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), h.limits.Stall)
	defer cancel()
	h.mu.Lock() // requests may still come and go
	rooms := slices.Collect(maps.Values(h.rooms))
	h.mu.Unlock()
	for _, r := range rooms {
		if err := h.keepInk(ctx, r, true); err != nil {
			h.log.Warn("ink not saved", "room", r.id, "err", err)
		}
	}
}
