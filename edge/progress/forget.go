package progress

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// forgetBatch bounds a transaction, so that no lesson waits for it.
const forgetBatch = 2000

// Purge drops what was last touched before a moment, and says how many rows.
func (p *Progress) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	ms, day := before.UnixMilli(), before.In(p.config.Zone).Format(time.DateOnly)
	for _, step := range []struct {
		query string
		bound any
	}{
		{`DELETE FROM answer WHERE (item, pid, registration, question) IN (SELECT item, pid, registration, question FROM answer WHERE last_at < ? LIMIT ?)`, ms},
		{`DELETE FROM progress WHERE (pid, item, registration) IN (SELECT pid, item, registration FROM progress WHERE updated < ? LIMIT ?)`, ms},
		{`DELETE FROM progress_post WHERE id IN (SELECT id FROM progress_post WHERE at < ? LIMIT ?)`, ms},
		{`DELETE FROM watched WHERE (pid, day) IN (SELECT pid, day FROM watched WHERE day < ? LIMIT ?)`, day},
		{`DELETE FROM worked WHERE (pid, day) IN (SELECT pid, day FROM worked WHERE day < ? LIMIT ?)`, day},
	} {
		n, err := p.db.Drain(ctx, step.query, step.bound, forgetBatch)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge progress: %w", err)
		}
	}
	return deleted, nil
}

// Erase drops everything known of one person.
func (p *Progress) Erase(ctx context.Context, pid string) error {
	err := p.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, table := range []string{"progress", "answer", "watched", "worked"} {
			if _, err := tx.Exec(`DELETE FROM `+table+` WHERE pid = ?`, pid); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase progress: %w", err)
	}
	return nil
}

// All lists every attempt of one person, for their right of access.
func (p *Progress) All(ctx context.Context, pid string) ([]Entry, error) {
	return p.entries(ctx, columns+`WHERE pid = ? ORDER BY started`, pid)
}
