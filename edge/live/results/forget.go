package results

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// forgetBatch bounds a transaction, so that no lesson waits for it.
const forgetBatch = 2000

// Purge drops what was asked before a moment, with its answers, and says how
// many rows.
func (r *Results) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	for _, query := range []string{
		`DELETE FROM asked_answer WHERE (question, pid) IN (SELECT a.question, a.pid FROM asked_answer a JOIN asked q ON q.id = a.question WHERE q.at < ? LIMIT ?)`,
		`DELETE FROM asked WHERE id IN (SELECT id FROM asked WHERE at < ? LIMIT ?)`,
	} {
		n, err := r.db.Drain(ctx, query, before.UnixMilli(), forgetBatch)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge results: %w", err)
		}
	}
	return deleted, nil
}

// Erase drops one person's answers, and their name from what they asked. A
// question on the screens has their answer in memory: it is not written again.
func (r *Results) Erase(ctx context.Context, pid string) error {
	r.mu.Lock()
	r.gone[pid] = true
	r.mu.Unlock()
	err := r.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`DELETE FROM asked_answer WHERE pid = ?`, pid); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE asked SET by = '' WHERE by = ?`, pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("erase results: %w", err)
	}
	return nil
}

// erased reports whether somebody was erased since the box opened.
func (r *Results) erased(pid string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone[pid]
}
