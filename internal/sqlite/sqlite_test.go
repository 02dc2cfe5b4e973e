package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"preau"
	"preau/internal/sqlite"
)

var tables = fstest.MapFS{"01-t.sql": {Data: []byte(`CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER NOT NULL) STRICT; CREATE TABLE u (k TEXT REFERENCES t(k)) STRICT;`)}}

func open(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a b%c.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context(), "test", tables); err != nil {
		t.Fatal(err)
	}
	return db
}

func put(k string, v int) func(*sqlite.Tx) error {
	return func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO t VALUES (?, ?)`, k, v)
		return err
	}
}

func count(t *testing.T, db *sqlite.DB) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *sqlite.Tx) error { return tx.QueryRow(`SELECT count(*) FROM t`).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWrite_OneFailureSparesItsGroup(t *testing.T) {
	db := open(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
				if err := put(fmt.Sprint(i), i)(tx); err != nil {
					return err
				}
				switch i % 8 {
				case 0:
					return errors.New("no")
				case 1:
					panic("no")
				case 2:
					return put(fmt.Sprint(i), i)(tx) // breaks the primary key
				}
				return nil
			})
			if bad := i%8 < 3; bad != (err != nil) {
				t.Errorf("job %d: %v", i, err)
			}
			if i%8 == 2 && preau.KindOf(err) != preau.Conflict {
				t.Errorf("job %d: kind %v, want conflict", i, preau.KindOf(err))
			}
		})
	}
	wg.Wait()
	if n := count(t, db); n != 40 {
		t.Fatalf("%d rows, want 40", n)
	}
}

func TestWrite_CancelledBeforeItStartsChangesNothing(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Write(ctx, put("a", 1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want cancelled", err)
	}
	if n := count(t, db); n != 0 {
		t.Fatalf("%d rows after a cancelled write", n)
	}
}

func TestPragmas_HoldOnEveryConnection(t *testing.T) {
	db := open(t)
	if err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		var fk, sync int
		if err := tx.QueryRow(`SELECT (SELECT foreign_keys FROM pragma_foreign_keys), (SELECT synchronous FROM pragma_synchronous)`).Scan(&fk, &sync); err != nil {
			return err
		}
		if fk != 1 || sync != 2 {
			t.Errorf("writer: foreign_keys %d synchronous %d, want 1 and 2 (FULL)", fk, sync)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(tx *sqlite.Tx) error { _, err := tx.Exec(`INSERT INTO u VALUES ('nobody')`); return err }); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("dangling reference: %v, want a conflict", err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := db.Read(t.Context(), func(tx *sqlite.Tx) error { _, err := tx.Exec(`INSERT INTO t VALUES ('r', 1)`); return err })
			if err == nil {
				t.Error("a reader wrote")
			}
		})
	}
	wg.Wait()
}

func TestMigrate_RefusesAChangedFile(t *testing.T) {
	db := open(t)
	if err := db.Migrate(t.Context(), "test", tables); err != nil {
		t.Fatalf("again: %v", err)
	}
	changed := fstest.MapFS{"01-t.sql": {Data: []byte(`CREATE TABLE t2 (k TEXT) STRICT`)}}
	if err := db.Migrate(t.Context(), "test", changed); preau.KindOf(err) != preau.Corrupt {
		t.Fatalf("changed migration: %v, want corrupt", err)
	}
	broken := fstest.MapFS{"01-x.sql": {Data: []byte(`CREATE TABLE ok (k TEXT) STRICT; CREATE TABLE nonsense (`)}}
	if err := db.Migrate(t.Context(), "broken", broken); err == nil {
		t.Fatal("a broken migration passed")
	}
	if err := db.Migrate(t.Context(), "broken", fstest.MapFS{"01-x.sql": {Data: []byte(`CREATE TABLE ok (k TEXT) STRICT`)}}); err != nil {
		t.Fatalf("half a migration stayed behind: %v", err)
	}
}

func TestOpen_RefusesForeignAndDamagedFiles(t *testing.T) {
	for name, content := range map[string][]byte{"not a database": []byte("Bonjour, je suis un fichier texte assez long pour être lu par SQLite comme un en-tête de base, mais non.")} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sqlite.Open(t.Context(), path, preau.SystemClock())
		if preau.KindOf(err) != preau.Corrupt || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v (%s), want corrupt with a remedy", name, err, preau.RemedyOf(err))
		}
		if after, _ := os.ReadFile(path); string(after) != string(content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestClose_LaterWritesAreToldSo(t *testing.T) {
	db := open(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), put("a", 1)); preau.KindOf(err) != preau.Unavailable {
		t.Fatalf("got %v, want unavailable", err)
	}
}
