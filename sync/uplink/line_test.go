package uplink

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/bucket/buckettest"
	"preau/sync/bucket/s3test"
	"preau/sync/lake"
	"preau/sync/segment/segmenttest"
)

// TestBadLine delivers to a real S3 server through a line that cuts, loses
// answers, says slow down and shows a sign-in page.
func TestBadLine(t *testing.T) {
	srv := s3test.Start(t)
	proxy := buckettest.NewProxy(t, srv.URL)
	r := newRig(t)
	defer r.db.Close()
	b, err := bucket.OpenS3(proxy.URL, srv.Cred, nil)
	r.ok(err)
	r.u.cfg.Bucket = b
	// The sign-in page first, alone: it has its own sentence.
	proxy.Always(buckettest.Portal)
	r.record(preau.StreamAttendance, 3)
	if err := r.u.Flush(t.Context()); err == nil {
		t.Fatal("delivered to a sign-in page")
	}
	if s := r.status(); s.Problem == nil || s.Problem.Kind != "portal" || !strings.Contains(s.Sentence("fr", time.UTC), "navigateur") {
		t.Fatalf("it does not say so: %+v", s.Problem)
	}
	for _, seen := range proxy.Seen() {
		if !strings.HasSuffix(seen, "/identity.json") {
			t.Errorf("went on past the sign-in page: %s", seen)
		}
	}
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(7, 7))
	faults := map[buckettest.Fault]int{}
	proxy.Plan(func(*http.Request) buckettest.Fault {
		mu.Lock()
		defer mu.Unlock()
		fault := buckettest.None
		if i := dice.IntN(12); i < 6 {
			fault = []buckettest.Fault{buckettest.Down, buckettest.SlowDown, buckettest.LostAck, buckettest.Truncated, buckettest.Portal, buckettest.Skewed}[i]
		}
		faults[fault]++
		return fault
	})
	recorded, failures := uint64(3), 0
	for range 5 {
		r.record(preau.StreamAttendance, 4)
		r.record(preau.StreamLearning, 6)
		recorded += 10
		for try := 0; ; try++ {
			err := r.u.Flush(t.Context())
			if err == nil {
				break
			}
			failures++
			if preau.KindOf(err) != preau.Unavailable || try > 500 {
				t.Fatalf("after %d tries: %v", try, err)
			}
		}
	}
	l := lake.New(srv.Bucket(t), r.ca.Roots)
	sum, err := l.Verify(t.Context(), func(f lake.Finding) { t.Error(f) })
	if err != nil || sum.Statements != recorded {
		t.Fatalf("%d statements upstream, %d recorded, %v", sum.Statements, recorded, err)
	}
	if failures == 0 || len(faults) != 7 {
		t.Fatalf("the line was too good: %d failures of %v", failures, faults)
	}
	box := segmenttest.Box()
	_, err = lake.NewCollector(srv.Bucket(t), r.ca.Roots, box.Authority, r.ca.Receipts(box.Authority), preau.SystemClock(), quiet()).Collect(t.Context())
	r.ok(err)
	proxy.Always(buckettest.None)
	r.ok(r.u.Flush(t.Context()))
	if s := r.status(); s.Waiting != 0 || s.Problem != nil {
		t.Fatalf("%+v", s)
	}
	t.Logf("%d statements, %d failed rounds, %d requests", recorded, failures, len(proxy.Seen()))
}
