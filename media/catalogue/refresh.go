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
	"preau/media/catalogue/holding"
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
	changed, err := c.settle(ctx)
	if err != nil || !changed {
		return changed, err
	}
	return true, c.prepare(ctx)
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
	known, err := c.Knows(ctx, sum)
	if err != nil || known {
		return err
	}
	if barred, err := c.Barred(ctx, sum, verified.Snapshot, index.Made); err != nil || barred {
		return err
	}
	if err := c.Purge(ctx, holding.Torn); err != nil {
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
	if err := c.Stage(ctx, verified.Snapshot, sum, index.Made, taxonsSHA, packs); err != nil {
		return err
	}
	return c.Purge(ctx, holding.Unused)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
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
