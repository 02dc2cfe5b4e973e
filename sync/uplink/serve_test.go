package uplink

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/bucket/buckettest"
	"preau/sync/journal"
	"preau/sync/lake"
	"preau/sync/segment/segmenttest"
)

// rig is one box that lives once, its store and its authority.
type rig struct {
	t     *testing.T
	ca    *segmenttest.Authority
	store *bucket.Memory
	line  *buckettest.Faulty
	db    *sqlite.DB
	j     *journal.Journal
	u     *Uplink
	spool string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := fastDir(t)
	r := &rig{t: t, ca: segmenttest.New(t), store: bucket.NewMemory(), spool: filepath.Join(dir, "spool")}
	r.line = buckettest.NewFaulty(r.store, 1)
	var err error
	r.db, err = sqlite.Open(t.Context(), filepath.Join(dir, "preau.db"), preau.SystemClock())
	r.ok(err)
	r.j, err = journal.Open(t.Context(), r.db, preau.SystemClock())
	r.ok(err)
	r.u, err = Open(t.Context(), Config{
		DB: r.db, Journal: r.j, Clock: preau.SystemClock(), Bucket: r.line, Log: quiet(), Box: segmenttest.Box(), Signer: r.ca.Signer(segmenttest.Box()),
		Roots: r.ca.Roots, Secret: make([]byte, 32), Spool: r.spool,
	})
	r.ok(err)
	return r
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) record(stream preau.Stream, n int) {
	r.t.Helper()
	for range n {
		r.ok(r.j.Record(r.t.Context(), &preau.Statement{ID: preau.NewID(), Stream: stream, Actor: "p1", Verb: journal.VerbPlayed, Object: "ark:/99999/x", ObjectKind: "video", Timestamp: time.Now()}))
	}
}

func (r *rig) collect() {
	r.t.Helper()
	box := segmenttest.Box()
	_, err := lake.NewCollector(r.store, r.ca.Roots, box.Authority, r.ca.Receipts(box.Authority), preau.SystemClock(), quiet()).Collect(r.t.Context())
	r.ok(err)
}

// delivered counts a stream's statements in the store, by its heads.
func (r *rig) delivered(stream preau.Stream) (n uint64) {
	r.t.Helper()
	boxes, err := lake.New(r.store, r.ca.Roots).Boxes(r.t.Context())
	r.ok(err)
	for _, b := range boxes {
		for _, f := range b.Findings {
			r.t.Error(f)
		}
		for _, s := range b.Streams {
			if s.Stream == stream {
				n += s.Statements
			}
		}
	}
	return n
}

func (r *rig) status() Status {
	r.t.Helper()
	s, err := r.u.Status(r.t.Context())
	r.ok(err)
	return s
}

// serve runs the scheduler until stop is called.
func (r *rig) serve() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.u.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
}

func TestServe_AttendanceLeavesInSecondsLearningInMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.db.Close()
		defer r.serve()()
		synctest.Wait()
		r.record(preau.StreamAttendance, 30)
		r.record(preau.StreamLearning, 5)
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if n := r.delivered(preau.StreamAttendance); n != 0 {
			t.Fatalf("%d left before their time", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if a, l := r.delivered(preau.StreamAttendance), r.delivered(preau.StreamLearning); a != 30 || l != 0 {
			t.Fatalf("after 11 s: %d of attendance, %d of learning; want 30 and 0", a, l)
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		if l := r.delivered(preau.StreamLearning); l != 5 {
			t.Fatalf("after 15 min: %d of learning, want 5", l)
		}
		r.collect()
		time.Sleep(10 * time.Minute) // it asks less and less often
		synctest.Wait()
		if s := r.status(); s.Waiting != 0 || s.Unreceipted != 0 || s.Receipt != 1 {
			t.Fatalf("the receipt was not read: %+v", s)
		}
	})
}

func TestServe_ManyRowsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.db.Close()
		r.u.cfg.Pace[preau.StreamTelemetry] = Pace{time.Hour, 20}
		defer r.serve()()
		synctest.Wait()
		r.record(preau.StreamTelemetry, 26)
		time.Sleep(checkEvery + time.Second)
		synctest.Wait()
		if n := r.delivered(preau.StreamTelemetry); n != 26 {
			t.Fatalf("%d delivered, want 26", n)
		}
	})
}

func TestServe_StoreDownCostsOnlyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.db.Close()
		r.line.SetDown(true)
		defer r.serve()()
		for range 24 { // two hours of lessons
			r.record(preau.StreamAttendance, 3)
			r.record(preau.StreamLearning, 20)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
		}
		s := r.status()
		if s.Waiting != 24*23 || s.Problem == nil || s.Problem.Kind != "unavailable" || s.Sealed == 0 {
			t.Fatalf("with the store down: %+v", s)
		}
		if said := s.Sentence("fr", time.UTC); !strings.HasPrefix(said, "552 relevés en attente, aucun envoi encore.") || !strings.Contains(said, "Le dépôt ne répond pas") {
			t.Fatalf("it says %q", said)
		}
		tries := r.line.Count.Ops
		if tries > 60 {
			t.Fatalf("%d tries in two hours: no back-off", tries)
		}
		r.line.SetDown(false)
		time.Sleep(backOffMost + 20*time.Minute)
		synctest.Wait()
		if a, l := r.delivered(preau.StreamAttendance), r.delivered(preau.StreamLearning); a != 72 || l != 480 {
			t.Fatalf("%d and %d delivered, want 72 and 480", a, l)
		}
		if s := r.status(); s.Problem != nil {
			t.Fatalf("the problem is over: %+v", s.Problem)
		}
	})
}

// refusing is a store that says 403.
type refusing struct {
	bucket.Bucket
	tries int
}

func (r *refusing) Replace(context.Context, string, []byte) error {
	r.tries++
	return preau.E(preau.Forbidden, "the store refuses", "Check the key.", nil)
}

func TestServe_ARefusalStopsAndIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.db.Close()
		no := &refusing{Bucket: r.store}
		r.u.cfg.Bucket = no
		defer r.serve()()
		r.record(preau.StreamAttendance, 1)
		time.Sleep(time.Hour)
		synctest.Wait()
		s := r.status()
		if no.tries == 0 || no.tries > 5 || s.Problem == nil || s.Problem.Kind != "forbidden" || s.Problem.Remedy == "" {
			t.Fatalf("%d tries in an hour, %+v", no.tries, s.Problem)
		}
		if said := s.Sentence("en", time.UTC); !strings.Contains(said, "refuses this box") {
			t.Fatalf("it says %q", said)
		}
	})
}

func TestFlush_DrainsAtOnce(t *testing.T) {
	r := newRig(t)
	defer r.db.Close()
	r.record(preau.StreamLearning, 7)
	r.ok(r.u.Flush(t.Context()))
	if n := r.delivered(preau.StreamLearning); n != 7 {
		t.Fatalf("%d delivered, want 7", n)
	}
	r.line.SetDown(true)
	r.record(preau.StreamLearning, 1)
	if err := r.u.Flush(t.Context()); preau.KindOf(err) != preau.Unavailable || err == nil {
		t.Fatalf("flushed into a dead line: %v", err)
	}
}

func TestSpool_WhatRotsIsMadeAgain(t *testing.T) {
	r := newRig(t)
	defer r.db.Close()
	spoil := func() {
		t.Helper()
		entries, err := os.ReadDir(r.spool)
		r.ok(err)
		if len(entries) == 0 {
			t.Fatal("nothing in the spool")
		}
		for _, e := range entries {
			r.ok(os.WriteFile(filepath.Join(r.spool, e.Name()), []byte("rot"), 0o600))
		}
	}
	r.record(preau.StreamLearning, 9)
	r.u.mu.Lock()
	r.ok(r.u.seal(t.Context(), nil, true))
	r.u.mu.Unlock()
	spoil() // before anything was sent
	r.ok(r.u.Flush(t.Context()))
	if n := r.delivered(preau.StreamLearning); n != 9 {
		t.Fatalf("%d delivered, want 9", n)
	}
	spoil() // and after, with the store's copy gone too
	for info := range r.store.List(t.Context(), "v1/", "") {
		if strings.HasSuffix(info.Key, ".parquet") {
			r.store.Remove(info.Key)
		}
	}
	for range 3 { // it is asked for, made again, signed for
		r.collect()
		r.ok(r.u.Flush(t.Context()))
	}
	if s := r.status(); s.Waiting != 0 {
		t.Fatalf("never healed: %+v", s)
	}
}

func TestPick_AttendanceFirstAndTelemetryNeverStarves(t *testing.T) {
	u := &Uplink{}
	list := []plan{{id: 1, stream: preau.StreamTelemetry}, {id: 2, stream: preau.StreamLearning}, {id: 3, stream: preau.StreamAttendance}, {id: 4, stream: preau.StreamAttendance}}
	count := map[preau.Stream]int{}
	for range 100 {
		p, ok := u.pick(list, nil)
		if !ok || p.id == 4 {
			t.Fatalf("picked %+v", p)
		}
		count[p.stream]++
	}
	if count[preau.StreamAttendance] != 95 || count[preau.StreamTelemetry] != 5 {
		t.Fatalf("picked %v", count)
	}
	if p, ok := u.pick(list, map[preau.Stream]bool{preau.StreamAttendance: true}); !ok || p.id != 2 {
		t.Fatalf("with attendance in trouble picked %+v", p)
	}
}
