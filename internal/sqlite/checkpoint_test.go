package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"preau"
	"preau/internal/sqlite"
)

// TestCheckpoint_TheLogStartsAgain writes many times what the log may hold,
// while others read.
func TestCheckpoint_TheLogStartsAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	db, err := sqlite.Open(t.Context(), path, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), "test", tables); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 20_000)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 500 {
				if err := db.Write(t.Context(), put(fmt.Sprint(w, i, big), i)); err != nil {
					t.Error(err)
					return
				}
				if i%50 == 0 {
					count(t, db)
				}
			}
		})
	}
	wg.Wait()
	st, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if st.Size() > 48<<20 {
		t.Errorf("the log has %d bytes after 80 MB were written", st.Size())
	}
	t.Logf("log of %d bytes", st.Size())
	if n := count(t, db); n != 2000 {
		t.Errorf("%d rows, want 2000", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("a closed database leaves its log behind: %v", err)
	}
}

func TestRoom_WhatIsDeletedIsFree(t *testing.T) {
	db := open(t)
	if err := db.Write(t.Context(), put(strings.Repeat("x", 100_000), 1)); err != nil {
		t.Fatal(err)
	}
	size, before, err := db.Room(t.Context())
	if err != nil || size < 200_000 {
		t.Fatalf("%d bytes, %v; want the row and its index", size, err)
	}
	err = db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM t`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, free, err := db.Room(t.Context()); err != nil || free < before+190_000 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
}

// TestWrite_AloneIsUndoneWhole is a job without company: it has no savepoint.
func TestWrite_AloneIsUndoneWhole(t *testing.T) {
	db := open(t)
	undone := 0
	for i := range 3 {
		err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
			tx.OnUndo(func() { undone++ })
			if err := put(fmt.Sprint(i), i)(tx); err != nil {
				return err
			}
			switch i {
			case 0:
				return errors.New("no")
			case 1:
				panic("no")
			}
			return put("2", 2)(tx) // breaks the primary key
		})
		if err == nil {
			t.Errorf("job %d: no error", i)
		}
	}
	if n := count(t, db); n != 0 || undone != 3 {
		t.Errorf("%d rows are left, %d undone", n, undone)
	}
	if err := db.Write(t.Context(), put("after", 1)); err != nil || count(t, db) != 1 {
		t.Errorf("the writer does not go on: %v", err)
	}
}

// TestRest_PagesAreGivenBack looks at what the connections hold of a table that
// was read and written, before and after.
func TestRest_PagesAreGivenBack(t *testing.T) {
	db := open(t)
	big := strings.Repeat("x", 4000)
	for i := range 1000 {
		if err := db.Write(t.Context(), put(fmt.Sprint(i, big), i)); err != nil {
			t.Fatal(err)
		}
	}
	count(t, db)
	before := db.Kept(t)
	if err := db.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := db.Kept(t)
	if before < 1<<20 || after > before/20 {
		t.Errorf("%d bytes of pages were kept, %d after a rest", before, after)
	}
	if n := count(t, db); n != 1000 {
		t.Errorf("%d rows after a rest", n)
	}
}

// TestRest_WaitsForNoReader has one at work.
func TestRest_WaitsForNoReader(t *testing.T) {
	db := open(t)
	err := db.Read(t.Context(), func(*sqlite.Tx) error {
		if err := db.Rest(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a refusal", err)
		}
		return db.Write(t.Context(), put("meanwhile", 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
}
