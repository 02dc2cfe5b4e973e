package holding

import (
	"context"
	"fmt"

	"preau/internal/sqlite"
	"preau/media/catalogue/index"
)

// Which packs Purge removes: those that a killed ingestion left, or all that
// no generation uses and of which nothing is open. Between the two are the packs of a refresh that was
// interrupted: complete, and worth keeping for its next try.
const (
	Torn   = "SELECT id FROM catalogue_pack WHERE complete = 0"
	Unused = "SELECT id FROM catalogue_pack WHERE id NOT IN (SELECT pack FROM catalogue_generation_pack)" +
		" AND id NOT IN (SELECT i.pack FROM catalogue_lease l JOIN catalogue_item i ON i.id = l.item)"
)

// purgeBatch is how many items one transaction forgets.
const purgeBatch = 50

// Purge removes packs and all below them, a few items at a time.
func (k *Keeper) Purge(ctx context.Context, which string) error {
	for {
		items, err := k.itemsOf(ctx, which)
		if err != nil {
			return fmt.Errorf("find old packs: %w", err)
		}
		err = k.db.Write(ctx, func(tx *sqlite.Tx) error {
			if len(items) == 0 {
				return forgetPacks(tx, which)
			}
			return forgetItems(tx, items)
		})
		if err != nil {
			return fmt.Errorf("remove old packs: %w", err)
		}
		if len(items) == 0 {
			return nil
		}
	}
}

func (k *Keeper) itemsOf(ctx context.Context, packs string) (items []int64, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT id FROM catalogue_item WHERE pack IN ("+packs+") LIMIT ?", purgeBatch)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var id int64
			if err := rs.Scan(&id); err != nil {
				return fmt.Errorf("read item: %w", err)
			}
			items = append(items, id)
		}
		return rs.Err()
	})
	return items, err
}

func forgetItems(tx *sqlite.Tx, items []int64) error {
	for _, id := range items {
		if err := index.Forget(tx, id); err != nil {
			return err
		}
		for _, query := range []string{
			"INSERT INTO catalogue_orphan SELECT sha256, size FROM catalogue_asset WHERE item = ? ON CONFLICT DO NOTHING",
			"INSERT INTO catalogue_orphan SELECT chunks, chunks_size FROM catalogue_asset WHERE item = ? AND chunks IS NOT NULL ON CONFLICT DO NOTHING",
			"DELETE FROM catalogue_asset WHERE item = ?",
			"DELETE FROM catalogue_item_concept WHERE item = ?",
			"DELETE FROM catalogue_item WHERE id = ?",
		} {
			if _, err := tx.Exec(query, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetPacks removes emptied packs, and the pages and vocabularies that
// nothing uses.
func forgetPacks(tx *sqlite.Tx, which string) error {
	if _, err := tx.Exec("DELETE FROM catalogue_shelf WHERE pack IN (" + which + ")"); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM catalogue_pack WHERE id IN (" + which + ")"); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM catalogue_page WHERE sha256 NOT IN (SELECT sha256 FROM catalogue_generation_page)"); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM catalogue_taxons WHERE sha256 NOT IN (SELECT taxons FROM catalogue_generation)
		AND sha256 NOT IN (SELECT taxons FROM catalogue_pack)`)
	return err
}
