package index_test

import (
	"context"
	"path/filepath"
	"testing"

	"preau"
	"preau/edge/lrs/record/index"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// TestFind_SaysThatPostingsAreDamaged: a broken row is an error that names
// the remedy, not an answer with holes.
func TestFind_SaysThatPostingsAreDamaged(t *testing.T) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j, err := journal.Open(ctx, db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.Open(ctx, db, j, func(*preau.Statement) (*xapi.Statement, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	verb := index.Verb("https://v.example/x")
	for damage, want := range map[string]preau.Kind{"": preau.Internal, "\x00\xff": preau.Corrupt} {
		err := db.Write(ctx, func(tx *sqlite.Tx) error {
			for q, args := range map[string][]any{
				`INSERT OR REPLACE INTO lrs_bucket (bucket, stored, gone) VALUES (0, 1, 0)`: nil,
				`UPDATE lrs_state SET next = 4096`:                                          nil,
				`INSERT OR REPLACE INTO lrs_posting (bucket, term, ns) VALUES (0, ?, ?)`:    {verb[0], []byte(damage)},
			} {
				if _, err := tx.Exec(q, args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Read(ctx, func(tx *sqlite.Tx) error {
			f, err := x.Find(tx, index.Filter{All: []index.Condition{verb}})
			if err != nil {
				return err
			}
			for {
				if _, ok, err := f.Next(); err != nil || !ok {
					return err
				}
			}
		})
		if (err != nil) != (damage != "") || err != nil && preau.KindOf(err) != want {
			t.Errorf("postings %q: %v", damage, err)
		}
	}
}
