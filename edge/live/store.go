package live

import (
	"context"
	"encoding/json"
	"fmt"

	"preau/edge/live/store"
	"preau/internal/sqlite"
)

// partOwn is the part of a stored room that holds its pupils' own stages.
const partOwn = "own"

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
		h.epochs.Store(last)
		list, err := store.Load(tx, h.limits.Rooms)
		if err != nil {
			return err
		}
		for _, s := range list {
			r := newRoom(Room{ID: s.ID, Title: s.Title, Group: s.Group, Teachers: s.Teachers}, h.epoch(), s.Seq, h.now(), h.limits.Events)
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
	if err := json.Unmarshal(s.State, &r.state); err != nil {
		return fmt.Errorf("read state of room %s: %w", r.id, err)
	}
	if b, p := r.state.Boards, r.state.Pupils; b != nil && p != nil && *b == *p {
		r.state.Pupils = b // one stage again, so that commands to all stay one event
	}
	if own := s.Parts[partOwn]; own != nil {
		if err := json.Unmarshal(own, &r.own); err != nil {
			return fmt.Errorf("read stages of room %s: %w", r.id, err)
		}
	}
	return nil
}

// stored is the room as it is to be stored; parts that have not changed since
// the last save are left out. The caller holds saving.
func (r *room) stored() (s store.Room, change int64, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s = store.Room{ID: r.id, Title: r.title, Group: r.group, Teachers: r.staff.IDs(), Epoch: r.epoch, Seq: r.log.Next - 1, Started: r.started, Parts: map[string][]byte{}}
	if s.State, err = json.Marshal(r.state); err != nil {
		return s, 0, fmt.Errorf("encode state: %w", err)
	}
	if r.ownSave > r.saved {
		if s.Parts[partOwn], err = json.Marshal(r.own); err != nil {
			return s, 0, fmt.Errorf("encode stages: %w", err)
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
	err = h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if err := store.Save(tx, s); err != nil || record == nil {
			return err
		}
		return record(tx)
	})
	if err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	r.saved = change
	return nil
}
