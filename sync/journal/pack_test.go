package journal_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// fill records n statements with everything set, in groups.
func fill(t testing.TB, db *sqlite.DB, j *journal.Journal, stream preau.Stream, n int) (sts []*preau.Statement) {
	t.Helper()
	for len(sts) < n {
		err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
			for range min(100, n-len(sts)) {
				st := fact(fmt.Sprint("object-", len(sts)))
				st.Stream, st.Timestamp = stream, st.Timestamp.Truncate(time.Millisecond).UTC()
				st.Raw = json.RawMessage(fmt.Sprintf(`{"id":%q,"n" : %d}`, st.ID, len(sts)))
				st.Result = json.RawMessage(`{"success":true}`)
				if err := j.Append(tx, st); err != nil {
					return err
				}
				st.Stored = st.Stored.Truncate(time.Millisecond).UTC()
				sts = append(sts, st)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sts
}

func count(t testing.TB, db *sqlite.DB, query string) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *sqlite.Tx) error { return tx.QueryRow(query).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPack_NothingChangesForReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "preau.db")
	db, j := open(t, path, preau.SystemClock())
	all := fill(t, db, j, preau.StreamLearning, 1000)
	if moved, err := j.Pack(t.Context()); err != nil || moved != 736 {
		t.Fatalf("packed %d, %v; want 736: whole blocks, the newest 256 stay young", moved, err)
	}
	if young := count(t, db, `SELECT count(*) FROM journal`); young != 264 {
		t.Fatalf("%d rows are left, want 264", young)
	}
	read := func() {
		t.Helper()
		got, err := j.Range(t.Context(), preau.StreamLearning, all[0].Epoch, 1, 2000)
		if err != nil || !reflect.DeepEqual(got, all) {
			t.Fatalf("range: %d statements, %v; want all %d as they were", len(got), err, len(all))
		}
		for _, at := range [][2]int{{32, 1}, {33, 3}, {730, 10}, {736, 1}, {737, 400}, {1000, 5}, {1001, 5}} {
			got, err := j.Range(t.Context(), preau.StreamLearning, all[0].Epoch, uint64(at[0]), at[1])
			want := all[min(at[0]-1, 1000):min(at[0]-1+at[1], 1000)]
			if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("range from %d: %d statements, %v; want %d", at[0], len(got), err, len(want))
			}
		}
		for _, i := range []int{0, 31, 32, 735, 736, 999} {
			if st, err := j.ByID(t.Context(), all[i].ID); err != nil || !reflect.DeepEqual(st, all[i]) {
				t.Fatalf("by id %d: %+v, %v", i, st, err)
			}
		}
		n := 0
		err = db.Read(t.Context(), func(tx *sqlite.Tx) error {
			return journal.Each(tx, func(st *preau.Statement) error {
				if n++; !reflect.DeepEqual(st, all[n-1]) {
					t.Fatalf("each: statement %d differs", n)
				}
				return nil
			})
		})
		if err != nil || n != len(all) {
			t.Fatalf("each gave %d, %v", n, err)
		}
	}
	read()
	// Sent again: the same is known, packed or not; other content is refused.
	again := *all[10]
	if err := j.Record(t.Context(), &again); err != nil || again.Seq != 11 {
		t.Fatalf("replay of a packed statement: seq %d, %v; want 11", again.Seq, err)
	}
	other := *all[10]
	other.Raw = json.RawMessage(`{}`)
	if err := j.Record(t.Context(), &other); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("a packed id with other content: %v, want a conflict", err)
	}
	if heads, err := j.Heads(t.Context()); err != nil || heads[0].Last != 1000 {
		t.Fatalf("heads %+v, %v", heads, err)
	}
	db.Close()
	db, j = open(t, path, preau.SystemClock())
	defer db.Close()
	if moved, err := j.Pack(t.Context()); err != nil || moved != 264 {
		t.Fatalf("packed %d of a past epoch, %v; want all 264", moved, err)
	}
	read()
	if epochs, err := j.Epochs(t.Context()); err != nil || epochs[1].PrevHeads[preau.StreamLearning] != 1000 {
		t.Fatalf("epochs %+v, %v", epochs, err)
	}
}

func TestPack_TriggersGuardBlocksAndIDs(t *testing.T) {
	t.Parallel()
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	all := fill(t, db, j, preau.StreamLearning, 400)
	if _, err := j.Pack(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`DELETE FROM journal`, `DELETE FROM journal_block`,
		`UPDATE journal SET id = x'00'`, `UPDATE journal_block SET data = x'00'`, `UPDATE journal_id SET key = 1`,
	} {
		err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
			_, err := tx.Exec(text)
			return err
		})
		if err == nil {
			t.Errorf("%s: went through", text)
		}
	}
	// An id in a block keeps a row of that id out, whoever inserts it.
	before := count(t, db, `SELECT count(*) FROM journal`)
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO journal (key, id, data) VALUES (1, ?, x'00')`, all[0].ID[:])
		return err
	})
	if after := count(t, db, `SELECT count(*) FROM journal`); err != nil || after != before {
		t.Errorf("an id is there twice: %v, %d rows instead of %d", err, after, before)
	}
}

// TestPack_BlocksEndWithTheSchoolYear keeps a purge from waiting for the
// neighbours that came after the holidays.
func TestPack_BlocksEndWithTheSchoolYear(t *testing.T) {
	t.Parallel()
	clock := &fixedClock{t: time.Date(2027, 7, 2, 8, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "preau.db")
	db, j := open(t, path, clock)
	defer func() { db.Close() }()
	old := fill(t, db, j, preau.StreamAttendance, 100)
	clock.set(time.Date(2027, 9, 3, 8, 0, 0, 0, time.UTC))
	fill(t, db, j, preau.StreamAttendance, 100)
	if err := db.Write(t.Context(), func(tx *sqlite.Tx) error { return j.Ack(tx, preau.StreamAttendance, j.Epoch(), 200) }); err != nil {
		t.Fatal(err)
	}
	db.Close()
	db, j = open(t, path, clock)
	if moved, err := j.Pack(t.Context()); err != nil || moved != 200 {
		t.Fatalf("packed %d, %v", moved, err)
	}
	gone, err := j.Purge(t.Context())
	if err != nil || gone[preau.StreamAttendance] != 100 {
		t.Fatalf("purged %v, %v; want the 100 of last year", gone, err)
	}
	if _, err := j.ByID(t.Context(), old[99].ID); preau.KindOf(err) != preau.NotFound {
		t.Errorf("a purged statement: %v, want not found", err)
	}
	// Its id is free again, though not swept.
	again := *old[99]
	if err := j.Record(t.Context(), &again); err != nil || again.Seq != 1 {
		t.Errorf("stored after the purge: seq %d, %v; want 1 of this epoch", again.Seq, err)
	}
}
