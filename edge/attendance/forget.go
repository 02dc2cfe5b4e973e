package attendance

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// forgetBatch bounds a transaction, so that no lesson waits for it.
const forgetBatch = 500

// Purge drops registers of lessons that began before a moment, with their
// marks, reasons and notices, and says how many rows.
func (a *Attendance) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	ms, day := before.UnixMilli(), before.In(a.zone).Format(time.DateOnly)
	for _, step := range []struct {
		query string
		bound any
	}{
		{`DELETE FROM register_mark WHERE register IN (SELECT id FROM register WHERE starts < ? AND EXISTS (SELECT 1 FROM register_mark m WHERE m.register = register.id) LIMIT ?)`, ms},
		{`DELETE FROM register WHERE id IN (SELECT id FROM register WHERE starts < ? AND NOT EXISTS (SELECT 1 FROM register_mark m WHERE m.register = register.id) LIMIT ?)`, ms},
		{`DELETE FROM absence_reason WHERE (pid, day, half) IN (SELECT pid, day, half FROM absence_reason WHERE day < ? LIMIT ?)`, day},
		{`DELETE FROM absence_notice WHERE statement IN (SELECT statement FROM absence_notice WHERE at < ? LIMIT ?)`, ms},
	} {
		n, err := a.db.Drain(ctx, step.query, step.bound, forgetBatch)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge attendance: %w", err)
		}
	}
	return deleted, nil
}

// Erase drops what is kept of one pupil; registers stay, without their line.
func (a *Attendance) Erase(ctx context.Context, pid string) error {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, table := range []string{"register_mark", "absence_reason", "absence_notice"} {
			if _, err := tx.Exec(`DELETE FROM `+table+` WHERE pid = ?`, pid); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase attendance: %w", err)
	}
	a.changed()
	return nil
}

// Entry is one line of a pupil's file.
type Entry struct {
	Start   time.Time `json:"start"`
	State   State     `json:"state"`
	Minutes int       `json:"minutes,omitempty"`
	Taken   time.Time `json:"taken"`
}

// All lists every mark of one pupil that counts, for their right of access.
func (a *Attendance) All(ctx context.Context, pid string) (found []Entry, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT r.starts, m.state, m.minutes, r.at FROM register_mark m JOIN register r ON r.id = m.register
			WHERE m.pid = ? AND r.state = 'current' ORDER BY r.starts`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Entry
			var starts, at int64
			if err := rows.Scan(&starts, &e.State, &e.Minutes, &at); err != nil {
				return err
			}
			e.Start, e.Taken = moment(starts), moment(at)
			found = append(found, e)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read a pupil's attendance: %w", err)
	}
	return found, nil
}
