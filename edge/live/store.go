package live

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// load reads the rooms that were in session and opens a new epoch of each.
func (h *Hub) load(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("open live migrations: %w", err)
	}
	if err := h.o.DB.Migrate(ctx, "live", sub); err != nil {
		return fmt.Errorf("open live: %w", err)
	}
	err = h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		clear(h.rooms)
		var last int64
		if err := tx.QueryRow(`SELECT coalesce(max(epoch), 0) FROM live_room`).Scan(&last); err != nil {
			return err
		}
		h.epochs.Store(last)
		rows, err := tx.Query(`SELECT id, title, class, teachers, seq, state, started FROM live_room ORDER BY id LIMIT ?`, h.limits.Rooms)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var spec Room
			var teachers, state string
			var seq, started int64
			if err := rows.Scan(&spec.ID, &spec.Title, &spec.Group, &teachers, &seq, &state, &started); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(teachers), &spec.Teachers); err != nil {
				return fmt.Errorf("read teachers of room %s: %w", spec.ID, err)
			}
			r := newRoom(spec, h.epoch(), seq, h.now(), h.limits.Events)
			if err := json.Unmarshal([]byte(state), &r.state); err != nil {
				return fmt.Errorf("read state of room %s: %w", spec.ID, err)
			}
			if b, p := r.state.Boards, r.state.Pupils; b != nil && p != nil && *b == *p {
				r.state.Pupils = b // one stage again, so that commands to all stay one event
			}
			r.started = started
			h.rooms[spec.ID] = r
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, r := range h.rooms {
			if _, err := tx.Exec(`UPDATE live_room SET epoch=? WHERE id=?`, r.epoch, r.id); err != nil {
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

func (h *Hub) insert(ctx context.Context, r *room) error {
	teachers, err := json.Marshal(r.teachers)
	if err != nil {
		return fmt.Errorf("encode teachers: %w", err)
	}
	err = h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO live_room VALUES (?,?,?,?,?,0,'{}',?)`, r.id, r.title, r.group, string(teachers), r.epoch, r.started)
		return err
	})
	if err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	return nil
}

// save returns once the room's change number least is on the disk, with the
// launch that made it. One save runs at a time and covers all that changed
// before it began: those who waited for it mostly find their work done.
func (h *Hub) save(ctx context.Context, r *room, least int64, launch *Launch) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if launch == nil && r.saved >= least {
		return nil
	}
	r.mu.RLock()
	seq, st, change := r.log.next-1, r.state, r.change
	teachers, err := json.Marshal(r.teachers)
	r.mu.RUnlock()
	if err != nil {
		return fmt.Errorf("encode teachers: %w", err)
	}
	state, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	err = h.o.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`UPDATE live_room SET seq=?, state=?, teachers=? WHERE id=?`, seq, string(state), string(teachers), r.id); err != nil {
			return err
		}
		if launch == nil || h.o.Events == nil {
			return nil
		}
		return h.o.Events.Opened(tx, *launch)
	})
	if err != nil {
		return fmt.Errorf("save room: %w", err)
	}
	r.saved = change
	return nil
}
