package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/index"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/word"
)

// batch bounds how many rows one transaction writes: a lesson's statements
// pass between two.
const batch = 400

// ingest writes a verified pack, unseen by readers until a switch. Killed in
// the middle it leaves an incomplete pack, which purge removes.
func (c *Catalogue) ingest(ctx context.Context, publisher string, p notice.Pack, key, taxonsSHA string, taxons notice.Taxons) (int64, error) {
	var pack, item int64
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec("INSERT INTO catalogue_pack (publisher, slug, version, sha256, taxons) VALUES (?, ?, ?, ?, ?)", publisher, p.Slug, p.Version, key, taxonsSHA)
		if err != nil {
			return err
		}
		if pack, err = res.LastInsertId(); err != nil {
			return fmt.Errorf("number a pack: %w", err)
		}
		return tx.QueryRow("SELECT coalesce(max(id), 0) FROM catalogue_item").Scan(&item)
	})
	if err != nil {
		return 0, fmt.Errorf("add pack: %w", err)
	}
	w := &writer{c: c, ctx: ctx}
	for _, it := range p.Items {
		item++
		if err := w.item(pack, item, it, taxons); err != nil {
			return 0, fmt.Errorf("add item %s: %w", it.ID, err)
		}
	}
	w.op(func(tx *sqlite.Tx) error {
		if err := w.shelf.Save(tx, pack); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE catalogue_pack SET complete = 1 WHERE id = ?", pack)
		return err
	})
	if err := w.flush(); err != nil {
		return 0, fmt.Errorf("add pack: %w", err)
	}
	return pack, nil
}

// writer gathers rows into transactions of bounded size.
type writer struct {
	c   *Catalogue
	ctx context.Context
	ops []func(tx *sqlite.Tx) error
	err error

	shelf    index.Shelf      // of the pack, for the search
	concepts map[string]int64 // numbers, as they were found
}

// conceptID is asked for once a pack. A transaction that is undone ends the
// writer, and what it remembers with it.
func (w *writer) conceptID(tx *sqlite.Tx, uri string) (int64, error) {
	if id, ok := w.concepts[uri]; ok {
		return id, nil
	}
	id, err := conceptID(tx, uri)
	if err == nil {
		if w.concepts == nil {
			w.concepts = map[string]int64{}
		}
		w.concepts[uri] = id
	}
	return id, err
}

func (w *writer) op(fn func(tx *sqlite.Tx) error) {
	w.ops = append(w.ops, fn)
	if len(w.ops) >= batch {
		w.err = w.flush()
	}
}

func (w *writer) flush() error {
	if w.err != nil || len(w.ops) == 0 {
		return w.err
	}
	w.err = w.c.db.Write(w.ctx, func(tx *sqlite.Tx) error {
		for _, fn := range w.ops {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	w.ops = w.ops[:0]
	return w.err
}

func (w *writer) item(pack, id int64, it notice.Item, taxons notice.Taxons) error {
	sort := word.SortKey(it.Title)
	concepts := expand(it, taxons)
	body := it
	body.Words = "" // the index has them
	body.Assets = slices.DeleteFunc(slices.Clone(it.Assets), func(a Asset) bool { return a.Role == notice.RoleFile })
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	w.op(func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO catalogue_item (id, pack, item, kind, service, part_of, ordinal, sort, folded, staff, valid_from, valid_to, files, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?)`,
			id, pack, it.ID, it.Kind, it.Service, it.PartOf, it.Ordinal, sort, it.Rights.Display == notice.Staff,
			it.ValidFrom, it.ValidTo, len(it.Assets)-len(body.Assets), encoded)
		return err
	})
	w.op(func(tx *sqlite.Tx) error {
		numbers := make([]int64, len(concepts))
		for n, con := range concepts {
			var err error
			if numbers[n], err = w.conceptID(tx, con.uri); err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO catalogue_item_concept (concept, sort, item, role, direct) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				numbers[n], sort, id, con.role, con.direct); err != nil {
				return err
			}
		}
		return w.shelf.Add(tx, document(id, it, concepts, numbers, taxons))
	})
	for n, a := range it.Assets {
		d, err := blob.ParseDigest(a.SHA256)
		if err != nil {
			return fmt.Errorf("read asset: %w", err)
		}
		var chunks []byte
		if a.Chunks.Size > 0 {
			table, err := blob.ParseDigest(a.Chunks.SHA256)
			if err != nil {
				return fmt.Errorf("read asset: %w", err)
			}
			chunks = table[:]
		}
		w.op(func(tx *sqlite.Tx) error {
			_, err := tx.Exec(`INSERT INTO catalogue_asset (item, n, role, lang, sha256, size, mime, path, restricted, rank, height, chunks, chunks_size)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				id, n, a.Role, a.Lang, d[:], a.Size, a.Mime, a.Path, a.Restricted(it.Rights), rank(a.Role), a.Height, chunks, a.Chunks.Size)
			return err
		})
	}
	return w.err
}

// rank orders fetching: first what makes pages readable, then what opens.
func rank(role string) int {
	switch role {
	case notice.RolePoster, notice.RoleSubtitles, notice.RoleTranscript:
		return 0
	case notice.RoleMain:
		return 1
	case notice.RoleFile:
		return 2
	}
	return 3
}

type concept struct {
	uri, role string
	direct    bool
}

// expand lists the concepts of a notice, direct ones first, then all above
// them, each once.
func expand(it notice.Item, taxons notice.Taxons) []concept {
	var list []concept
	seen := map[string]bool{}
	add := func(uri, role string, direct bool) {
		if !seen[uri] {
			seen[uri] = true
			list = append(list, concept{uri, role, direct})
		}
	}
	for _, uri := range it.Taxons {
		add(uri, "t", true)
	}
	for _, uri := range it.Levels {
		add(uri, "l", true)
	}
	for _, con := range slices.Clone(list) {
		for _, above := range taxons.Chain(con.uri)[1:] {
			add(above, con.role, false)
		}
	}
	return list
}

func conceptID(tx *sqlite.Tx, uri string) (int64, error) {
	if _, err := tx.Exec("INSERT INTO catalogue_concept (uri) VALUES (?) ON CONFLICT DO NOTHING", uri); err != nil {
		return 0, err
	}
	var id int64
	err := tx.QueryRow("SELECT id FROM catalogue_concept WHERE uri = ?", uri).Scan(&id)
	return id, err
}
