package catalogue

import (
	"context"
	"encoding/json"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/index"
	"preau/media/catalogue/notice"
)

// Prepare indexes what an earlier release left without an index, loads the
// search into memory and looks at what is on the box. Until it has been called
// a search does the second when it is first asked, and takes all for held.
func (c *Catalogue) Prepare(ctx context.Context) error {
	c.change.Lock()
	defer c.change.Unlock()
	return c.prepare(ctx)
}

func (c *Catalogue) prepare(ctx context.Context) error {
	if err := c.reindex(ctx); err != nil {
		return fmt.Errorf("index the catalogue: %w", err)
	}
	v := c.view.Load()
	if err := c.loadIndex(ctx, v.generation, v.whole); err != nil {
		return fmt.Errorf("prepare the search: %w", err)
	}
	c.index.Keep(v.generation)
	return nil
}

// loadIndex brings a generation into memory, shown or not yet.
func (c *Catalogue) loadIndex(ctx context.Context, generation int64, whole bool) error {
	return c.index.Load(ctx, c.db.Read, generation, func(tx *sqlite.Tx, item int64, main []byte, files bool) (bool, error) {
		if main != nil && !c.held.Has(digestOf(main)) {
			return false, nil
		}
		if !files || whole {
			return true, nil
		}
		return c.FilesHeld(tx, item)
	})
}

// reindex gives each pack without a shelf of this release one, from its
// notices. Words of documents come back with the pack's next version.
func (c *Catalogue) reindex(ctx context.Context) error {
	var packs []int64
	err := c.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		packs, err = index.Unshelved(tx)
		return err
	})
	if err != nil || len(packs) == 0 {
		return err
	}
	defer c.index.Drop()
	for _, pack := range packs {
		if err := c.reindexPack(ctx, pack); err != nil {
			return err
		}
	}
	c.log.Info("catalogue indexed again", "packs", len(packs))
	return nil
}

func (c *Catalogue) reindexPack(ctx context.Context, pack int64) error {
	var items []row
	taxons := notice.Taxons{}
	err := c.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		var body []byte
		if err := tx.QueryRow("SELECT t.body FROM catalogue_pack p JOIN catalogue_taxons t ON t.sha256 = p.taxons WHERE p.id = ?", pack).Scan(&body); err != nil {
			return err
		}
		if len(body) > 0 {
			if taxons, err = notice.ParseTaxons(body); err != nil {
				return err
			}
		}
		items, err = rows(tx, "SELECT i.ordinal, i.sort, i.id, i.files, i.body FROM catalogue_item i WHERE i.pack = ? ORDER BY i.id", pack)
		return err
	})
	if err != nil {
		return err
	}
	w := &writer{c: c, ctx: ctx}
	for _, r := range items {
		var it notice.Item
		if err := json.Unmarshal(r.body, &it); err != nil {
			return preau.E(preau.Corrupt, "an item of the catalogue cannot be read", "Run preau doctor.", err)
		}
		w.op(func(tx *sqlite.Tx) error {
			if err := index.Forget(tx, r.ID); err != nil {
				return err
			}
			concepts := expand(it, taxons)
			numbers := make([]int64, len(concepts))
			for n, con := range concepts {
				var err error
				if numbers[n], err = w.conceptID(tx, con.uri); err != nil {
					return err
				}
			}
			d := document(r.ID, it, concepts, numbers, taxons)
			d.Files = r.files
			return w.shelf.Add(tx, d)
		})
	}
	w.op(func(tx *sqlite.Tx) error { return w.shelf.Save(tx, pack) })
	return w.flush()
}
