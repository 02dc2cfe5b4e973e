package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"preau/edge/live/lesson"
	"preau/edge/live/store"
	"preau/internal/sqlite"
)

// load reads the rooms that were in session and opens a new epoch of each.
func (h *Hub) load(ctx context.Context) error {
	if err := store.Migrate(ctx, h.o.DB); err != nil {
		return err
	}
	err := h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		clear(h.rooms)
		last, err := store.LastEpoch(tx)
		if err != nil {
			return err
		}
		h.epochs.After(last)
		list, err := store.Load(tx, h.limits.Rooms)
		if err != nil {
			return err
		}
		for _, s := range list {
			r := newRoom(Room{ID: s.ID, Title: s.Title, Group: s.Group, Teachers: s.Teachers}, h.epochs.Next(h.now()), s.Seq, h.now(), h.limits.Events)
			if err := r.restore(s); err != nil {
				return err
			}
			h.rooms[r.id] = r
			if err := store.SetEpoch(tx, r.id, r.epoch); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load rooms: %w", err)
	}
	return nil
}

// restore takes in what was stored of a room.
func (r *room) restore(s store.Room) error {
	r.started = s.Started
	if err := r.lesson.Restore(s.State, s.Parts); err != nil {
		return fmt.Errorf("read room %s: %w", r.id, err)
	}
	return nil
}

// stored is the room as it is to be stored; parts that have not changed since
// the last save are left out. The caller holds saving.
func (r *room) stored() (s store.Room, change int64, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s = store.Room{ID: r.id, Title: r.title, Group: r.group, Teachers: r.lesson.Staff.IDs(), Epoch: r.epoch, Seq: r.log.Next - 1, Started: r.started, Parts: map[string][]byte{}}
	if s.State, err = json.Marshal(r.lesson.State); err != nil {
		return s, 0, fmt.Errorf("encode state: %w", err)
	}
	for name, at := range r.dirty {
		if at <= r.saved {
			continue
		}
		if s.Parts[name], err = r.lesson.Part(name); err != nil {
			return s, 0, err
		}
	}
	return s, r.change, nil
}

func (h *Hub) insert(ctx context.Context, r *room) error {
	s, _, err := r.stored()
	if err != nil {
		return err
	}
	if err := h.o.DB.Write(ctx, func(tx *sqlite.Tx) error { return store.Insert(tx, s) }); err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	return nil
}

// save returns once the room's change number least is on the disk, with what
// record writes beside it, if anything. One save runs at a time and covers all
// that changed before it began: those who waited for it mostly find their work
// done.
func (h *Hub) save(ctx context.Context, r *room, least int64, record func(*sqlite.Tx) error) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if record == nil && r.saved >= least {
		return nil
	}
	s, change, err := r.stored()
	if err != nil {
		return err
	}
	due := r.questions()
	err = h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if err := errors.Join(store.Save(tx, s), lesson.KeepAll(tx, h.o.Questions, due)); err != nil || record == nil {
			return err
		}
		return record(tx)
	})
	if err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	r.saved = change
	r.kept(len(due))
	return nil
}
