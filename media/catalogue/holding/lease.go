package holding

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// Hold keeps the version of an item that readers see now until a moment,
// through every switch: a lesson goes on with the files it started with.
// holder is opaque, and names no person. Called again it lasts longer.
func (k *Keeper) Hold(ctx context.Context, holder, item string, until time.Time) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error { return k.HoldIn(tx, holder, item, until) })
	if err != nil {
		return fmt.Errorf("hold an item: %w", err)
	}
	return nil
}

// HoldIn is Hold in the caller's transaction. An item that is not there is
// not held.
func (k *Keeper) HoldIn(tx *sqlite.Tx, holder, item string, until time.Time) error {
	_, err := tx.Exec(`INSERT INTO catalogue_lease (item, holder, until)
		SELECT coalesce((SELECT max(l.item) FROM catalogue_lease l JOIN catalogue_item o ON o.id = l.item WHERE o.item = i.item AND o.live = 0), i.id), ?, ?
		FROM catalogue_item i WHERE i.item = ? AND i.live = 1
		ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`, holder, until.UnixMilli(), item)
	return err
}

// HoldBlobs keeps the versions of items that use these blobs.
func (k *Keeper) HoldBlobs(ctx context.Context, holder string, blobs []blob.Digest, until time.Time) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, d := range blobs {
			if _, err := tx.Exec(`INSERT INTO catalogue_lease (item, holder, until) SELECT DISTINCT i.id, ?, ? `+Known+
				` ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`, holder, until.UnixMilli(), d[:]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hold files: %w", err)
	}
	return nil
}

// ReleaseIn ends the leases of a holder, in the caller's transaction. What
// they kept goes at the next Lapse.
func (k *Keeper) ReleaseIn(tx *sqlite.Tx, holder string) error {
	_, err := tx.Exec("DELETE FROM catalogue_lease WHERE holder = ?", holder)
	return err
}

// End ends the leases whose time is over.
func (k *Keeper) End(ctx context.Context) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("DELETE FROM catalogue_lease WHERE until <= ?", tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("end leases: %w", err)
	}
	return nil
}

// OpenVersions finds the items that somebody has open in another version than
// the current one.
func (k *Keeper) OpenVersions(ctx context.Context) (open map[string]int64, err error) {
	open = map[string]int64{}
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT i.item, max(i.id) FROM catalogue_lease l CROSS JOIN catalogue_item i ON i.id = l.item WHERE i.live = 0 GROUP BY i.item")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var item string
			var row int64
			if err := rs.Scan(&item, &row); err != nil {
				return err
			}
			open[item] = row
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read what is open: %w", err)
	}
	return open, nil
}
