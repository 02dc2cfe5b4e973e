package record_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
)

// TestConsistentThrough_IsNeverWrong: what is stored before the moment told
// is there when it is told; nothing of that time appears afterwards.
func TestConsistentThrough_IsNeverWrong(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := open(t, t.TempDir())
	var wait sync.WaitGroup
	for w := range 3 {
		wait.Go(func() {
			for n := 0; ctx.Err() == nil && n < 400; n++ {
				st := parse(t, about(w*1000+n+1, "lea", "x", ""))
				if _, err := b.Put(context.Background(), app, xapi.V103, []*xapi.Statement{st}, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	type promise struct {
		until time.Time
		found int
	}
	count := func(until time.Time) int {
		return len(b.query(t, record.Query{Until: until.Add(-time.Millisecond)}))
	}
	var promises []promise
	for enough := 0; enough < 20 && len(promises) < 5000; {
		through := b.ConsistentThrough()
		promises = append(promises, promise{through, count(through)})
		if promises[len(promises)-1].found > 10 {
			enough++
		}
	}
	cancel()
	wait.Wait()
	for _, p := range promises {
		if now := count(p.until); now != p.found {
			t.Errorf("%d statements stored before %v were found when it was told, %d are there", p.found, p.until, now)
		}
	}
	if last := promises[len(promises)-1]; last.found == 0 {
		t.Error("nothing was promised: the test shows nothing")
	}
}

// TestMore_OutlivesARestart: the specification wants a day.
func TestMore_OutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	for n := 1; n <= 3; n++ {
		b.put(t, about(n, "lea", "x", ""))
	}
	page, err := b.Query(context.Background(), record.Query{Limit: 1, Agent: mail("lea"), Format: record.FormatIDs})
	if err != nil || page.More == "" {
		t.Fatal(err, page.More)
	}
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	b.put(t, about(4, "lea", "x", ""))
	q, err := b.Continue(page.More)
	if err != nil || q.Format != record.FormatIDs || q.Agent == nil {
		t.Fatal(fmt.Sprintf("%+v", q), err)
	}
	expect(t, "the next page", b.query(t, q), 2)
}
