package catalogue

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// Source gives the files of a published catalogue: an origin over HTTP or a
// folder (trust.HTTP, trust.Folder). A stick that went through another's hands is as good
// as any: what it says is verified.
type Source = trust.Source

// Refresh asks source for the newest catalogue, verifies it and stages it as
// the next generation; it switches at once when there is nothing to fetch or
// nothing whole to lose. It reports whether readers see something new. When
// it fails what the box serves stays as it was, and the error says why the
// new catalogue was refused. Killed in the middle, it starts over without
// fetching again the packs it had.
func (c *Catalogue) Refresh(ctx context.Context, source Source) (bool, error) {
	if c.trust == nil {
		return false, preau.E(preau.Invalid, "this box has no trusted root for a catalogue", "Provision it again: preau provision box apply.", nil)
	}
	if !c.change.TryLock() {
		return false, preau.E(preau.Busy, "the catalogue is being refreshed already", "Wait for it to end.", nil)
	}
	defer c.change.Unlock()
	verified, err := c.trust.Refresh(ctx, source)
	if err != nil {
		return false, fmt.Errorf("refresh catalogue: %w", err)
	}
	defer verified.Close()
	if err := c.stage(ctx, verified); err != nil {
		return false, fmt.Errorf("stage catalogue: %w", err)
	}
	return c.settle(ctx)
}

// stage makes the verified catalogue the staging generation, unless it is the
// current or the staged one already.
func (c *Catalogue) stage(ctx context.Context, verified *trust.Verified) error {
	raw, err := verified.Target(ctx, notice.IndexPath, notice.MaxIndex)
	if err != nil {
		return err
	}
	index, err := notice.ParseIndex(raw)
	if err != nil {
		return err
	}
	sum := digest(raw)
	known, err := c.knows(ctx, sum)
	if err != nil || known {
		return err
	}
	if barred, err := c.barred(ctx, sum, verified.Snapshot, index.Made); err != nil || barred {
		return err
	}
	if err := c.purge(ctx, torn); err != nil {
		return err
	}
	taxonsSHA, taxons, err := c.fetchTaxons(ctx, verified, index.Taxons)
	if err != nil {
		return err
	}
	packs := make([]int64, 0, len(index.Packs))
	for _, ref := range index.Packs {
		id, err := c.fetchPack(ctx, verified, ref, taxonsSHA, taxons)
		if err != nil {
			return fmt.Errorf("take pack %s: %w", ref.Slug, err)
		}
		packs = append(packs, id)
	}
	if err := c.stageGeneration(ctx, verified.Snapshot, sum, index.Made, taxonsSHA, packs); err != nil {
		return err
	}
	return c.purge(ctx, unused)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// knows reports whether an index is the newest one held: that of the staged
// generation, or of the current one when none is staged.
func (c *Catalogue) knows(ctx context.Context, index string) (bool, error) {
	var newest string
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT index_sha256 FROM catalogue_generation WHERE state IN ('staging', 'current')
			ORDER BY state = 'staging' DESC LIMIT 1`).Scan(&newest)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return newest == index, err
}

func (c *Catalogue) fetchTaxons(ctx context.Context, verified *trust.Verified, ref *notice.TargetRef) (string, notice.Taxons, error) {
	sum, raw := "", []byte("{}")
	if ref != nil {
		var err error
		if raw, err = verified.Target(ctx, ref.Path, notice.MaxTaxons); err != nil {
			return "", nil, err
		}
		sum = digest(raw)
	}
	taxons, err := notice.ParseTaxons(raw)
	if err != nil {
		return "", nil, err
	}
	err = c.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO catalogue_taxons (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING", sum, raw)
		return err
	})
	return sum, taxons, err
}

// fetchPack returns the pack held under that hash, or fetches and writes it.
func (c *Catalogue) fetchPack(ctx context.Context, verified *trust.Verified, ref notice.PackRef, taxonsSHA string, taxons notice.Taxons) (int64, error) {
	var id int64
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT id FROM catalogue_pack WHERE sha256 = ? AND taxons = ? AND complete = 1", ref.SHA256, taxonsSHA).Scan(&id)
	})
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	raw, err := verified.Target(ctx, ref.Path, notice.MaxPack)
	if err != nil {
		return 0, err
	}
	pack, err := notice.ParsePack(raw)
	if err != nil {
		return 0, err
	}
	if digest(raw) != ref.SHA256 || pack.Slug != ref.Slug || pack.Version != ref.Version {
		return 0, preau.E(preau.Corrupt, "the catalogue's index and its pack "+ref.Slug+" do not agree",
			"Tell the catalogue's publisher to sign and publish again; what the box holds stays.", nil)
	}
	return c.ingest(ctx, pack, ref.SHA256, taxonsSHA, taxons)
}

// stageGeneration replaces whatever was staged before.
func (c *Catalogue) stageGeneration(ctx context.Context, version int64, index, made, taxons string, packs []int64) error {
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
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
		for _, pack := range packs {
			if _, err := tx.Exec("INSERT INTO catalogue_generation_pack (generation, pack) VALUES (?, ?)", generation, pack); err != nil {
				return err
			}
		}
		// Two packs with one item would break the switch: refuse them now.
		var twice string
		err = tx.QueryRow(`SELECT i.item FROM catalogue_generation_pack gp JOIN catalogue_item i ON i.pack = gp.pack
			WHERE gp.generation = ? GROUP BY i.item HAVING count(*) > 1 LIMIT 1`, generation).Scan(&twice)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return preau.E(preau.Corrupt, "the catalogue has item "+twice+" in two packs", "Tell the catalogue's publisher; what the box holds stays.", nil)
	})
	if err != nil {
		return fmt.Errorf("stage generation: %w", err)
	}
	return nil
}
