package boxtest

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau/media/catalogue/publisher"
)

// Origin is a published catalogue behind a plain HTTP server that can be
// cut, slowed down, and whose files can be replaced.
type Origin struct {
	t         testing.TB
	Repo, Dir string // the publisher's repository, and what is published of it
	URL       string
	files     http.Handler

	mu    sync.Mutex
	srv   *http.Server
	rate  int // bytes a second of each transfer; 0: as fast as it goes
	asked map[string]int
}

// NewOrigin signs and publishes the sample catalogue as of now.
func NewOrigin(t testing.TB, now time.Time) *Origin {
	t.Helper()
	dir := t.TempDir()
	o := &Origin{t: t, Repo: filepath.Join(dir, "publisher"), Dir: filepath.Join(dir, "published"), asked: map[string]int{}}
	if _, err := publisher.Init(o.Repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: now}); err != nil {
		t.Fatal(err)
	}
	o.Publish(now, filepath.Join(Repository(), "media", "sample", "items"))
	o.files = http.FileServer(http.Dir(o.Dir))
	o.Start()
	t.Cleanup(o.Cut)
	return o
}

// Publish adds items, signs as of now and publishes.
func (o *Origin) Publish(now time.Time, folders ...string) {
	o.t.Helper()
	r, err := publisher.Open(o.Repo)
	if err != nil {
		o.t.Fatal(err)
	}
	defer r.Close()
	if len(folders) > 0 {
		opts := publisher.AddOptions{Taxons: filepath.Join(Repository(), "media", "sample", "taxons.json")}
		if _, err := r.Add(o.t.Context(), folders, opts); err != nil {
			o.t.Fatal(err)
		}
	}
	if _, err := r.Sign(o.t.Context(), publisher.SignOptions{Now: now}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := r.Publish(o.t.Context(), o.Dir, now); err != nil {
		o.t.Fatal(err)
	}
}

// Root is the root that boxes are provisioned with.
func (o *Origin) Root() []byte {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.Repo, "metadata", "1.root.json"))
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

// Start serves, after a cut on the same address.
func (o *Origin) Start() {
	o.t.Helper()
	addr := "127.0.0.1:0"
	if o.URL != "" {
		addr = strings.TrimPrefix(o.URL, "http://")
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		o.t.Fatal(err)
	}
	o.URL = "http://" + ln.Addr().String()
	o.srv = &http.Server{Handler: o, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = o.srv.Serve(ln) }() // ends with Cut
}

// Cut closes the address and every transfer under way.
func (o *Origin) Cut() { _ = o.srv.Close() }

// Slow limits each transfer to some bytes a second; 0 lifts it.
func (o *Origin) Slow(rate int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rate = rate
}

// Asked is how often a path was asked for.
func (o *Origin) Asked(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked[r.URL.Path]++
	rate := o.rate
	o.mu.Unlock()
	if rate > 0 && strings.HasPrefix(r.URL.Path, "/blobs/") {
		w = &slowWriter{w, r, rate}
	}
	o.files.ServeHTTP(w, r)
}

// slowWriter gives its bytes in small portions, a tenth of a second apart.
type slowWriter struct {
	http.ResponseWriter
	r    *http.Request
	rate int
}

func (s *slowWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), max(1, s.rate/10))]
		m, err := s.ResponseWriter.Write(part)
		n += m
		if err != nil {
			return n, err
		}
		_ = http.NewResponseController(s.ResponseWriter).Flush() // the next write tells
		p = p[m:]
		select {
		case <-s.r.Context().Done():
			return n, s.r.Context().Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return n, nil
}

// Files lists the published blobs, the largest first.
func (o *Origin) Files() (blobs []string) {
	o.t.Helper()
	blobs, err := filepath.Glob(filepath.Join(o.Dir, "blobs", "*", "*"))
	if err != nil || len(blobs) == 0 {
		o.t.Fatalf("no blobs are published: %v", err)
	}
	return blobs
}
