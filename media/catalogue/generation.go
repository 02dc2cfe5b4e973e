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
	"preau/media/catalogue/notice"
)

// Generation is one version of the catalogue on this box.
type Generation struct {
	ID    int64     `json:"id"` // 0: there is none yet
	Made  time.Time `json:"made"`
	Whole bool      `json:"whole"` // every blob was held when it became current
	Items int       `json:"items"`
	// Version is that of the signed snapshot it came with; 0: not noted.
	Version int64 `json:"version"`
}

// load reads the current generation into the view that readers share.
func (c *Catalogue) load(ctx context.Context) error {
	v := &view{}
	var body []byte
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT g.id, g.whole, t.body FROM catalogue_generation g
			JOIN catalogue_taxons t ON t.sha256 = g.taxons WHERE g.state = 'current'`).Scan(&v.generation, &v.whole, &body)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the current generation: %w", err)
	}
	if len(body) > 0 {
		if v.taxons, err = notice.ParseTaxons(body); err != nil {
			return err
		}
	}
	if v.open, err = c.OpenVersions(ctx); err != nil {
		return err
	}
	c.view.Store(v)
	return nil
}

// Current describes the generation that readers see.
func (c *Catalogue) Current(ctx context.Context) (Generation, error) {
	return c.generation(ctx, "current")
}

func (c *Catalogue) generation(ctx context.Context, state string) (Generation, error) {
	var g Generation
	var made string
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow(`SELECT id, made, whole, version,
			(SELECT count(*) FROM catalogue_generation_pack gp JOIN catalogue_item i ON i.pack = gp.pack WHERE gp.generation = g.id)
			FROM catalogue_generation g WHERE state = ?`, state).Scan(&g.ID, &made, &g.Whole, &g.Version, &g.Items)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return Generation{}, fmt.Errorf("read the %s generation: %w", state, err)
	}
	if made != "" {
		if g.Made, err = time.Parse(time.RFC3339, made); err != nil {
			return Generation{}, preau.E(preau.Corrupt, "the catalogue's date cannot be read", "Run preau doctor.", err)
		}
	}
	return g, nil
}

// Wanted lists blobs that the current and the staged generations use, that
// were chosen and that the box does not hold, in the order in which they are worth fetching: posters
// and subtitles, then what opens first, then its files, then the rest. A
// limit of 0 lists them all.
func (c *Catalogue) Wanted(ctx context.Context, limit int) ([]Want, error) {
	return c.missing(ctx, limit, "g.state IN ('current', 'staging')")
}

func (c *Catalogue) missing(ctx context.Context, limit int, where string) ([]Want, error) {
	var list []Want
	chosen, err := c.chosen(ctx)
	if err != nil {
		return nil, err
	}
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query(`SELECT a.sha256, a.size FROM catalogue_generation g
			JOIN catalogue_generation_pack gp ON gp.generation = g.id
			JOIN catalogue_item i ON i.pack = gp.pack
			JOIN catalogue_asset a ON a.item = i.id
			WHERE ` + where + ` GROUP BY a.sha256 ORDER BY min(a.rank), min(i.part_of), min(i.ordinal), min(i.id)`)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() && (limit == 0 || len(list) < limit) {
			var key []byte
			var size int64
			if err := rs.Scan(&key, &size); err != nil {
				return fmt.Errorf("read asset: %w", err)
			}
			if d := digestOf(key); chosen(d) && !c.held.Has(d) {
				list = append(list, Want{Digest: d, Size: size})
			}
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list wanted blobs: %w", err)
	}
	return list, nil
}

// Settle makes the staged generation current if every blob of it is held, and
// marks a first fill as whole when it is. It reports whether readers see
// something new. Call it when a fetch ends, and at start.
func (c *Catalogue) Settle(ctx context.Context) (bool, error) {
	c.change.Lock()
	defer c.change.Unlock()
	changed, err := c.settle(ctx)
	if err != nil {
		return changed, err
	}
	return changed, c.prepare(ctx)
}

func (c *Catalogue) settle(ctx context.Context) (bool, error) {
	v := c.view.Load()
	staged, err := c.Staged(ctx)
	if err != nil {
		return false, err
	}
	switch {
	case staged != 0:
		return c.settleStaged(ctx, staged, v.whole)
	case v.generation != 0 && !v.whole:
		return c.settleFill(ctx)
	}
	return false, nil
}

func (c *Catalogue) settleStaged(ctx context.Context, staged int64, wasWhole bool) (bool, error) {
	where := "g.state = 'staging'"
	if wasWhole {
		where += " AND " + holding.Hidden // what stays was there: only what is new is waited for
	}
	lacking, err := c.missing(ctx, 1, where)
	if err != nil {
		return false, err
	}
	if len(lacking) > 0 && wasWhole {
		return false, nil
	}
	// Searches find the next generation in memory when it is shown.
	if err := c.loadIndex(ctx, staged, len(lacking) == 0); err != nil {
		return false, fmt.Errorf("prepare the search: %w", err)
	}
	if err := c.switchTo(ctx, staged, len(lacking) == 0); err != nil {
		return false, err
	}
	return true, c.lapse(ctx)
}

func (c *Catalogue) settleFill(ctx context.Context) (bool, error) {
	lacking, err := c.missing(ctx, 1, "g.state = 'current'")
	if err != nil || len(lacking) > 0 {
		return false, err
	}
	err = c.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("UPDATE catalogue_generation SET whole = 1 WHERE state = 'current'")
		return err
	})
	if err != nil {
		return false, fmt.Errorf("mark the catalogue whole: %w", err)
	}
	c.log.Info("catalogue is whole", "generation", c.view.Load().generation)
	return true, c.load(ctx)
}

// switchTo is the moment at which readers see the new generation: one
// transaction.
func (c *Catalogue) switchTo(ctx context.Context, generation int64, whole bool) error {
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM catalogue_generation WHERE state = 'previous'", nil},
			{"UPDATE catalogue_generation SET state = 'previous' WHERE state = 'current'", nil},
			{"UPDATE catalogue_generation SET state = 'current', whole = ? WHERE id = ? AND state = 'staging'", []any{whole, generation}},
			{"DELETE FROM catalogue_bar", nil}, // it is newer: stage saw to that
		} {
			if _, err := tx.Exec(step.query, step.args...); err != nil {
				return err
			}
		}
		return holding.Show(tx, generation)
	})
	if err != nil {
		return fmt.Errorf("switch the catalogue: %w", err)
	}
	c.log.Info("catalogue switched", "generation", generation, "whole", whole)
	return c.load(ctx)
}
