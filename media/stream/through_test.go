package stream_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
	"preau/media/fetch"
	"preau/media/pack"
	"preau/media/stream"
)

// cold is a box that holds nothing, and an origin that counts what it sends.
type cold struct {
	*httptest.Server
	t       *testing.T
	store   *blob.Store
	fetcher *fetch.Fetcher
	origin  *httptest.Server
	sent    atomic.Int64 // bytes of the film
	asked   atomic.Int64 // requests for it
	gate    func()       // called before the origin answers for the film
	valve   func()       // called before it sends more than about a MiB of it
	film    []byte
	d       blob.Digest
	refuse  atomic.Bool
}

func newCold(t *testing.T, size, bytesPerSecond int, withTable bool) *cold {
	t.Helper()
	c := &cold{t: t, film: make([]byte, size)}
	rand.NewChaCha8([32]byte{1}).Read(c.film)
	c.d = sha256.Sum256(c.film)
	table, err := pack.Make(bytes.NewReader(c.film), int64(size))
	if err != nil {
		t.Fatal(err)
	}
	raw := table.Encode()
	dir := t.TempDir()
	for _, b := range [][]byte{c.film, raw} {
		name := blob.Digest(sha256.Sum256(b)).String()
		path := filepath.Join(dir, "blobs", name[:2], name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	files := http.FileServer(http.Dir(dir))
	c.origin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Base(r.URL.Path) == c.d.String() {
			c.asked.Add(1)
			if c.gate != nil {
				c.gate()
			}
			w = &countedWriter{w, c}
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(c.origin.Close)
	src, err := fetch.NewHTTP(c.origin.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.store, err = blob.Open(t.TempDir(), 0); err != nil {
		t.Fatal(err)
	}
	c.fetcher = &fetch.Fetcher{Store: c.store, Sources: []fetch.Source{src}, Log: slog.New(slog.DiscardHandler), Backoff: time.Millisecond}
	if bytesPerSecond > 0 {
		c.fetcher.Limit = rate.NewLimiter(rate.Limit(bytesPerSecond), 64<<10)
	}
	c.fetcher.Chunks = func(context.Context, blob.Digest) (fetch.Chunks, error) {
		if !withTable {
			return fetch.Chunks{}, nil
		}
		return fetch.Chunks{Table: fetch.Want{Digest: sha256.Sum256(raw), Size: int64(len(raw))}}, nil
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.fetcher.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-served })
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "/blobs/{sha256}", stream.Handler(stream.Deps{
		Blobs: c.store,
		Meta:  func(*http.Request, blob.Digest) (stream.Meta, error) { return stream.Meta{MIME: "video/mp4"}, nil },
		Allow: func(*http.Request, blob.Digest) error {
			if c.refuse.Load() {
				return preau.E(preau.Forbidden, "for staff", "Sign in.", nil)
			}
			return nil
		},
		Fill: func(ctx context.Context, d blob.Digest) (*blob.Pieces, error) {
			return c.fetcher.Fill(ctx, fetch.Want{Digest: d, Size: int64(len(c.film))})
		},
	}))
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	// Serve may not have begun.
	for {
		if _, err := c.fetcher.Fill(t.Context(), fetch.Want{Digest: blob.Digest{9}, Size: 1}); preau.KindOf(err) == preau.NotFound {
			return c
		}
	}
}

type countedWriter struct {
	http.ResponseWriter
	c *cold
}

func (w *countedWriter) Write(b []byte) (int, error) {
	if w.c.valve != nil && w.c.sent.Load() > 1<<20 {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		w.c.valve()
	}
	n, err := w.ResponseWriter.Write(b)
	w.c.sent.Add(int64(n))
	return n, err
}

// get asks for the film; rng may be empty.
func (c *cold) get(ctx context.Context, rng string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/blobs/"+c.d.String(), nil)
	if err != nil {
		return nil, err
	}
	if rng != "" {
		req.Header.Set("Range", rng)
	}
	return c.Client().Do(req)
}

// await waits for a condition that must come true.
func (c *cold) await(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatal(what)
		}
	}
}

// Thirty tablets ask for a film that is not here: it is fetched once, and all
// of them start before a fifth of it has come. tools/bench/media has the time.
func TestThrough_ThirtyTabletsFetchAColdFilmOnce(t *testing.T) {
	c := newCold(t, 6<<20, 0, true)
	var tablets, started sync.WaitGroup
	started.Add(30)
	c.valve = started.Wait
	for i := range 30 {
		tablets.Go(func() {
			resp, err := c.get(t.Context(), []string{"", "bytes=0-"}[i%2])
			if err != nil {
				started.Done()
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			b := make([]byte, 1)
			_, err = io.ReadFull(resp.Body, b)
			started.Done()
			rest, err2 := io.ReadAll(resp.Body)
			if err := errors.Join(err, err2); err != nil || !bytes.Equal(append(b, rest...), c.film) || resp.StatusCode != 200+6*(i%2) {
				t.Errorf("tablet %d: %d, %d bytes, %v", i, resp.StatusCode, len(rest)+1, err)
			}
		})
	}
	tablets.Wait()
	c.await("the film does not become whole", func() bool { return c.store.Has(c.d) })
	if c.sent.Load() != int64(len(c.film)) || c.asked.Load() != 1 {
		t.Errorf("%d bytes of %d in %d requests", c.sent.Load(), len(c.film), c.asked.Load())
	}
}

// Who jumps ahead is served before what lies between, and who leaves stops
// nothing.
func TestThrough_ASeekComesFirstAndALeaverStopsNothing(t *testing.T) {
	c := newCold(t, 8<<20, 2<<20, true)
	ctx, leave := context.WithCancel(t.Context())
	early, err := c.get(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	defer early.Body.Close()
	if _, err := io.ReadFull(early.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	seek, err := c.get(t.Context(), "bytes=7000000-7099999")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(seek.Body)
	seek.Body.Close()
	if err != nil || !bytes.Equal(got, c.film[7_000_000:7_100_000]) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	p := c.store.Coming(c.d)
	if p == nil {
		t.Fatal("it came whole before the seek was answered")
	}
	if _, here := p.Left(); here > 5<<20 {
		t.Errorf("%d bytes came before those asked for", here)
	}
	leave()
	c.await("the film stopped with the one who left", func() bool { return c.store.Has(c.d) })
}

// The origin is gone: before the first byte a sentence, behind it a cut.
func TestThrough_SaysWhenTheOriginIsGone(t *testing.T) {
	c := newCold(t, 3<<20, 0, true)
	c.origin.CloseClientConnections()
	c.origin.Close()
	resp, err := c.get(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !bytes.Contains(text, []byte("not on the box yet")) {
		t.Errorf("%d %q", resp.StatusCode, text)
	}
}

func TestThrough_CutsWhatItCannotFinish(t *testing.T) {
	for name, rng := range map[string]string{"whole": "", "one range": "bytes=0-", "several": "bytes=0-99,900000-5999999"} {
		t.Run(name, func(t *testing.T) {
			c := newCold(t, 6<<20, 0, true)
			c.valve = func() { panic(http.ErrAbortHandler) }
			resp, err := c.get(t.Context(), rng)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if n, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Errorf("an answer cut at %d ends as if it were whole", n)
			}
			if c.store.Has(c.d) {
				t.Error("it is visible")
			}
		})
	}
}

// Without a table nothing can be verified before the end: nothing is served
// before it.
func TestThrough_WithoutATableServesNothingUnverified(t *testing.T) {
	c := newCold(t, 2<<20, 0, false)
	var whole atomic.Bool
	release := make(chan struct{})
	c.gate = func() { <-release }
	answered := make(chan error, 1)
	go func() {
		resp, err := c.get(t.Context(), "bytes=0-9")
		if err == nil {
			defer resp.Body.Close()
			b, _ := io.ReadAll(resp.Body)
			if !whole.Load() || !bytes.Equal(b, c.film[:10]) || resp.StatusCode != 206 {
				err = fmt.Errorf("answered %d %x before it was whole", resp.StatusCode, b)
			}
		}
		answered <- err
	}()
	c.await("the origin is not asked", func() bool { return c.asked.Load() == 1 })
	whole.Store(true)
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if !c.store.Has(c.d) {
		t.Error("answered from what is not whole")
	}
}

// Rights are asked before anything is fetched.
func TestThrough_FetchesNothingForWhoMayNotSeeIt(t *testing.T) {
	c := newCold(t, 2<<20, 0, true)
	c.refuse.Store(true)
	resp, err := c.get(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 403 || c.asked.Load() != 0 || c.store.Coming(c.d) != nil {
		t.Errorf("%d, the origin was asked %d times", resp.StatusCode, c.asked.Load())
	}
}

func TestThrough_AnswersHeadAndBadRangesWithoutWaiting(t *testing.T) {
	c := newCold(t, 6<<20, 64<<10, true)
	for _, x := range []struct {
		method, rng string
		status      int
	}{{"HEAD", "", 200}, {"GET", "bytes=99999999-", 416}} {
		req, err := http.NewRequestWithContext(t.Context(), x.method, c.URL+"/blobs/"+c.d.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if x.rng != "" {
			req.Header.Set("Range", x.rng)
		}
		resp, err := c.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != x.status {
			t.Errorf("%s %s: %d", x.method, x.rng, resp.StatusCode)
		}
	}
}
