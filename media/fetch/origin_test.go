package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"preau"
	"preau/media/blob"
	"preau/media/fetch"
)

// publish makes a folder as a publisher leaves it, of blobs of these sizes.
func publish(t testing.TB, sizes ...int) (dir string, wants []fetch.Want) {
	t.Helper()
	dir = t.TempDir()
	for i, n := range sizes {
		b := make([]byte, n)
		rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(n)}).Read(b)
		d := blob.Digest(sha256.Sum256(b))
		path := filepath.Join(dir, "blobs", d.String()[:2], d.String())
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		wants = append(wants, fetch.Want{Digest: d, Size: int64(n)})
	}
	return dir, wants
}

func blobFile(dir string, d blob.Digest) string {
	return filepath.Join(dir, "blobs", d.String()[:2], d.String())
}

// serve starts an origin of a handler.
func serve(t testing.TB, h http.Handler) (*fetch.HTTP, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	src, err := fetch.NewHTTP(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return src, srv
}

func files(dir string) http.Handler { return http.FileServer(http.Dir(dir)) }

// whole hides Range from a handler, as some proxies do.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		next.ServeHTTP(w, r)
	})
}

// cut ends each answer after n bytes of its body.
func cut(n int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&cutWriter{w, n}, r)
	})
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) <= c.left {
		c.left -= len(b)
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// says answers always the same.
func says(status int, body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// fetcher makes one that does not dawdle, into a store of the test's.
func fetcher(t testing.TB, sources ...fetch.Source) *fetch.Fetcher {
	t.Helper()
	store, err := blob.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return &fetch.Fetcher{Store: store, Sources: sources, Log: slog.New(slog.DiscardHandler), Backoff: time.Millisecond}
}

// logged lets a test read what was said.
func logged(f *fetch.Fetcher) *bytes.Buffer {
	var b bytes.Buffer
	f.Log = slog.New(slog.NewTextHandler(&b, nil))
	return &b
}

func wantAll(t testing.TB, s *blob.Store, wants []fetch.Want) {
	t.Helper()
	for _, w := range wants {
		if !s.Has(w.Digest) {
			t.Errorf("blob %s is not here", w.Digest)
		}
	}
}

func wantKind(t testing.TB, err error, kind preau.Kind) {
	t.Helper()
	if err == nil || preau.KindOf(err) != kind {
		t.Fatalf("got %v (%v), want %v", err, preau.KindOf(err), kind)
	}
	if preau.RemedyOf(err) == "" {
		t.Errorf("%v says nothing of what to do", err)
	}
}
