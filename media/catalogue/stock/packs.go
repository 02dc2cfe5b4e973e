package stock

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// packItems is how many items a pack should hold at most: small enough that a
// changed notice costs a box little, large enough that 100 000 items are not
// 100 000 requests.
const packItems = 256

// prefixDigits says in how many packs a service is cut: 1, 16, 256 or 4096.
func prefixDigits(items int) (digits int) {
	for n := items; n > packItems && digits < shardDigits; n /= 16 {
		digits++
	}
	return digits
}

// slugOf names a pack. The double hyphen keeps the packs of a service apart
// from those of a service whose name ends like a prefix.
func slugOf(service, prefix string) string {
	if prefix == "" {
		return service
	}
	return strings.TrimRight(service[:min(len(service), 59)], "-") + "--" + prefix
}

// packKey is a pack: the items of a service whose shards have a prefix.
type packKey struct{ service, prefix string }

// buildPacks builds again the packs in which items changed, one at a time.
// Killed in the middle it goes on at the next run.
func (s *Stock) buildPacks(ctx context.Context) error {
	if err := s.recut(ctx); err != nil {
		return fmt.Errorf("cut services into packs: %w", err)
	}
	for {
		key, found, err := s.nextChanged(ctx)
		if err != nil || !found {
			return err
		}
		if err := s.buildPack(ctx, key); err != nil {
			return fmt.Errorf("build pack %s: %w", slugOf(key.service, key.prefix), err)
		}
	}
}

// recut marks a service whole when it outgrew the way in which it is cut.
func (s *Stock) recut(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqlite.Tx) error {
		want := map[string]int{}
		rs, err := tx.Query("SELECT service, count(*) FROM publisher_item GROUP BY service")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var service string
			var n int
			if err := rs.Scan(&service, &n); err != nil {
				return err
			}
			want[service] = prefixDigits(n)
		}
		if err := rs.Err(); err != nil {
			return err
		}
		for service, digits := range want {
			res, err := tx.Exec("DELETE FROM publisher_pack WHERE service = ? AND length(prefix) <> ?", service, digits)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				continue
			}
			if _, err := tx.Exec("INSERT INTO publisher_changed (service, shard) SELECT DISTINCT service, shard FROM publisher_item WHERE service = ? ON CONFLICT DO NOTHING", service); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Stock) nextChanged(ctx context.Context) (key packKey, found bool, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		var shard string
		rs, err := tx.Query("SELECT service, shard FROM publisher_changed ORDER BY service, shard LIMIT 1")
		if err != nil {
			return err
		}
		defer rs.Close()
		if found = rs.Next(); !found {
			return rs.Err()
		}
		if err := rs.Scan(&key.service, &shard); err != nil {
			return err
		}
		rs.Close()
		var n int
		err = tx.QueryRow("SELECT count(*) FROM publisher_item WHERE service = ?", key.service).Scan(&n)
		key.prefix = shard[:prefixDigits(n)]
		return err
	})
	return key, found, err
}

// within are the bounds of the shards of a pack: 'g' comes after every digit.
func (k packKey) within() (from, below string) { return k.prefix, k.prefix + "g" }

func (s *Stock) buildPack(ctx context.Context, key packKey) error {
	from, below := key.within()
	slug := slugOf(key.service, key.prefix)
	var items []json.RawMessage
	ref := notice.PackRef{Slug: slug}
	err := s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT body FROM publisher_item WHERE service = ? AND shard >= ? AND shard < ? ORDER BY id", key.service, from, below)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var b []byte
			if err := rs.Scan(&b); err != nil {
				return err
			}
			items = append(items, b)
		}
		if err := rs.Err(); err != nil {
			return err
		}
		rs.Close()
		return tx.QueryRow("SELECT coalesce(max(version), 0), coalesce(max(sha256), '') FROM publisher_pack WHERE service = ? AND prefix = ?", key.service, key.prefix).
			Scan(&ref.Version, &ref.SHA256)
	})
	if err != nil {
		return err
	}
	if len(items) > 0 {
		b, err := encodePack(slug, max(ref.Version, 1), items)
		if err != nil {
			return err
		}
		if ref.Version > 0 && digest(b) != ref.SHA256 {
			if b, err = encodePack(slug, ref.Version+1, items); err != nil {
				return err
			}
			ref.Version++
		}
		ref.Version, ref.SHA256, ref.Size = max(ref.Version, 1), digest(b), int64(len(b))
		if err := s.keep(notice.PackPath(slug, ref.Version), b); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec("DELETE FROM publisher_changed WHERE service = ? AND shard >= ? AND shard < ?", key.service, from, below); err != nil {
			return err
		}
		if len(items) == 0 {
			_, err := tx.Exec("DELETE FROM publisher_pack WHERE service = ? AND prefix = ?", key.service, key.prefix)
			return err
		}
		_, err := tx.Exec(`INSERT INTO publisher_pack (service, prefix, slug, version, sha256, size) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (service, prefix) DO UPDATE SET version = excluded.version, sha256 = excluded.sha256, size = excluded.size`,
			key.service, key.prefix, slug, ref.Version, ref.SHA256, ref.Size)
		return err
	})
}

func encodePack(slug string, version int64, items []json.RawMessage) ([]byte, error) {
	b, err := json.Marshal(struct {
		Format  int               `json:"format"`
		Slug    string            `json:"slug"`
		Version int64             `json:"version"`
		Items   []json.RawMessage `json:"items"`
	}{notice.Format, slug, version, items})
	if err != nil {
		return nil, fmt.Errorf("encode pack %s: %w", slug, err)
	}
	if len(b) > notice.MaxPack || len(items) > notice.MaxPackItems {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("pack %s has %d items and %d bytes, over %d or %d", slug, len(items), len(b), notice.MaxPackItems, notice.MaxPack),
			"Spread its items over several services.", nil)
	}
	return b, nil
}

// List is what a version of the stock offers.
type List struct {
	Index        []byte
	Items, Packs int
}

// Build brings the packs up to date and lists them, with the vocabulary when
// there is one. A list that says the same as the last keeps its bytes and its
// date.
func (s *Stock) Build(ctx context.Context, taxons []byte, now time.Time) (List, error) {
	if err := s.buildPacks(ctx); err != nil {
		return List{}, err
	}
	l, refs, old, err := s.packs(ctx)
	if err != nil {
		return List{}, err
	}
	x := notice.Index{Format: notice.IndexFormat, Packs: refs}
	if len(refs) > inlinePacks {
		x.Packs = []notice.PackRef{}
		if x.Pages, err = s.pages(refs); err != nil {
			return List{}, err
		}
	}
	if len(taxons) > 0 {
		x.Taxons = &notice.TargetRef{Path: notice.TaxonsPath, SHA256: digest(taxons)}
		if err := s.KeepAt(notice.TaxonsPath, taxons); err != nil {
			return List{}, err
		}
	}
	if len(old) > 0 {
		was, err := notice.ParseIndex(old)
		if err != nil {
			return List{}, err
		}
		x.Made = was.Made
	}
	if l.Index, err = json.Marshal(x); err != nil {
		return List{}, fmt.Errorf("encode the index: %w", err)
	}
	if string(l.Index) != string(old) {
		x.Made = now.UTC().Format(time.RFC3339)
		if l.Index, err = json.Marshal(x); err != nil {
			return List{}, fmt.Errorf("encode the index: %w", err)
		}
	}
	if err := s.keep(notice.IndexPath, l.Index); err != nil {
		return List{}, err
	}
	return l, s.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO publisher_index (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body", l.Index)
		return err
	})
}

// packs reads the packs as they were built, and the last index.
func (s *Stock) packs(ctx context.Context) (l List, refs []notice.PackRef, index []byte, err error) {
	refs = []notice.PackRef{}
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		if err := tx.QueryRow("SELECT count(*), (SELECT coalesce(max(body), x'') FROM publisher_index) FROM publisher_item").Scan(&l.Items, &index); err != nil {
			return err
		}
		rs, err := tx.Query("SELECT slug, version, sha256, size FROM publisher_pack ORDER BY slug")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var ref notice.PackRef
			if err := rs.Scan(&ref.Slug, &ref.Version, &ref.SHA256, &ref.Size); err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		return rs.Err()
	})
	if err != nil {
		return l, nil, nil, fmt.Errorf("list the packs: %w", err)
	}
	l.Packs = len(refs)
	return l, refs, index, nil
}

// inlinePacks is how many packs an index lists itself.
const inlinePacks = 64

// pages cuts a long list into about as many pages as each has lines, by the
// hash of the pack's name, so that one changed pack changes one page.
func (s *Stock) pages(refs []notice.PackRef) ([]notice.PageRef, error) {
	n := 1
	for n*n < len(refs) {
		n *= 2
	}
	pages := make([][]notice.PackRef, n)
	for i := range pages {
		pages[i] = []notice.PackRef{}
	}
	for _, ref := range refs {
		var at int
		if _, err := fmt.Sscanf(digest([]byte(ref.Slug))[:4], "%x", &at); err != nil {
			return nil, fmt.Errorf("place pack %s: %w", ref.Slug, err)
		}
		pages[at%n] = append(pages[at%n], ref)
	}
	list := []notice.PageRef{}
	for i, page := range pages {
		b, err := json.Marshal(notice.Page{Format: notice.Format, Packs: page})
		if err != nil {
			return nil, fmt.Errorf("encode a page: %w", err)
		}
		if err := s.keep(notice.PagePath(i), b); err != nil {
			return nil, err
		}
		list = append(list, notice.PageRef{SHA256: digest(b), Size: int64(len(b))})
	}
	return list, nil
}

// keep writes a target of this publisher under its hash, unless it is there.
func (s *Stock) keep(path string, b []byte) error {
	return s.KeepAt(notice.Folder(s.publisher)+path, b)
}

// KeepAt writes a target at any path under its hash, unless it is there.
func (s *Stock) KeepAt(path string, b []byte) error {
	file := s.path("targets", filepath.FromSlash(trust.HashedPath(path, digest(b))))
	if info, err := os.Stat(file); err == nil && info.Size() == int64(len(b)) {
		if old, err := os.ReadFile(file); err == nil && digest(old) == digest(b) {
			return nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make a folder of targets: %w", err)
	}
	if err := durable.WriteBytes(file, 0o644, b); err != nil {
		return fmt.Errorf("write target %s: %w", path, err)
	}
	return nil
}
