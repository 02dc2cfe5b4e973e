package stock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
)

// shardDigits is how much of the hash of an id is kept to cut packs by.
const shardDigits = 3

func shardOf(id string) string { return digest([]byte(id))[:shardDigits] }

// Original is a notice as it came from elsewhere.
type Original struct {
	Mime string
	Body []byte
}

// Put keeps items, and what they were made from when that is given.
func (s *Stock) Put(ctx context.Context, items []notice.Item, originals []Original) error {
	return s.db.Write(ctx, func(tx *sqlite.Tx) error {
		for i, it := range items {
			b, err := json.Marshal(it)
			if err != nil {
				return fmt.Errorf("encode the notice: %w", err)
			}
			if err := putItem(tx, it, b); err != nil {
				return err
			}
			if i < len(originals) && originals[i].Body != nil {
				if _, err := tx.Exec("INSERT INTO publisher_original (item, mime, body) VALUES (?, ?, ?) ON CONFLICT (item) DO UPDATE SET mime = excluded.mime, body = excluded.body",
					it.ID, originals[i].Mime, originals[i].Body); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func putItem(tx *sqlite.Tx, it notice.Item, body []byte) error {
	var same int
	if err := tx.QueryRow("SELECT count(*) FROM publisher_item WHERE id = ? AND body = ?", it.ID, body).Scan(&same); err != nil || same > 0 {
		return err
	}
	// The pack that the item leaves changes as well as the one it enters.
	if err := forget(tx, it.ID); err != nil {
		return err
	}
	shard := shardOf(it.ID)
	if _, err := tx.Exec("INSERT INTO publisher_item (id, service, shard, publisher, body) VALUES (?, ?, ?, ?, ?)", it.ID, it.Service, shard, it.Publisher, body); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO publisher_changed (service, shard) VALUES (?, ?) ON CONFLICT DO NOTHING", it.Service, shard)
	return err
}

func forget(tx *sqlite.Tx, id string) error {
	if _, err := tx.Exec("INSERT INTO publisher_changed (service, shard) SELECT service, shard FROM publisher_item WHERE id = ? ON CONFLICT DO NOTHING", id); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM publisher_item WHERE id = ?", id)
	return err
}

// Remove takes items out, and what they were made from. It returns how many
// there were.
func (s *Stock) Remove(ctx context.Context, ids []string) (removed int, err error) {
	err = s.db.Write(ctx, func(tx *sqlite.Tx) error {
		removed = 0
		for _, id := range ids {
			var there int
			if err := tx.QueryRow("SELECT count(*) FROM publisher_item WHERE id = ?", id).Scan(&there); err != nil {
				return err
			}
			removed += there
			if err := forget(tx, id); err != nil {
				return err
			}
			for _, table := range []string{"publisher_original WHERE item", "publisher_record WHERE item"} {
				if _, err := tx.Exec("DELETE FROM "+table+" = ?", id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove items: %w", err)
	}
	return removed, nil
}

// Original returns what an item was made from.
func (s *Stock) Original(ctx context.Context, id string) (o Original, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT mime, body FROM publisher_original WHERE item = ?", id)
		if err != nil {
			return err
		}
		defer rs.Close()
		if rs.Next() {
			return rs.Scan(&o.Mime, &o.Body)
		}
		return rs.Err()
	})
	if err == nil && o.Body == nil {
		err = preau.E(preau.NotFound, fmt.Sprintf("%.100s was not imported from a notice", id), "Check its id.", nil)
	}
	return o, err
}

// Owner tells whose item an id is: "" and false for none.
func (s *Stock) Owner(ctx context.Context, id string) (publisher string, known bool, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT publisher FROM publisher_item WHERE id = ?1 UNION ALL SELECT publisher FROM publisher_received WHERE item = ?1", id)
		if err != nil {
			return err
		}
		defer rs.Close()
		if known = rs.Next(); known {
			return rs.Scan(&publisher)
		}
		return rs.Err()
	})
	return publisher, known, err
}

// adopt takes over the items/ folder of earlier releases, one file an item.
func (s *Stock) adopt(ctx context.Context) error {
	files, err := filepath.Glob(s.path("items", "*.json"))
	if err != nil || len(files) == 0 {
		return err
	}
	var items []notice.Item
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read an item: %w", err)
		}
		var it notice.Item
		if err := json.Unmarshal(b, &it); err != nil || len(it.Check(true)) > 0 {
			return preau.E(preau.Corrupt, file+" is not as it was added", "Remove it and add the item again.", err)
		}
		items = append(items, it)
	}
	if err := s.Put(ctx, items, nil); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an item that was taken over: %w", err)
		}
	}
	return nil
}

// ItemsOf lists the ids of a publisher's items.
func (s *Stock) ItemsOf(ctx context.Context, publisher string) (ids []string, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT id FROM publisher_item WHERE publisher = ? ORDER BY id", publisher)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var id string
			if err := rs.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rs.Err()
	})
	return ids, err
}

// Receive remembers which items a delegated publisher delivered.
func (s *Stock) Receive(ctx context.Context, publisher string, ids map[string]bool) error {
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec("DELETE FROM publisher_received WHERE publisher = ?", publisher); err != nil {
			return err
		}
		for id := range ids {
			if _, err := tx.Exec("INSERT INTO publisher_received (item, publisher) VALUES (?, ?)", id, publisher); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember the items of %s: %w", publisher, err)
	}
	return nil
}
