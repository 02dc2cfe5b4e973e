package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
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
		if err := bar(tx); err != nil {
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
		return show(tx, previous)
	})
	if err != nil {
		return Back{}, fmt.Errorf("go back a generation: %w", err)
	}
	if err := c.load(ctx); err != nil {
		return Back{}, err
	}
	b, err := c.barOf(ctx)
	if err != nil {
		return Back{}, err
	}
	b.Current, err = c.Current(ctx)
	c.log.Warn("catalogue rolled back", "generation", b.Current.ID, "barred", b.Barred)
	return b, err
}

// bar remembers the generation that is left, unless it is the one that was
// come back to before: then nothing is barred any more. What is staged goes: it
// comes again if it is newer.
func bar(tx *sqlite.Tx) error {
	if _, err := tx.Exec("DELETE FROM catalogue_generation WHERE state = 'staging'"); err != nil {
		return err
	}
	res, err := tx.Exec("DELETE FROM catalogue_bar")
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(`INSERT INTO catalogue_bar (id, version, made, index_sha256, at)
		SELECT 1, version, made, index_sha256, ? FROM catalogue_generation WHERE state = 'current'`, tx.Now.UnixMilli())
	return err
}

// barred reports whether a technician went back from this version, or from
// one after it.
func (c *Catalogue) barred(ctx context.Context, index string, version int64, made string) (is bool, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow("SELECT index_sha256 = ? OR version >= ? AND made >= ? FROM catalogue_bar", index, version, made).Scan(&is)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return is, err
}

func (c *Catalogue) barOf(ctx context.Context) (b Back, err error) {
	var at int64
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT version, at FROM catalogue_bar").Scan(&b.Barred, &at)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("read what was rolled back: %w", err)
	}
	b.Since = time.UnixMilli(at).UTC()
	return b, nil
}
