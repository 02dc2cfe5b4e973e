package journal_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// old is a journal with n packed, receipted statements of a year that is over
// and one young one of today.
func old(t *testing.T, n int) (*sqlite.DB, *journal.Journal, *fixedClock, []*preau.Statement) {
	t.Helper()
	clock := &fixedClock{t: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "preau.db")
	db, j := open(t, path, clock)
	all := fill(t, db, j, preau.StreamLearning, n)
	if err := db.Write(t.Context(), func(tx *sqlite.Tx) error { return j.Ack(tx, preau.StreamLearning, j.Epoch(), uint64(n)) }); err != nil {
		t.Fatal(err)
	}
	db.Close()
	clock.set(time.Date(2028, 1, 10, 8, 0, 0, 0, time.UTC))
	db, j = open(t, path, clock)
	t.Cleanup(func() { db.Close() })
	if _, err := j.Pack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Record(t.Context(), fact("today")); err != nil {
		t.Fatal(err)
	}
	return db, j, clock, all
}

func TestPurge_TakesBlocksIDsAndProjections(t *testing.T) {
	t.Parallel()
	const n = 5100 // enough for a sweep
	db, j, _, all := old(t, n)
	told, last := 0, int64(0)
	j.OnPrune(func(_ *sqlite.Tx, stream preau.Stream, keys []int64) error {
		if stream != preau.StreamLearning || keys[0] <= last {
			t.Errorf("told of %d keys of %s from %d, after %d", len(keys), stream, keys[0], last)
		}
		told, last = told+len(keys), keys[len(keys)-1]
		return nil
	})
	gone, err := j.Purge(t.Context())
	if err != nil || gone[preau.StreamLearning] != n || told != n {
		t.Fatalf("purged %v, told of %d, %v; want %d", gone, told, err, n)
	}
	for _, table := range []string{"journal_block", "journal_id"} {
		if left := count(t, db, `SELECT count(*) FROM `+table); left != 0 {
			t.Errorf("%d rows are left in %s", left, table)
		}
	}
	if _, err := j.ByID(t.Context(), all[5].ID); preau.KindOf(err) != preau.NotFound {
		t.Errorf("a purged statement: %v, want not found", err)
	}
	heads, err := j.Heads(t.Context())
	if err != nil || len(heads) != 2 || heads[0].Last != n || heads[1].Last != 1 {
		t.Errorf("heads %+v, %v: the numbers of what went must stay", heads, err)
	}
	if gone, err := j.Purge(t.Context()); err != nil || gone[preau.StreamLearning] != 0 {
		t.Errorf("a second purge takes %v, %v", gone, err)
	}
}

// TestPurge_StopsWhereAProjectionFails and goes on there: what was not told
// is still there, what was told is gone.
func TestPurge_StopsWhereAProjectionFails(t *testing.T) {
	t.Parallel()
	db, j, _, all := old(t, 2000)
	fail, told := errors.New("no"), 0
	calls := 0
	j.OnPrune(func(_ *sqlite.Tx, _ preau.Stream, keys []int64) error {
		if calls++; calls == 2 {
			return fail
		}
		told += len(keys)
		return nil
	})
	gone, err := j.Purge(t.Context())
	if !errors.Is(err, fail) || gone[preau.StreamLearning] != int64(told) {
		t.Fatalf("purged %v, %v; the projection was told of %d", gone, err, told)
	}
	if left := count(t, db, `SELECT sum(last - first + 1) FROM journal_block`); left != 2000-told {
		t.Fatalf("%d statements are left, want %d", left, 2000-told)
	}
	if _, err := j.ByID(t.Context(), all[told].ID); err != nil {
		t.Errorf("the first that stays: %v", err)
	}
	// The ids of what went are not swept yet, and yet free.
	again := *all[0]
	if err := j.Record(t.Context(), &again); err != nil || again.Seq != 2 {
		t.Errorf("stored after the purge: seq %d, %v", again.Seq, err)
	}
	if gone, err = j.Purge(t.Context()); err != nil || told != 2000 {
		t.Errorf("then purged %v, %v; the projection was told of %d in all", gone, err, told)
	}
	if st, err := j.ByID(t.Context(), all[0].ID); err != nil || st.Seq != 2 {
		t.Errorf("the statement stored anew: %+v, %v", st, err)
	}
}

// TestPurge_LetsALessonGoOn has a teacher's writes acknowledged in between.
func TestPurge_LetsALessonGoOn(t *testing.T) {
	t.Parallel()
	_, j, _, _ := old(t, 2500)
	stop, begun := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	during := -1 // the first is before
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := j.Record(t.Context(), fact("lesson")); err != nil {
				t.Error(err)
				return
			}
			if during++; during == 0 {
				close(begun)
			}
		}
	})
	<-begun
	calls := 0
	j.OnPrune(func(*sqlite.Tx, preau.Stream, []int64) error { calls++; return nil })
	gone, err := j.Purge(t.Context())
	close(stop)
	wg.Wait()
	if err != nil || gone[preau.StreamLearning] != 2500 {
		t.Fatalf("purged %v, %v", gone, err)
	}
	if calls < 3 || during < 3 {
		t.Errorf("%d transactions of the purge, %d writes meanwhile: one held the other up", calls, during)
	}
}
