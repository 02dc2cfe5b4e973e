package boxtest

import (
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // to read a box's file from outside

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/journal"
)

// journalIDs reads, from outside, the ids of all statements in a box's
// database, by stream. The box may be running.
func journalIDs(t testing.TB, w *World) map[preau.Stream]map[preau.ID]bool {
	t.Helper()
	return readJournal(t, filepath.Join(w.Dir, "box"))
}

func readJournal(t testing.TB, data string) map[preau.Stream]map[preau.ID]bool {
	t.Helper()
	found := map[preau.Stream]map[preau.ID]bool{}
	eachStatement(t, data, func(st *preau.Statement) {
		if found[st.Stream] == nil {
			found[st.Stream] = map[preau.ID]bool{}
		}
		found[st.Stream][st.ID] = true
	})
	return found
}

// eachStatement reads a box's journal from outside. The box may be running.
func eachStatement(t testing.TB, data string, f func(st *preau.Statement)) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Read(t.Context(), func(tx *sqlite.Tx) error {
		return journal.Each(tx, func(st *preau.Statement) error {
			f(st)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readStore reads the keys of a demo's store.
func readStore(t testing.TB, dir string) bucket.Credentials {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "store.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		AccessKey string `json:"access_key"`
		SecretKey string `json:"secret_key"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return bucket.Credentials{AccessKey: file.AccessKey, SecretKey: file.SecretKey}
}

// query reads a box's database from outside, row by row.
func query(t testing.TB, data, text string, row func(scan func(...any) error)) {
	t.Helper()
	u := url.URL{Scheme: "file", Opaque: filepath.Join(data, "preau.db"), RawQuery: "mode=ro&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row(rows.Scan)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
