package fetch_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"preau"
	"preau/media/blob"
	"preau/media/fetch"
)

func TestRun_BringsAllAndTellsHowFar(t *testing.T) {
	dir, wants := publish(t, 0, 10, 200_000, 3_000_000)
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	var last preau.Progress
	f.Report = func(p preau.Progress) {
		if p.BytesDone < last.BytesDone || p.BytesDone > p.Bytes || p.FilesDone < last.FilesDone {
			t.Errorf("from %+v to %+v", last, p)
		}
		last = p
	}
	if err := f.Run(t.Context(), append(wants, wants[1])); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
	if last.Files != 4 || last.FilesDone != 4 || last.Bytes != 3_200_010 || last.BytesDone != 3_200_010 {
		t.Errorf("ends at %+v", last)
	}
	f.Report = nil
	if err := f.Run(t.Context(), wants); err != nil {
		t.Errorf("what is here already: %v", err)
	}
}

func TestRun_OutlivesALineThatKeepsCutting(t *testing.T) {
	dir, wants := publish(t, 500_000)
	var asked []string
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Range"))
		cut(50_000, files(dir)).ServeHTTP(w, r)
	}))
	f := fetcher(t, src)
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
	if len(asked) != 10 || asked[0] != "" || asked[9] != "bytes=450000-" {
		t.Errorf("asked for %q", asked)
	}
}

func TestRun_SkipsWhatItHasWhenRangesAreUnknown(t *testing.T) {
	dir, wants := publish(t, 300_000)
	first := atomic.Bool{}
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := whole(files(dir))
		if first.CompareAndSwap(false, true) {
			h = cut(123_456, h)
		}
		h.ServeHTTP(w, r)
	}))
	f := fetcher(t, src)
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
}

func TestRun_GivesUpOnADeadLineAndKeepsWhatCame(t *testing.T) {
	dir, wants := publish(t, 100_000)
	var n atomic.Int32
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			cut(40_000, files(dir)).ServeHTTP(w, r)
		}
		w.WriteHeader(502)
	}))
	f := fetcher(t, src)
	wantKind(t, f.Run(t.Context(), wants), preau.Unavailable)
	if got := f.Store.Partial(wants[0].Digest); got != 40_000 || n.Load() > 10 {
		t.Errorf("%d bytes stay after %d requests", got, n.Load())
	}
}

// spoiled is a folder source whose files have one bit flipped.
func spoiled(t *testing.T, dir string, wants []fetch.Want) *fetch.Folder {
	t.Helper()
	bad := t.TempDir()
	for _, w := range wants {
		b, err := os.ReadFile(blobFile(dir, w.Digest))
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 0x10
		path := blobFile(bad, w.Digest)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return fetch.NewFolder(bad)
}

func TestRun_DropsAndNamesASourceOfWrongBytes(t *testing.T) {
	dir, wants := publish(t, 1000, 1001, 1002, 1003, 1004)
	bad := spoiled(t, dir, wants)
	good, _ := serve(t, files(dir))
	f := fetcher(t, bad, good)
	f.Parallel = 1
	log := logged(f)
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
	if n := strings.Count(log.String(), "source has a wrong blob"); n != 3 || !strings.Contains(log.String(), "source dropped") || !strings.Contains(log.String(), bad.Name()) {
		t.Errorf("%d strikes before it is dropped:\n%s", n, log)
	}
	alone := fetcher(t, bad)
	err := alone.Run(t.Context(), wants[:1])
	wantKind(t, err, preau.Corrupt)
	if !strings.Contains(err.Error(), bad.Name()) {
		t.Errorf("%q does not name the source", err)
	}
	if alone.Store.Has(wants[0].Digest) {
		t.Error("a wrong blob is visible")
	}
}

// One rotten file at the only origin must not keep the others from coming.
func TestRun_OneWrongBlobDoesNotStopTheRest(t *testing.T) {
	dir, wants := publish(t, 1000, 1001, 1002)
	bad := spoiled(t, dir, wants[:1])
	b, err := os.ReadFile(blobFile(bad.Name(), wants[0].Digest))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blobFile(dir, wants[0].Digest), b, 0o644); err != nil {
		t.Fatal(err)
	}
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	wantKind(t, f.Run(t.Context(), wants), preau.Corrupt)
	wantAll(t, f.Store, wants[1:])
}

// What a power cut tore is nobody's fault: it is fetched again, from the only
// source there is.
func TestRun_BeginsAgainWhenThePartWasTorn(t *testing.T) {
	dir, wants := publish(t, 100_000)
	for _, torn := range []int{50_000, 100_000} {
		src, _ := serve(t, files(dir))
		f := fetcher(t, src)
		log := logged(f)
		in, err := f.Store.Receive(t.Context(), wants[0].Digest, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(make([]byte, torn)); err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Run(t.Context(), wants); err != nil {
			t.Fatal(err)
		}
		wantAll(t, f.Store, wants)
		if strings.Contains(log.String(), "wrong blob") {
			t.Errorf("the origin is blamed:\n%s", log)
		}
	}
}

func TestRun_LeavesASilentSource(t *testing.T) {
	dir, wants := publish(t, 100_000)
	var n atomic.Int32
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > 1 {
			files(dir).ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(make([]byte, 0))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // never a byte, never an end
	}))
	f := fetcher(t, src)
	f.Stall = 50 * time.Millisecond
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
}

// The cap holds, and waiting for it is not taken for a silent source.
func TestRun_KeepsToItsRate(t *testing.T) {
	dir, wants := publish(t, 200_000, 200_001)
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	f.Limit = rate.NewLimiter(800_000, 100_000)
	f.Stall = 100 * time.Millisecond
	start := time.Now()
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 370*time.Millisecond { // (400 001 - burst) / 800 000 s
		t.Errorf("400 KB at 800 KB/s took %v", took)
	}
}

func TestRun_StopsAtAFullDisk(t *testing.T) {
	dir, wants := publish(t, 1000, 1001, 1002)
	src, _ := serve(t, files(dir))
	f := fetcher(t, src)
	var err error
	if f.Store, err = blob.Open(t.TempDir(), 1<<62); err != nil {
		t.Fatal(err)
	}
	wantKind(t, f.Run(t.Context(), wants), preau.Full)
}

func TestRun_EndsWithItsContext(t *testing.T) {
	dir, wants := publish(t, 1<<20, 1<<20+1, 1<<20+2)
	ctx, cancel := context.WithCancel(t.Context())
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cut(100_000, files(dir)).ServeHTTP(w, r)
	}))
	f := fetcher(t, src)
	f.Backoff = time.Hour
	f.Report = func(p preau.Progress) { cancel() }
	if err := f.Run(ctx, wants); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// rendezvous lets nobody through before n are there.
type rendezvous struct {
	fetch.Source
	wg *sync.WaitGroup
}

func (r rendezvous) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	r.wg.Done()
	r.wg.Wait()
	return r.Source.Open(ctx, d, offset, size)
}

func TestRun_BringsTwoAtATime(t *testing.T) {
	dir, wants := publish(t, 1000, 1001)
	var wg sync.WaitGroup
	wg.Add(2)
	f := fetcher(t, rendezvous{fetch.NewFolder(dir), &wg})
	if err := f.Run(t.Context(), wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
}

func TestRun_SaysWhenNoSourceIsLeft(t *testing.T) {
	_, wants := publish(t, 1000)
	wantKind(t, fetcher(t).Run(t.Context(), wants), preau.Unavailable)
	src, _ := serve(t, says(404, ""))
	empty := fetch.NewFolder(t.TempDir())
	wantKind(t, fetcher(t, empty, src).Run(t.Context(), wants), preau.NotFound)
	down, _ := serve(t, says(500, ""))
	wantKind(t, fetcher(t, down, empty).Run(t.Context(), wants), preau.Unavailable)
}

// A source that sends more than the blob has is as wrong as one that sends
// other bytes.
func TestRun_RefusesMoreBytesThanTheBlobHas(t *testing.T) {
	d := blob.Digest(sha256.Sum256([]byte("abc")))
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "abc")
		_ = http.NewResponseController(w).Flush() // chunked: no length to compare
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}))
	f := fetcher(t, src)
	wantKind(t, f.Run(t.Context(), []fetch.Want{{Digest: d, Size: 3}}), preau.Corrupt)
}

// TestRun_LeavesATrickle: a source that never falls silent, and never ends
// either, does not keep a blob from the next one.
func TestRun_LeavesATrickle(t *testing.T) {
	dir, wants := publish(t, 100_000)
	slow, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond) // its pace
		}
	}))
	good, _ := serve(t, files(dir))
	f := fetcher(t, slow, good)
	f.Stall = time.Second // longer than a loaded machine is silent
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := f.Run(ctx, wants); err != nil {
		t.Fatal(err)
	}
	wantAll(t, f.Store, wants)
}
