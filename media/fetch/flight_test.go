package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"preau"
	"preau/media/fetch"
)

// lives runs a fetcher's Serve; the function it returns ends it.
func lives(t *testing.T, f *fetch.Fetcher) (end func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f.Serve(ctx) }()
	var once sync.Once
	end = func() {
		once.Do(func() {
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(end)
	return end
}

// fill waits for a blob, or for its first chunk.
func fill(t *testing.T, f *fetch.Fetcher, w fetch.Want) error {
	t.Helper()
	p, err := f.Fill(t.Context(), w)
	if err == nil && p != nil {
		_, err = p.Wait(t.Context(), 0)
	}
	return err
}

// The night's fetch and a class that cannot wait are one transfer.
func TestFill_JoinsTheFetchThatIsUnderWay(t *testing.T) {
	v := newVersions(t)
	b := noise(100, 9<<20)
	w := v.publish(t, b)
	release := make(chan struct{})
	var asked atomic.Int32
	src, _ := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path[len("/blobs/ab/"):] == w.Digest.String() {
			asked.Add(1)
			<-release
		}
		files(v.dir).ServeHTTP(rw, r)
	}))
	f := v.fetcher(t, src)
	lives(t, f)
	ran := make(chan error, 1)
	go func() { ran <- f.Run(t.Context(), []fetch.Want{w, w}) }()
	for f.Store.Coming(w.Digest) == nil {
		if t.Context().Err() != nil {
			t.Fatal("it does not come")
		}
	}
	p, err := f.Fill(t.Context(), w)
	if err != nil || p != f.Store.Coming(w.Digest) {
		t.Fatalf("%v: another transfer", err)
	}
	close(release)
	if _, err := p.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	wantBytes(t, f.Store, w, b)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// Without a table a small file is there at its end, for whoever waits.
func TestFill_WaitsForWhatHasNoTable(t *testing.T) {
	dir, wants := publish(t, 100_000)
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	lives(t, f)
	if err := fill(t, f, wants[0]); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
	if p, err := f.Fill(t.Context(), wants[0]); p != nil || err != nil {
		t.Errorf("what is here: %v %v", p, err)
	}
}

// A box answers before all of it is at work: who asks that early waits, as who
// asks a moment later does.
func TestFill_WaitsForServe(t *testing.T) {
	dir, wants := publish(t, 100_000)
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	filled := make(chan error, 1)
	go func() { filled <- fill(t, f, wants[0]) }()
	select {
	case err := <-filled:
		t.Fatalf("asked before Serve: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	lives(t, f)
	if err := <-filled; err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
}

// Where nothing serves, who asks is refused in the end.
func TestFill_NeedsServe(t *testing.T) {
	_, wants := publish(t, 1000)
	f := fetcher(t)
	synctest.Test(t, func(t *testing.T) {
		wantKind(t, fill(t, f, wants[0]), preau.Unavailable)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := f.Fill(ctx, wants[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("who left is told %v", err)
		}
	})
}

func TestFill_EndsWithServe(t *testing.T) {
	v := newVersions(t)
	w := v.publish(t, noise(101, 9<<20))
	asked := make(chan struct{}, 8)
	src, _ := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path[len("/blobs/ab/"):] == w.Digest.String() {
			asked <- struct{}{}
			<-r.Context().Done() // never a byte
			return
		}
		files(v.dir).ServeHTTP(rw, r)
	}))
	f := v.fetcher(t, src)
	end := lives(t, f)
	failed := make(chan error, 1)
	go func() { failed <- fill(t, f, w) }()
	<-asked
	end()
	if err := <-failed; err == nil || errors.Is(err, t.Context().Err()) && t.Context().Err() != nil {
		t.Errorf("%v", err)
	}
	if f.Store.Coming(w.Digest) != nil {
		t.Error("somebody still brings it")
	}
	wantKind(t, func() error { _, err := f.Fill(t.Context(), w); return err }(), preau.Unavailable)
}

// A transfer of the night that has to stop does not stop what a class waits
// for: it goes on from there.
func TestFill_GoesOnWhenTheNightsFetchMustStop(t *testing.T) {
	v := newVersions(t)
	b := noise(102, 9<<20)
	w := v.publish(t, b)
	var asked atomic.Int32
	begun := make(chan struct{})
	src, _ := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path[len("/blobs/ab/"):] == v.tables[w.Digest].Digest.String() && asked.Add(1) == 1 {
			close(begun)
			<-r.Context().Done() // before chunks can be waited for
			return
		}
		files(v.dir).ServeHTTP(rw, r)
	}))
	f := v.fetcher(t, src)
	lives(t, f)
	night, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- f.Run(night, []fetch.Want{w}) }()
	<-begun
	filled := make(chan error, 1)
	go func() { filled <- fill(t, f, w) }()
	stop()
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Errorf("the night's fetch: %v", err)
	}
	if err := <-filled; err != nil {
		t.Error(err)
	}
}
