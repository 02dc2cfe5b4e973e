package journal_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
)

func TestRaw_IsKeptExactlyAndCompared(t *testing.T) {
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	st := fact("a")
	st.Raw = json.RawMessage("{ \"actor\" :\t{\"name\":\"Zoé\\u0301\"}, \"n\":1e0}")
	if err := j.Record(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	got, err := j.ByID(t.Context(), st.ID)
	if err != nil || string(got.Raw) != string(st.Raw) {
		t.Fatalf("raw %s, %v; want %s", got.Raw, err, st.Raw)
	}
	again := *st
	again.Raw = json.RawMessage(`{"actor":{"name":"other"}}`)
	if err := j.Record(t.Context(), &again); preau.KindOf(err) != preau.Conflict {
		t.Errorf("same id, other raw: %v, want a conflict", err)
	}
	for name, raw := range map[string]string{"array": `[1]`, "broken": `{`, "too large": `{"a":"` + strings.Repeat("x", 1<<20) + `"}`} {
		st := fact("b")
		st.Raw = json.RawMessage(raw)
		if j.Record(t.Context(), st) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestKeys_AscendAcrossEpochsAndFindTheirStatements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "preau.db")
	var keys []int64
	var want []string
	for _, object := range []string{"a", "b", "c"} {
		db, j := open(t, path, preau.SystemClock())
		for _, suffix := range []string{"1", "2"} {
			st := fact(object + suffix)
			err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
				if err := j.Append(tx, st); err != nil {
					return err
				}
				got, err := j.ByKeys(tx, []int64{j.Key(st)})
				if err != nil || got[0].ID != st.ID {
					t.Errorf("inside its transaction: %v, %v", got, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			keys, want = append(keys, j.Key(st)), append(want, st.Object)
		}
		db.Close()
	}
	for i := range keys[1:] {
		if keys[i+1] <= keys[i] {
			t.Fatalf("keys do not ascend: %v", keys)
		}
	}
	db, j := open(t, path, preau.SystemClock())
	defer db.Close()
	err := db.Read(t.Context(), func(tx *sqlite.Tx) error {
		sts, err := j.ByKeys(tx, []int64{keys[5], keys[0], keys[3]})
		if err != nil {
			return err
		}
		if got := sts[0].Object + sts[1].Object + sts[2].Object; got != want[5]+want[0]+want[3] {
			t.Errorf("read %s in that order", got)
		}
		if _, err := j.ByKeys(tx, []int64{keys[0], keys[5] + 1}); preau.KindOf(err) != preau.NotFound {
			t.Errorf("a key of nothing: %v, want not found", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHooks_ShareTheFateOfTheStatement(t *testing.T) {
	clock := &fixedClock{t: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), clock)
	defer db.Close()
	ctx := t.Context()
	err := db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`CREATE TABLE shadow (key INTEGER PRIMARY KEY)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refuse := errors.New("refused")
	j.OnAppend(func(tx *sqlite.Tx, st *preau.Statement, key int64) error {
		if st.Object == "bad" {
			return refuse
		}
		_, err := tx.Exec(`INSERT INTO shadow VALUES (?)`, key)
		return err
	})
	j.OnPrune(func(tx *sqlite.Tx, stream preau.Stream, keys []int64) error {
		for _, key := range keys {
			if _, err := tx.Exec(`DELETE FROM shadow WHERE key = ?`, key); err != nil {
				return err
			}
		}
		return nil
	})
	good := fact("good")
	again := *good
	for _, st := range []*preau.Statement{good, &again} {
		if err := j.Record(ctx, st); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Record(ctx, fact("bad")); !errors.Is(err, refuse) {
		t.Fatalf("got %v, want the projection's refusal", err)
	}
	shadows := func() (n int) {
		t.Helper()
		err := db.Read(ctx, func(tx *sqlite.Tx) error { return tx.QueryRow(`SELECT count(*) FROM shadow`).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if heads, err := j.Heads(ctx); err != nil || heads[0].Last != 1 || shadows() != 1 {
		t.Fatalf("heads %v, %v, %d shadows; want one of each", heads, err, shadows())
	}
	if err := db.Write(ctx, func(tx *sqlite.Tx) error { return j.Ack(tx, preau.StreamLearning, j.Epoch(), 1) }); err != nil {
		t.Fatal(err)
	}
	clock.set(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC))
	if n, err := j.Prune(ctx); err != nil || n != 1 || shadows() != 0 {
		t.Fatalf("pruned %d, %v, %d shadows left", n, err, shadows())
	}
}
