package stock

import (
	"context"
	"encoding/json"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
)

// MaxHarvested and MaxHarvestedBytes bound what comes of one list.
const (
	MaxHarvested      = 200_000
	MaxHarvestedBytes = 2 << 30
)

// Harvest is a list of another service that is followed, and how far it came.
type Harvest struct {
	n                       int64
	URL, Collection, Prefix string

	Since                string // the day from which the next list is asked
	Token                string // of the next page of a list under way
	From, Until, Started string // of that list
	Records, Bytes       int64  // that came of it
}

// Record is one of its records.
type Record struct {
	ID, Stamp string
	Deleted   bool
	Body      []byte
	Item      string // made from it before
}

// HarvestOf returns how far a list came, and begins to follow it.
func (s *Stock) HarvestOf(ctx context.Context, url, collection, prefix string) (h Harvest, err error) {
	h = Harvest{URL: url, Collection: collection, Prefix: prefix}
	err = s.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec("INSERT INTO publisher_harvest (url, collection, prefix) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", url, collection, prefix); err != nil {
			return err
		}
		return tx.QueryRow("SELECT n, since, token, asked_from, asked_until, started, records, bytes FROM publisher_harvest WHERE url = ? AND collection = ? AND prefix = ?", url, collection, prefix).
			Scan(&h.n, &h.Since, &h.Token, &h.From, &h.Until, &h.Started, &h.Records, &h.Bytes)
	})
	if err != nil {
		return h, fmt.Errorf("read how far the harvest came: %w", err)
	}
	return h, nil
}

// KeepHarvested keeps a page of records and, with it, how far the list came.
// With fresh only, a notice that is already an item's is let go.
func (s *Stock) KeepHarvested(ctx context.Context, h Harvest, records []Record, fresh bool) error {
	if h.Records > MaxHarvested || h.Bytes > MaxHarvestedBytes {
		return preau.E(preau.TooLarge, fmt.Sprintf("the source lists over %d records or %d GB", MaxHarvested, MaxHarvestedBytes>>30), "Harvest it by sets (--set) or by dates (--from, --until).", nil)
	}
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, r := range records {
			if err := keepRecord(tx, h.n, r, fresh); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE publisher_harvest SET since = ?, token = ?, asked_from = ?, asked_until = ?, started = ?, records = ?, bytes = ? WHERE n = ?",
			h.Since, h.Token, h.From, h.Until, h.Started, h.Records, h.Bytes, h.n)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a page of the harvest: %w", err)
	}
	return nil
}

func keepRecord(tx *sqlite.Tx, harvest int64, r Record, fresh bool) error {
	same := 0
	if fresh && !r.Deleted {
		err := tx.QueryRow(`SELECT count(*) FROM publisher_record AS r JOIN publisher_original AS o ON o.item = r.item
			WHERE r.harvest = ? AND r.identifier = ? AND o.body = ?`, harvest, r.ID, r.Body).Scan(&same)
		if err != nil {
			return err
		}
	}
	gone := false
	if r.Deleted {
		var items int
		if err := tx.QueryRow("SELECT count(*) FROM publisher_record WHERE harvest = ? AND identifier = ?", harvest, r.ID).Scan(&items); err != nil {
			return err
		}
		gone = items == 0
	}
	if same > 0 || gone { // what waited of it is of the past too
		return dropRecord(tx, harvest, r.ID)
	}
	_, err := tx.Exec("INSERT INTO publisher_harvested (harvest, identifier, stamp, deleted, body) VALUES (?, ?, ?, ?, coalesce(?, x'')) ON CONFLICT (harvest, identifier) DO UPDATE SET stamp = excluded.stamp, deleted = excluded.deleted, body = excluded.body",
		harvest, r.ID, r.Stamp, r.Deleted, r.Body)
	return err
}

func dropRecord(tx *sqlite.Tx, harvest int64, id string) error {
	_, err := tx.Exec("DELETE FROM publisher_harvested WHERE harvest = ? AND identifier = ?", harvest, id)
	return err
}

// Harvested gives each record that waits, with the item made from it before.
func (s *Stock) Harvested(ctx context.Context, h Harvest, each func(Record)) error {
	err := s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query(`SELECT w.identifier, w.stamp, w.deleted, w.body, coalesce(r.item, '') FROM publisher_harvested AS w
			LEFT JOIN publisher_record AS r ON r.harvest = w.harvest AND r.identifier = w.identifier WHERE w.harvest = ? ORDER BY w.identifier`, h.n)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var r Record
			if err := rs.Scan(&r.ID, &r.Stamp, &r.Deleted, &r.Body, &r.Item); err != nil {
				return err
			}
			each(r)
		}
		return rs.Err()
	})
	if err != nil {
		return fmt.Errorf("read what was harvested: %w", err)
	}
	return nil
}

// TakeHarvested keeps items made from records, each with the notice that it
// came as; ids are those of the records.
func (s *Stock) TakeHarvested(ctx context.Context, h Harvest, items []notice.Item, ids []string) error {
	return s.db.Write(ctx, func(tx *sqlite.Tx) error {
		for i, it := range items {
			b, err := json.Marshal(it)
			if err != nil {
				return fmt.Errorf("encode the notice: %w", err)
			}
			if err := putItem(tx, it, b); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO publisher_original (item, mime, body) SELECT ?, 'application/xml', body FROM publisher_harvested WHERE harvest = ? AND identifier = ?
				ON CONFLICT (item) DO UPDATE SET mime = excluded.mime, body = excluded.body`, it.ID, h.n, ids[i]); err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO publisher_record (item, harvest, identifier) VALUES (?, ?, ?) ON CONFLICT (item) DO NOTHING", it.ID, h.n, ids[i]); err != nil {
				return err
			}
			if err := dropRecord(tx, h.n, ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropHarvested lets records go whose items were removed.
func (s *Stock) DropHarvested(ctx context.Context, h Harvest, ids []string) error {
	return s.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, id := range ids {
			if err := dropRecord(tx, h.n, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Maker tells from which record of a list an item was made: "" for none of it.
func (s *Stock) Maker(ctx context.Context, h Harvest, item string) (id string, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT coalesce(max(identifier), '') FROM publisher_record WHERE item = ? AND harvest = ?", item, h.n).Scan(&id)
	})
	return id, err
}
