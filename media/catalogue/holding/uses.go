package holding

import (
	"context"
	"fmt"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// Use is one use of a blob by one version of an item.
type Use struct {
	Row     int64 // this version of the item
	Item    string
	Kind    string
	Pack    string // slug
	Service string
	PartOf  string
	Ordinal int
	Live    bool // in the current generation
	Staged  bool // in the one that waits
	Open    bool // a lesson has it open

	Role   string
	Lang   string
	Digest blob.Digest
	Size   int64
	Height int
	Rank   int // order of fetching
}

// Uses visits every use of a blob that the catalogue still knows, an item's
// together. The visit must not ask the catalogue.
func (k *Keeper) Uses(ctx context.Context, visit func(Use)) error {
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query(`SELECT i.id, i.item, i.kind, p.slug, i.service, i.part_of, i.ordinal, i.live,
				EXISTS (SELECT 1 FROM catalogue_generation_pack gp JOIN catalogue_generation g ON g.id = gp.generation AND g.state = 'staging' WHERE gp.pack = i.pack),
				EXISTS (SELECT 1 FROM catalogue_lease l WHERE l.item = i.id),
				a.role, a.lang, a.sha256, a.size, a.height, a.rank
			FROM catalogue_item i JOIN catalogue_pack p ON p.id = i.pack AND p.complete = 1 JOIN catalogue_asset a ON a.item = i.id
			ORDER BY i.id, a.n`)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var u Use
			var key []byte
			if err := rs.Scan(&u.Row, &u.Item, &u.Kind, &u.Pack, &u.Service, &u.PartOf, &u.Ordinal, &u.Live, &u.Staged, &u.Open,
				&u.Role, &u.Lang, &key, &u.Size, &u.Height, &u.Rank); err != nil {
				return fmt.Errorf("read asset: %w", err)
			}
			u.Digest = digestOf(key)
			visit(u)
		}
		return rs.Err()
	})
	if err != nil {
		return fmt.Errorf("list what the catalogue uses: %w", err)
	}
	return nil
}

// RowsOf lists the versions of items that use a blob.
func (k *Keeper) RowsOf(ctx context.Context, d blob.Digest) (list []int64, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT DISTINCT item FROM catalogue_asset WHERE sha256 = ?", d[:])
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var row int64
			if err := rs.Scan(&row); err != nil {
				return err
			}
			list = append(list, row)
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the items of a blob: %w", err)
	}
	return list, nil
}

// usedAgain holds for orphans o that an item uses after all.
const usedAgain = "(EXISTS (SELECT 1 FROM catalogue_asset a WHERE a.sha256 = o.sha256) OR EXISTS (SELECT 1 FROM catalogue_asset a WHERE a.chunks = o.sha256))"

// Orphans lists blobs that no item uses any more, with their sizes.
func (k *Keeper) Orphans(ctx context.Context) (list []Want, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT sha256, size FROM catalogue_orphan o WHERE NOT " + usedAgain)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var key []byte
			var w Want
			if err := rs.Scan(&key, &w.Size); err != nil {
				return err
			}
			w.Digest = digestOf(key)
			list = append(list, w)
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list what nothing uses: %w", err)
	}
	return list, nil
}

// Forget drops orphans whose bytes are gone, and those that are used again.
func (k *Keeper) Forget(ctx context.Context, gone []blob.Digest) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, d := range gone {
			if _, err := tx.Exec("DELETE FROM catalogue_orphan WHERE sha256 = ?", d[:]); err != nil {
				return err
			}
		}
		_, err := tx.Exec("DELETE FROM catalogue_orphan AS o WHERE " + usedAgain)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what nothing uses: %w", err)
	}
	return nil
}

// Filed lists the versions of items (Use.Row) filed under a concept or below
// it.
func (k *Keeper) Filed(ctx context.Context, uri string) (map[int64]bool, error) {
	rows := map[int64]bool{}
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT x.item FROM catalogue_concept c JOIN catalogue_item_concept x ON x.concept = c.id WHERE c.uri = ?", uri)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var row int64
			if err := rs.Scan(&row); err != nil {
				return err
			}
			rows[row] = true
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list what is filed under a concept: %w", err)
	}
	return rows, nil
}

// Has reports whether the catalogue has something by that name: a pack or a service by its slug, an item by its id.
func (k *Keeper) Has(ctx context.Context, column, name string) (known bool, err error) {
	query, ok := map[string]string{
		"pack":    "SELECT EXISTS (SELECT 1 FROM catalogue_pack WHERE slug = ? AND complete = 1)",
		"service": "SELECT EXISTS (SELECT 1 FROM catalogue_item WHERE service = ?)",
		"item":    "SELECT EXISTS (SELECT 1 FROM catalogue_item WHERE item = ?)",
	}[column]
	if !ok {
		return false, nil
	}
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error { return tx.QueryRow(query, name).Scan(&known) })
	if err != nil {
		return false, fmt.Errorf("look for %s %s: %w", column, name, err)
	}
	return known, nil
}
