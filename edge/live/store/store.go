// Package store is the rooms in session on the box's disk, as they must come
// back after a restart: a row each, and parts beside it. It promises that a
// save is whole or not at all, and that an end leaves nothing of a room. It
// refuses to read what it cannot: the box says so at its start. What a state
// means is its caller's.
package store

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

// Room is one row.
type Room struct {
	ID, Title, Group string
	Teachers         []string
	Epoch, Seq       int64
	State            []byte            // JSON
	Started          int64             // ms since 1970
	Parts            map[string][]byte // JSON by name
}

// Migrate brings the tables up to date.
func Migrate(ctx context.Context, db *sqlite.DB) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("open live migrations: %w", err)
	}
	if err := db.Migrate(ctx, "live", sub); err != nil {
		return fmt.Errorf("open live: %w", err)
	}
	return nil
}

// LastEpoch is the highest that a stored room has.
func LastEpoch(tx *sqlite.Tx) (last int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(epoch), 0) FROM live_room`).Scan(&last)
	return last, err
}

// SetEpoch gives a room a new one.
func SetEpoch(tx *sqlite.Tx, id string, epoch int64) error {
	_, err := tx.Exec(`UPDATE live_room SET epoch=? WHERE id=?`, epoch, id)
	return err
}

// Load reads at most so many rooms, and drops parts that rooms left behind
// which are no more.
func Load(tx *sqlite.Tx, most int) (list []Room, err error) {
	if _, err := tx.Exec(`DELETE FROM live_part WHERE room NOT IN (SELECT id FROM live_room)`); err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT id, title, class, teachers, epoch, seq, state, started FROM live_room ORDER BY id LIMIT ?`, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r := Room{Parts: map[string][]byte{}}
		var teachers []byte
		if err := rows.Scan(&r.ID, &r.Title, &r.Group, &teachers, &r.Epoch, &r.Seq, &r.State, &r.Started); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(teachers, &r.Teachers); err != nil {
			return nil, fmt.Errorf("read teachers of room %s: %w", r.ID, err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range list {
		if err := parts(tx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func parts(tx *sqlite.Tx, r *Room) error {
	rows, err := tx.Query(`SELECT name, value FROM live_part WHERE room=?`, r.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value []byte
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		r.Parts[name] = value
	}
	return rows.Err()
}

// Insert adds a room, in place of what is left of one of its id.
func Insert(tx *sqlite.Tx, r Room) error {
	teachers, err := json.Marshal(r.Teachers)
	if err != nil {
		return fmt.Errorf("encode teachers: %w", err)
	}
	if err := Erase(tx, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO live_room (id, title, class, teachers, epoch, seq, state, started) VALUES (?,?,?,?,?,?,?,?)`,
		r.ID, r.Title, r.Group, string(teachers), r.Epoch, r.Seq, string(r.State), r.Started)
	return err
}

// Save writes what changes in a room: number, state, teachers, and the parts
// given. A room that has ended meanwhile stays ended.
func Save(tx *sqlite.Tx, r Room) error {
	teachers, err := json.Marshal(r.Teachers)
	if err != nil {
		return fmt.Errorf("encode teachers: %w", err)
	}
	if _, err := tx.Exec(`UPDATE live_room SET seq=?, state=?, teachers=? WHERE id=?`, r.Seq, string(r.State), string(teachers), r.ID); err != nil {
		return err
	}
	for name, value := range r.Parts {
		_, err := tx.Exec(`INSERT INTO live_part SELECT id, ?, ? FROM live_room WHERE id=? ON CONFLICT DO UPDATE SET value=excluded.value`, name, string(value), r.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// Erase deletes all that is stored of a room.
func Erase(tx *sqlite.Tx, id string) error {
	for _, query := range []string{`DELETE FROM live_room WHERE id=?`, `DELETE FROM live_part WHERE room=?`} {
		if _, err := tx.Exec(query, id); err != nil {
			return err
		}
	}
	return nil
}
