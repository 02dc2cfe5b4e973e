package holding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"preau/internal/sqlite"
)

// Knows reports whether an index is the newest one held: that of the staged
// generation, or of the current one when none is staged.
func (k *Keeper) Knows(ctx context.Context, index string) (bool, error) {
	var newest string
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT index_sha256 FROM catalogue_generation WHERE state IN ('staging', 'current')
			ORDER BY state = 'staging' DESC LIMIT 1`).Scan(&newest)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return newest == index, err
}

// Staged returns the staging generation's number, 0 when there is none.
func (k *Keeper) Staged(ctx context.Context) (id int64, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT coalesce(max(id), 0) FROM catalogue_generation WHERE state = 'staging'").Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("find the staged generation: %w", err)
	}
	return id, nil
}

// Marks tell the generations apart: they change with each switch.
func (k *Keeper) Marks(ctx context.Context) (marks string, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT coalesce(group_concat(state || id), '') FROM (SELECT state, id FROM catalogue_generation ORDER BY id)").Scan(&marks)
	})
	if err != nil {
		return "", fmt.Errorf("read the generations: %w", err)
	}
	return marks, nil
}

// Stage replaces whatever was staged before. An item in two packs is a *Twice.
func (k *Keeper) Stage(ctx context.Context, version int64, index, made, taxons string, parts []Part) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec("DELETE FROM catalogue_generation WHERE state = 'staging'"); err != nil {
			return err
		}
		res, err := tx.Exec("INSERT INTO catalogue_generation (state, made, version, index_sha256, taxons, created) VALUES ('staging', ?, ?, ?, ?, ?)",
			made, version, index, taxons, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		generation, err := res.LastInsertId()
		if err != nil {
			return fmt.Errorf("number a generation: %w", err)
		}
		for _, p := range parts {
			if err := writePart(tx, generation, p); err != nil {
				return err
			}
		}
		return findTwice(tx, generation, parts)
	})
	if err != nil {
		return fmt.Errorf("stage generation: %w", err)
	}
	return nil
}

// Show turns the items of a generation live, and all others not. Off before
// on: an item's id is live once. A pack's items are live together, so that
// those of a pack that stays are not looked at: everybody waits for the writer.
func Show(tx *sqlite.Tx, generation int64) error {
	for _, query := range []string{
		`UPDATE catalogue_item SET live = 0 WHERE live = 1 AND pack IN (SELECT p.id FROM catalogue_pack p
			WHERE p.id NOT IN (SELECT pack FROM catalogue_generation_pack WHERE generation = ?))`,
		`UPDATE catalogue_item SET live = 1 WHERE live = 0 AND pack IN (SELECT gp.pack FROM catalogue_generation_pack gp WHERE gp.generation = ? AND ` + Hidden + `)`,
	} {
		if _, err := tx.Exec(query, generation); err != nil {
			return err
		}
	}
	return nil
}

// Hidden holds for packs gp of which nothing is live.
const Hidden = `NOT EXISTS (SELECT 1 FROM catalogue_item l WHERE l.pack = gp.pack AND l.live = 1)`
