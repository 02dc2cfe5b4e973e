package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// fixedClock is a clock that a test moves by hand.
type fixedClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *fixedClock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *fixedClock) State() preau.ClockState { return preau.ClockHeld }
func (c *fixedClock) set(t time.Time)         { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }

func open(t testing.TB, path string, clock preau.Clock) (*sqlite.DB, *journal.Journal) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, clock)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), db, clock)
	if err != nil {
		t.Fatal(err)
	}
	return db, j
}

func fact(object string) *preau.Statement {
	return &preau.Statement{ID: preau.NewID(), Stream: preau.StreamLearning, Actor: "p1", Verb: journal.VerbLaunched,
		Object: object, ObjectKind: "video", Timestamp: time.Now()}
}

func TestAppend_NumbersAreDenseAcrossRollbacks(t *testing.T) {
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 20 {
				err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
					if err := j.Append(tx, fact(fmt.Sprint(w, i))); err != nil {
						return err
					}
					if i%3 == 0 {
						return errors.New("the projection failed")
					}
					return nil
				})
				if (err != nil) != (i%3 == 0) {
					t.Errorf("write %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	sts, err := j.Range(t.Context(), preau.StreamLearning, j.Epoch(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if want := 16 * 13; len(sts) != want {
		t.Fatalf("stored %d statements, want %d", len(sts), want)
	}
	for i, st := range sts {
		if st.Seq != uint64(i+1) {
			t.Fatalf("statement %d has seq %d: a hole", i, st.Seq)
		}
		if i > 0 && st.HLC <= sts[i-1].HLC {
			t.Fatalf("hlc does not grow at seq %d", st.Seq)
		}
	}
}

func TestAppend_SameStatementTwiceIsStoredOnce(t *testing.T) {
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	st := fact("a")
	st.Result = json.RawMessage(`{"score":1}`)
	again := *st
	if err := j.Record(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	if err := j.Record(t.Context(), &again); err != nil || again.Seq != st.Seq {
		t.Fatalf("replay: seq %d, %v; want seq %d, nil", again.Seq, err, st.Seq)
	}
	other := *st
	other.Object = "b"
	if err := j.Record(t.Context(), &other); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("same id, other content: got %v, want a conflict", err)
	}
	heads, err := j.Heads(t.Context())
	if err != nil || len(heads) != 1 || heads[0].Last != 1 {
		t.Fatalf("heads %+v, %v; want one at 1", heads, err)
	}
}

func TestAppend_RefusesWhatIsNotAStatement(t *testing.T) {
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	for name, spoil := range map[string]func(*preau.Statement){
		"unknown stream":  func(st *preau.Statement) { st.Stream = "gossip" },
		"no verb":         func(st *preau.Statement) { st.Verb = "" },
		"result not JSON": func(st *preau.Statement) { st.Result = json.RawMessage(`{`) },
		"result an array": func(st *preau.Statement) { st.Result = json.RawMessage(`[1]`) },
		"context too long": func(st *preau.Statement) {
			st.Context = json.RawMessage(`{"a":"` + string(make([]byte, 70<<10)) + `"}`)
		},
	} {
		st := fact("x")
		spoil(st)
		if err := j.Record(t.Context(), st); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOpen_EveryStartIsANewEpochThatNamesTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "preau.db")
	db, j := open(t, path, preau.SystemClock())
	first := j.Epoch()
	if err := j.Record(t.Context(), fact("a"), fact("b")); err != nil {
		t.Fatal(err)
	}
	db.Close()
	db, j = open(t, path, preau.SystemClock())
	defer db.Close()
	epochs, err := j.Epochs(t.Context())
	if err != nil || len(epochs) != 2 {
		t.Fatalf("epochs %+v, %v; want two", epochs, err)
	}
	if e := epochs[1]; e.ID == first || e.Previous != first || e.PrevHeads[preau.StreamLearning] != 2 {
		t.Fatalf("second epoch %+v does not name the first (%d) at 2", e, first)
	}
}

func TestPrune_OnlyReceiptedAndPastRetention(t *testing.T) {
	clock := &fixedClock{t: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), clock)
	defer db.Close()
	ctx := t.Context()
	if err := j.Record(ctx, fact("a"), fact("b"), fact("c")); err != nil {
		t.Fatal(err)
	}
	// A direct delete of what nobody signed for must fail: the trigger fires.
	err := db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM journal`)
		return err
	})
	if err == nil {
		t.Fatal("an unreceipted row was deleted")
	}
	ack := func(seq uint64) {
		t.Helper()
		if err := db.Write(ctx, func(tx *sqlite.Tx) error { return j.Ack(tx, preau.StreamLearning, j.Epoch(), seq) }); err != nil {
			t.Fatal(err)
		}
	}
	prune := func(want int64) {
		t.Helper()
		if n, err := j.Prune(ctx); err != nil || n != want {
			t.Fatalf("pruned %d, %v; want %d", n, err, want)
		}
	}
	ack(2)
	prune(0) // receipted, but the school year goes on
	clock.set(time.Date(2027, 11, 30, 23, 0, 0, 0, time.UTC))
	prune(0) // 31 August + 3 months is not over
	clock.set(time.Date(2027, 12, 1, 1, 0, 0, 0, time.UTC))
	prune(2) // the third has no receipt
	ack(99)
	prune(1)
}

func TestUpdate_IsRefused(t *testing.T) {
	db, j := open(t, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	defer db.Close()
	if err := j.Record(t.Context(), fact("a")); err != nil {
		t.Fatal(err)
	}
	err := db.Write(context.Background(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`UPDATE journal SET data = x'00'`)
		return err
	})
	if err == nil {
		t.Fatal("the journal let itself be edited")
	}
}
