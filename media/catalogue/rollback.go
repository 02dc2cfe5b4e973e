package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/holding"
)

// Back is what a rollback did, and until when it holds.
type Back struct {
	Current Generation `json:"current"`
	// Barred is the version that was left: only a later one replaces Current.
	Barred int64     `json:"barred"`
	Since  time.Time `json:"since"`
}

// Rollback makes the generation before current again, whole or not, and keeps
// the one it leaves as the one before: a second rollback undoes the first. It
// stays until a catalogue is verified that is newer than the one left.
func (c *Catalogue) Rollback(ctx context.Context) (Back, error) {
	c.change.Lock()
	defer c.change.Unlock()
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
		var previous int64
		err := tx.QueryRow("SELECT id FROM catalogue_generation WHERE state = 'previous'").Scan(&previous)
		if errors.Is(err, sql.ErrNoRows) {
			return preau.E(preau.NotFound, "the box has no earlier generation of the catalogue", "There is nothing to go back to: it keeps one, from the first switch on.", nil)
		}
		if err != nil {
			return err
		}
		if err := holding.Bar(tx); err != nil {
			return err
		}
		// A state is held once: out of the way first, within the transaction.
		for _, query := range []string{
			"UPDATE catalogue_generation SET state = 'staging' WHERE state = 'current'",
			"UPDATE catalogue_generation SET state = 'current' WHERE state = 'previous'",
			"UPDATE catalogue_generation SET state = 'previous' WHERE state = 'staging'",
		} {
			if _, err := tx.Exec(query); err != nil {
				return err
			}
		}
		return holding.Show(tx, previous)
	})
	if err != nil {
		return Back{}, fmt.Errorf("go back a generation: %w", err)
	}
	if err := c.load(ctx); err != nil {
		return Back{}, err
	}
	b, err := c.back(ctx)
	c.log.Warn("catalogue rolled back", "generation", b.Current.ID, "barred", b.Barred)
	return b, err
}

// back tells of the rollback that is in force, if one is.
func (c *Catalogue) back(ctx context.Context) (b Back, err error) {
	if b.Current, err = c.Current(ctx); err != nil {
		return b, err
	}
	b.Barred, b.Since, err = c.InForce(ctx)
	return b, err
}
