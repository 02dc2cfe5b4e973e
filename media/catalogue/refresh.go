package catalogue

import (
	"context"
	"database/sql"
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
// new catalogue was refused. When only one publisher's part is refused, the
// others' are renewed and the error says whose was not. Killed in the middle,
// it starts over without fetching again the packs it had.
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
	refused, err := c.stage(ctx, verified)
	if err != nil {
		return false, fmt.Errorf("stage catalogue: %w", err)
	}
	switched, err := c.settle(ctx)
	if err == nil && switched {
		err = c.prepare(ctx)
	}
	return switched, errors.Join(err, refused)
}

// stage makes the verified catalogue the staging generation, unless it is the
// current or the staged one already. refused is why some publishers' parts are
// not in it.
func (c *Catalogue) stage(ctx context.Context, verified *trust.Verified) (refused, err error) {
	offer, err := c.Look(ctx, verified)
	if err != nil {
		return nil, err
	}
	stays, err := offer.Stays(ctx)
	if err == nil && !stays {
		if err = c.take(ctx, verified, offer); err == nil {
			err = c.Purge(ctx, holding.Unused)
		}
	}
	return offer.Refused(), errors.Join(err, c.NoteRefusals(ctx, offer.Refusals))
}

// take brings the packs of an offer that are not here, and stages it.
func (c *Catalogue) take(ctx context.Context, verified *trust.Verified, offer *holding.Offer) error {
	if err := c.Purge(ctx, holding.Torn); err != nil {
		return err
	}
	taxonsSHA, taxons, err := offer.Taxons(ctx, verified)
	if err != nil {
		return err
	}
	for i := range offer.Parts {
		err := c.fill(ctx, &offer.Parts[i], taxonsSHA, taxons)
		if err == nil {
			continue
		}
		if err := offer.Refuse(ctx, i, err); err != nil {
			return err
		}
	}
	return offer.Stage(ctx, taxonsSHA)
}

// fill brings the packs of a part that are not here.
func (c *Catalogue) fill(ctx context.Context, p *holding.Part, taxonsSHA string, taxons notice.Taxons) error {
	if p.Shelf == nil {
		return nil
	}
	p.Packs = make([]int64, 0, len(p.Shelf.Packs))
	for _, ref := range p.Shelf.Packs {
		id, err := c.fetchPack(ctx, p.Shelf, ref, taxonsSHA, taxons)
		if err != nil {
			return fmt.Errorf("take pack %s: %w", ref.Slug, err)
		}
		p.Packs = append(p.Packs, id)
	}
	return nil
}

// fetchPack returns the pack held under that hash, or fetches and writes it.
func (c *Catalogue) fetchPack(ctx context.Context, shelf *trust.Shelf, ref notice.PackRef, taxonsSHA string, taxons notice.Taxons) (int64, error) {
	var id int64
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT id FROM catalogue_pack WHERE sha256 = ? AND taxons = ? AND publisher = ? AND complete = 1", holding.PackKey(shelf.Publisher, ref.SHA256), taxonsSHA, shelf.Publisher).Scan(&id)
	})
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	pack, _, err := shelf.Pack(ctx, ref)
	if err != nil {
		return 0, err
	}
	return c.ingest(ctx, shelf.Publisher, pack, holding.PackKey(shelf.Publisher, ref.SHA256), taxonsSHA, taxons)
}
