package journal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// TestOpen_ConvertsTheFirstLayout opens a database of the release before and
// finds all of it.
func TestOpen_ConvertsTheFirstLayout(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "preau.db")
	db, err := sqlite.Open(ctx, path, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	before := fstest.MapFS{}
	for _, name := range []string{"01-journal.sql", "02-raw.sql"} {
		text, err := fs.ReadFile(os.DirFS("migrations"), name)
		if err != nil {
			t.Fatal(err)
		}
		before[name] = &fstest.MapFile{Data: text}
	}
	if err := db.Migrate(ctx, "journal", before); err != nil {
		t.Fatal(err)
	}
	first, second := preau.NewID(), preau.NewID()
	result := `{"é|\u0001": "` + "\xff" + `'"}` // a byte that is no UTF-8 went in then, too
	err = db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, text := range []string{
			`INSERT INTO epoch VALUES (77, 1, 1000, 0, '{}'), (88, 2, 2000, 77, '{"learning":2}')`,
			`INSERT INTO ack VALUES ('learning', 77, 1)`, `INSERT INTO verb VALUES (5, 'http://adlnet.gov/expapi/verbs/answered')`,
		} {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		const insert = `INSERT INTO journal VALUES ('learning', 77, ?, ?, ?, ?, 'p|1', 5, 'élève', '', ?, NULL, 1500, 1600, ?, NULL)`
		if _, err := tx.Exec(insert, 1, first[:], 9<<16, "synced", result, nil); err != nil {
			return err
		}
		_, err := tx.Exec(insert, 2, second[:], 9<<16|1, "unsure", nil, first[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()

	db, j := open(t, path, preau.SystemClock())
	defer db.Close()
	check := func() {
		t.Helper()
		sts, err := j.Range(ctx, preau.StreamLearning, 77, 1, 10)
		if err != nil || len(sts) != 2 {
			t.Fatalf("%d statements, %v", len(sts), err)
		}
		a, b := sts[0], sts[1]
		if a.ID != first || a.Actor != "p|1" || a.Verb != "http://adlnet.gov/expapi/verbs/answered" || a.Object != "élève" ||
			string(a.Result) != result || a.Context != nil || a.Raw != nil || a.HLC != 9<<16 || a.Seq != 1 || a.ClockState != preau.ClockSynced ||
			!a.Timestamp.Equal(time.UnixMilli(1500)) || !a.Stored.Equal(time.UnixMilli(1600)) || !a.Voids.IsZero() {
			t.Errorf("the first came over as %+v", a)
		}
		if b.ID != second || b.Voids != first || b.Result != nil || b.ClockState != preau.ClockUnsure {
			t.Errorf("the second came over as %+v", b)
		}
		heads, err := j.Heads(ctx)
		if err != nil || len(heads) != 1 || heads[0] != (journal.Head{Stream: preau.StreamLearning, Epoch: 77, Last: 2, Acked: 1}) {
			t.Errorf("heads %+v, %v", heads, err)
		}
	}
	check()
	if moved, err := j.Pack(ctx); err != nil || moved != 2 {
		t.Fatalf("packed %d, %v", moved, err)
	}
	check()
}
