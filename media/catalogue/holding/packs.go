package holding

import (
	"context"
	"fmt"

	"preau/internal/sqlite"
)

// Pack is one pack of the current generation and the blobs that its items
// use, the tables of their chunks among them, in the order of fetching.
type Pack struct {
	Slug    string
	Version int64
	Items   int
	Files   []Want
}

// PackKey is what a pack's row is found by: its hash, and whose it is when it
// came by a delegation. The owner and a publisher may sign the same bytes, as
// when the owner hands a collection over; each holds it in its own right.
func PackKey(publisher, sha256 string) string {
	if publisher == "" {
		return sha256
	}
	return sha256 + " " + publisher
}

// Packs lists what the current generation is made of, by slug. A blob that
// two packs use is in both.
func (k *Keeper) Packs(ctx context.Context) (list []Pack, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query(`SELECT p.slug, p.version, (SELECT count(*) FROM catalogue_item i WHERE i.pack = p.id), u.sha256, u.size
			FROM catalogue_generation g JOIN catalogue_generation_pack gp ON gp.generation = g.id JOIN catalogue_pack p ON p.id = gp.pack
			LEFT JOIN (SELECT i.pack, a.sha256, a.size, a.rank FROM catalogue_item i JOIN catalogue_asset a ON a.item = i.id
				UNION ALL SELECT i.pack, a.chunks, a.chunks_size, a.rank FROM catalogue_item i JOIN catalogue_asset a ON a.item = i.id WHERE a.chunks IS NOT NULL) u ON u.pack = p.id
			WHERE g.state = 'current' GROUP BY p.id, u.sha256 ORDER BY p.slug, min(u.rank), u.sha256`)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var p Pack
			var key []byte
			var size *int64
			if err := rs.Scan(&p.Slug, &p.Version, &p.Items, &key, &size); err != nil {
				return fmt.Errorf("read pack: %w", err)
			}
			if len(list) == 0 || list[len(list)-1].Slug != p.Slug {
				list = append(list, p)
			}
			if size != nil {
				last := &list[len(list)-1]
				last.Files = append(last.Files, Want{digestOf(key), *size})
			}
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	return list, nil
}
