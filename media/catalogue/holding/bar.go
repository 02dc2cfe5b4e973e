package holding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Bar remembers the generation that is left, unless it is the one that was
// come back to before: then nothing is barred any more. What is staged goes: it
// comes again if it is newer.
func Bar(tx *sqlite.Tx) error {
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

// Barred reports whether a technician went back from this version, or from
// one after it.
func (k *Keeper) Barred(ctx context.Context, index string, version int64, made string) (is bool, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow("SELECT index_sha256 = ? OR version >= ? AND made >= ? FROM catalogue_bar", index, version, made).Scan(&is)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return is, err
}

// InForce tells the version that is barred, and since when; the zero time: none
// is.
func (k *Keeper) InForce(ctx context.Context) (version int64, since time.Time, err error) {
	var at int64
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT version, at FROM catalogue_bar").Scan(&version, &at)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, since, nil
	}
	if err != nil {
		return 0, since, fmt.Errorf("read what was rolled back: %w", err)
	}
	return version, time.UnixMilli(at).UTC(), nil
}
