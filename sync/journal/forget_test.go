package journal_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// classroom is a journal in which p1 and p2 worked, and a teacher t1 took the
// roll: packed, receipted up to acked.
func classroom(t *testing.T, n int, acked uint64) (*sqlite.DB, *journal.Journal, []*preau.Statement) {
	t.Helper()
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	t.Cleanup(func() { db.Close() })
	var all []*preau.Statement
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for i := range n {
			st := fact(fmt.Sprint("https://item.example/", i))
			st.Actor = []string{"p1", "p2"}[i%2]
			st.Raw = json.RawMessage(fmt.Sprintf(`{"actor":{"account":{"homePage":"https://ecole.example","name":%q}},"result":{"response":"my secret"}}`, st.Actor))
			if i%4 == 1 { // p2 was with p1
				st.Context = json.RawMessage(`{"team":["p1","p2"]}`)
			}
			if err := j.Append(tx, st); err != nil {
				return err
			}
			all = append(all, st)
		}
		for _, about := range []string{"p1", "p2"} {
			st := fact(about)
			st.Stream, st.Actor, st.ObjectKind, st.Verb = preau.StreamAttendance, "t1", "pupil", journal.VerbAbsent
			if err := j.Append(tx, st); err != nil {
				return err
			}
			all = append(all, st)
		}
		if err := j.Ack(tx, preau.StreamAttendance, j.Epoch(), 2); err != nil {
			return err
		}
		return j.Ack(tx, preau.StreamLearning, j.Epoch(), acked)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Pack(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, j, all
}

// told is everything that the journal still says, as one text, and how many
// statements there are.
func told(t *testing.T, db *sqlite.DB) (text string, n int) {
	t.Helper()
	var b strings.Builder
	err := db.Read(t.Context(), func(tx *sqlite.Tx) error {
		return journal.Each(tx, func(st *preau.Statement) error {
			n++
			fmt.Fprintf(&b, "%s %s %s %s %s %s\n", st.Actor, st.Verb, st.Object, st.Result, st.Context, st.Raw)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), n
}

func TestForget_NothingOfThePersonIsLeft(t *testing.T) {
	t.Parallel()
	const n = 1000
	db, j, all := classroom(t, n, n)
	if st, err := j.ByID(t.Context(), all[0].ID); err != nil || st.Actor != "p1" { // and its block is in the cache
		t.Fatal(st, err)
	}
	done, err := j.Forget(t.Context(), "p1")
	if want := (journal.Forgotten{Emptied: n/2 + 1, Redacted: n / 4}); err != nil || done != want {
		t.Fatalf("%+v, %v; want %+v", done, err, want)
	}
	text, left := told(t, db)
	if strings.Contains(text, "p1") || left != n+2 {
		t.Errorf("%d statements are left, want %d; the person is named: %v", left, n+2, strings.Contains(text, "p1"))
	}
	if got := strings.Count(text, "my secret"); got != n/2 {
		t.Errorf("%d answers are left, want the %d of the other", got, n/2)
	}
	if _, err := j.ByID(t.Context(), all[0].ID); preau.KindOf(err) != preau.NotFound {
		t.Errorf("a forgotten statement: %v, want not found", err)
	}
	st, err := j.ByID(t.Context(), all[1].ID)
	if err != nil || string(st.Context) != `{"team":["forgotten","p2"]}` || string(st.Raw) != string(all[1].Raw) {
		t.Errorf("the other's statement: %+v, %v", st, err)
	}
	sts, err := j.Range(t.Context(), preau.StreamLearning, j.Epoch(), 1, n)
	if err != nil || len(sts) != n || sts[n-1].Seq != n {
		t.Errorf("numbers are not dense any more: %d, %v", len(sts), err)
	}
	if done, err := j.Forget(t.Context(), "p1"); err != nil || done != (journal.Forgotten{}) {
		t.Errorf("a second time: %+v, %v", done, err)
	}
	again := *all[0]
	again.Seq, again.Epoch = 0, 0
	if err := j.Record(t.Context(), &again); preau.KindOf(err) != preau.Conflict {
		t.Errorf("the statement comes again: %v, want conflict", err)
	}
}

// TestForget_WhoTookARollGoesTheRollStays: absences are the pupils'.
func TestForget_WhoTookARollGoesTheRollStays(t *testing.T) {
	t.Parallel()
	db, j, all := classroom(t, 10, 10)
	if done, err := j.Forget(t.Context(), "t1"); err != nil || done != (journal.Forgotten{Redacted: 2}) {
		t.Fatalf("%+v, %v", done, err)
	}
	st, err := j.ByID(t.Context(), all[10].ID)
	if err != nil || st.Actor != "" || st.Object != "p1" || st.Verb != journal.VerbAbsent {
		t.Errorf("%+v, %v", st, err)
	}
	if text, _ := told(t, db); strings.Contains(text, "t1") {
		t.Error("the teacher is named still")
	}
}

// TestForget_WaitsForReceipts: what has not left yet must, and goes then.
func TestForget_WaitsForReceipts(t *testing.T) {
	t.Parallel()
	const n = 600
	db, j, _ := classroom(t, n, 100)
	done, err := j.Forget(t.Context(), "p1")
	if err != nil || done.Waiting == 0 || done.Emptied == 0 || done.Emptied+done.Redacted+done.Waiting != n/2+n/4+1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if done, err := j.Forget(t.Context(), "p2"); err != nil || done.Waiting == 0 {
		t.Fatalf("the other: %+v, %v", done, err)
	}
	if left := count(t, db, `SELECT count(*) FROM journal_forget`); left != 2 {
		t.Errorf("%d people are to be forgotten, want 2", left)
	}
	err = db.Write(t.Context(), func(tx *sqlite.Tx) error { return j.Ack(tx, preau.StreamLearning, j.Epoch(), n) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, _ := told(t, db); strings.Contains(text, "p1") || strings.Contains(text, "p2") {
		t.Error("a person is named still")
	}
	if left := count(t, db, `SELECT count(*) FROM journal_forget`); left != 0 {
		t.Errorf("%d people are still to be forgotten", left)
	}
}

func TestForget_ItsVerbIsNobodysToSay(t *testing.T) {
	t.Parallel()
	_, j, _ := classroom(t, 2, 2)
	st := fact("x")
	st.Verb = journal.VerbForgotten
	if err := j.Record(t.Context(), st); preau.KindOf(err) != preau.Invalid {
		t.Errorf("%v, want invalid", err)
	}
	if _, err := j.Forget(t.Context(), ""); preau.KindOf(err) != preau.Invalid {
		t.Errorf("nobody: %v, want invalid", err)
	}
}
