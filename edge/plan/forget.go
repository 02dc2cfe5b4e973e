package plan

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Purge drops the plans put away before a moment, with what was said of them,
// and ratings as old. It says how many rows.
func (p *Plans) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	err = p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for _, query := range []string{
			`DELETE FROM validation WHERE plan IN (SELECT id FROM plan WHERE closed < ?)`,
			`DELETE FROM registration WHERE plan IN (SELECT id FROM plan WHERE closed < ?)`,
			`DELETE FROM plan WHERE closed < ?`,
			`DELETE FROM rating WHERE at < ?`,
		} {
			res, err := tx.Exec(query, before.UnixMilli())
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			deleted += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("purge plans: %w", err)
	}
	return deleted, nil
}

// Erase drops what is kept of one person: their own plans and what was said
// of their steps.
func (p *Plans) Erase(ctx context.Context, pid string) error {
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for _, query := range []string{
			`DELETE FROM validation WHERE pid = ?1 OR plan IN (SELECT id FROM plan WHERE owner = ?1)`,
			`DELETE FROM registration WHERE pid = ?1 OR plan IN (SELECT id FROM plan WHERE owner = ?1)`,
			`DELETE FROM plan WHERE owner = ?1`,
			`DELETE FROM rating WHERE pid = ?1`,
		} {
			if _, err := tx.Exec(query, pid); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase plans: %w", err)
	}
	return nil
}
