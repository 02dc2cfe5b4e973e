package stream_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"preau"
	"preau/internal/httpkit"
	"preau/internal/telemetry"
	"preau/media/blob"
	"preau/media/stream"
)

// box is a store behind a real server, with every wrapper of the real one.
type box struct {
	*httptest.Server
	dir   string
	blobs *blob.Store
	metas map[blob.Digest]stream.Meta
	sent  chan io.Reader // what reached a connection's ReadFrom
}

func serveBox(t *testing.T, allow func(*http.Request, blob.Digest) error, adjust ...func(*stream.Deps)) *box {
	t.Helper()
	b := &box{dir: t.TempDir(), metas: map[blob.Digest]stream.Meta{}, sent: make(chan io.Reader, 8)}
	var err error
	if b.blobs, err = blob.Open(b.dir, 0); err != nil {
		t.Fatal(err)
	}
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	deps := stream.Deps{Blobs: b.blobs, Allow: allow,
		Meta: func(_ *http.Request, d blob.Digest) (stream.Meta, error) {
			meta, ok := b.metas[d]
			if !ok {
				return meta, preau.E(preau.NotFound, "unknown", "Ask for another.", nil)
			}
			return meta, nil
		}}
	for _, f := range adjust {
		f(&deps)
	}
	kit.HandleFunc(mux, "/blobs/{sha256}", stream.Handler(deps))
	var reg telemetry.Registry
	b.Server = httptest.NewUnstartedServer(httpkit.Count(&reg, httpkit.Secure("default-src 'self'", mux)))
	b.Listener = watchedListener{b.Listener, b.sent}
	b.Start()
	t.Cleanup(b.Close)
	return b
}

// put stores n bytes of the test's own.
func (b *box) put(t *testing.T, n int, meta stream.Meta) ([]byte, blob.Digest) {
	t.Helper()
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(data)
	d := blob.Digest(sha256.Sum256(data))
	if err := b.blobs.Put(t.Context(), d, int64(n), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	b.metas[d] = meta
	return data, d
}

func (b *box) ask(t *testing.T, method, path string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := b.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, body
}

// Small blobs are served from memory and large ones from the disk: both must
// answer alike.
func TestHandler_AnswersAsRFC9110Says(t *testing.T) {
	b := serveBox(t, nil)
	for _, n := range []int{100_000, 300_000} {
		data, d := b.put(t, n, stream.Meta{MIME: "video/mp4"})
		path, etag := "/blobs/"+d.String(), `"`+d.String()+`"`
		size := len(data)
		all := data
		for _, c := range []struct {
			method string
			header []string
			status int
			body   []byte
			rng    string // Content-Range, with SIZE for the size
		}{
			{"GET", nil, 200, all, ""},
			{"HEAD", nil, 200, nil, ""}, // 9.3.2
			// 14.1.2, 14.2: what is asked for by bytes.
			{"GET", []string{"Range", "bytes=10-19"}, 206, data[10:20], "bytes 10-19/SIZE"},
			{"GET", []string{"Range", "bytes=-5"}, 206, data[size-5:], ""},
			{"GET", []string{"Range", "bytes=0-"}, 206, all, ""},
			{"HEAD", []string{"Range", "bytes=10-19"}, 200, nil, ""}, // 14.2: of GET alone
			// 14.2, 15.5.17: nothing of it can be had.
			{"GET", []string{"Range", "bytes=-0"}, 416, []byte{}, "bytes */SIZE"},
			{"GET", []string{"Range", "bytes=999999-"}, 416, []byte{}, "bytes */SIZE"},
			// 14.2: a unit that we do not know, a set that is none, two fields.
			{"GET", []string{"Range", "lines=1-2"}, 200, all, ""},
			{"GET", []string{"Range", "bytes=5-2"}, 200, all, ""},
			{"GET", []string{"Range", "bytes=0-0", "Range", "bytes=2-2"}, 200, all, ""},
			// 13.1.5: a strong match or the whole; of a date we know nothing.
			{"GET", []string{"Range", "bytes=0-1", "If-Range", etag}, 206, data[:2], ""},
			{"GET", []string{"Range", "bytes=0-1", "If-Range", "W/" + etag}, 200, all, ""},
			{"GET", []string{"Range", "bytes=0-1", "If-Range", `"other"`}, 200, all, ""},
			{"GET", []string{"Range", "bytes=0-1", "If-Range", "Mon, 23 Nov 2026 10:00:00 GMT"}, 200, all, ""},
			{"GET", []string{"Range", "bytes=999999-", "If-Range", `"other"`}, 200, all, ""},
			// 13.1.2: weakly, in a list, on several lines; before Range (13.2.2).
			{"GET", []string{"If-None-Match", etag}, 304, []byte{}, ""},
			{"HEAD", []string{"If-None-Match", `"a", W/` + etag}, 304, nil, ""},
			{"GET", []string{"If-None-Match", `"a"`, "If-None-Match", etag}, 304, []byte{}, ""},
			{"GET", []string{"If-None-Match", "*"}, 304, []byte{}, ""},
			{"GET", []string{"If-None-Match", etag, "Range", "bytes=0-1"}, 304, []byte{}, ""},
			{"GET", []string{"If-None-Match", etag, "Range", "bytes=999999-"}, 304, []byte{}, ""},
			{"GET", []string{"If-None-Match", `"other"`}, 200, all, ""},
			{"GET", []string{"If-None-Match", `"other"`, "Range", "bytes=0-1"}, 206, data[:2], ""},
			// 13.1.3, 13.1.4: a blob has no date, so its conditions are none.
			{"GET", []string{"If-Modified-Since", "Mon, 23 Nov 2037 10:00:00 GMT"}, 200, all, ""},
			{"GET", []string{"If-Unmodified-Since", "Mon, 23 Nov 1970 10:00:00 GMT"}, 200, all, ""},
			// 13.1.1: strongly; before all others (13.2.2).
			{"GET", []string{"If-Match", etag}, 200, all, ""},
			{"GET", []string{"If-Match", "*"}, 200, all, ""},
			{"GET", []string{"If-Match", `"a", ` + etag, "Range", "bytes=0-1"}, 206, data[:2], ""},
			{"GET", []string{"If-Match", "W/" + etag}, 412, []byte{}, ""},
			{"GET", []string{"If-Match", `"other"`}, 412, []byte{}, ""},
			{"GET", []string{"If-Match", `"other"`, "If-None-Match", etag}, 412, []byte{}, ""},
		} {
			resp, body := b.ask(t, c.method, path, c.header...)
			fault := func(what string, got, want any) {
				t.Errorf("%d bytes, %s %v: %s is %v, want %v", n, c.method, c.header, what, got, want)
			}
			if resp.StatusCode != c.status {
				fault("status", resp.StatusCode, c.status)
			}
			if c.body != nil && !bytes.Equal(body, c.body) || c.body == nil && len(body) != 0 {
				fault("body", len(body), len(c.body))
			}
			if c.method == "HEAD" && c.status == 200 && resp.ContentLength != int64(size) {
				fault("length", resp.ContentLength, size)
			}
			want := strings.ReplaceAll(c.rng, "SIZE", strconv.Itoa(size))
			if got := resp.Header.Get("Content-Range"); want != "" && got != want {
				fault("Content-Range", got, want)
			}
			if got := resp.Header.Get("ETag"); got != etag {
				fault("ETag", got, etag)
			}
			if c.status < 400 && resp.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				fault("Cache-Control", resp.Header.Get("Cache-Control"), "immutable")
			}
			if (c.status == 200 || c.status == 206) && resp.Header.Get("Content-Type") != "video/mp4" {
				fault("Content-Type", resp.Header.Get("Content-Type"), "video/mp4")
			}
		}
	}
}

func TestHandler_OnlyReads(t *testing.T) {
	b := serveBox(t, nil)
	_, d := b.put(t, 10, stream.Meta{})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		resp, _ := b.ask(t, method, "/blobs/"+d.String())
		if resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
	for _, path := range []string{"/blobs/xyz", "/blobs/" + strings.ToUpper(d.String()), "/blobs/" + strings.Repeat("0", 64)} {
		if resp, _ := b.ask(t, "GET", path); resp.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, resp.StatusCode)
		}
	}
}

func TestHandler_ServesSeveralRanges(t *testing.T) {
	b := serveBox(t, nil)
	data, d := b.put(t, 300_000, stream.Meta{MIME: "video/mp4"})
	resp, body := b.ask(t, "GET", "/blobs/"+d.String(), "Range", "bytes=0-9,100-109,-7")
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != 206 || kind != "multipart/byteranges" || err != nil || resp.Header.Get("Content-Range") != "" {
		t.Fatalf("%d %v %v", resp.StatusCode, resp.Header, err)
	}
	mr := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for _, want := range []struct {
		rng  string
		data []byte
	}{{"bytes 0-9/300000", data[:10]}, {"bytes 100-109/300000", data[100:110]}, {"bytes 299993-299999/300000", data[299993:]}} {
		p, err := mr.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(p)
		if err != nil || !bytes.Equal(got, want.data) || p.Header.Get("Content-Range") != want.rng || p.Header.Get("Content-Type") != "video/mp4" {
			t.Errorf("part %v of %d bytes, %v; want %s", p.Header, len(got), err, want.rng)
		}
	}
	if _, err := mr.NextPart(); err != io.EOF {
		t.Errorf("after the last part: %v", err)
	}
}

func TestHandler_KeepsRestrictedBlobsOutOfSharedCaches(t *testing.T) {
	b := serveBox(t, func(r *http.Request, _ blob.Digest) error {
		if r.Header.Get("Cookie") != "who=teacher" {
			return preau.E(preau.Forbidden, "this file is for staff", "Ask your teacher.", nil)
		}
		return nil
	})
	_, d := b.put(t, 1000, stream.Meta{MIME: "application/pdf", Name: "corrigé n°1.pdf", Download: true, Restricted: true})
	path := "/blobs/" + d.String()
	resp, _ := b.ask(t, "GET", path, "Cookie", "who=teacher")
	if got := resp.Header.Get("Cache-Control"); resp.StatusCode != 200 || got != "private, no-cache" || resp.Header.Get("Vary") != "Cookie" {
		t.Errorf("%d, Cache-Control %q, Vary %q", resp.StatusCode, got, resp.Header.Get("Vary"))
	}
	if got, want := resp.Header.Get("Content-Disposition"), "attachment; filename*=UTF-8''corrig%C3%A9%20n%C2%B01.pdf"; got != want {
		t.Errorf("Content-Disposition %q, want %q", got, want)
	}
	// The pupil's browser asks again with what it kept: no 304 for it.
	resp, body := b.ask(t, "GET", path, "If-None-Match", `"`+d.String()+`"`)
	if resp.StatusCode != 403 || resp.Header.Get("ETag") != "" || resp.Header.Get("Cache-Control") != "no-store" || bytes.Contains(body, []byte(d.String())) {
		t.Errorf("a pupil gets %d %v", resp.StatusCode, resp.Header)
	}
}

// A publisher's page on the main origin would have the pupil's session.
func TestHandler_RunsNothingOnTheMainOrigin(t *testing.T) {
	b := serveBox(t, nil)
	for n, c := range []struct {
		mime, shown string
		sandbox     bool
	}{
		{"video/mp4", "video/mp4", false},
		{"image/webp", "image/webp", false},
		{"application/pdf", "application/pdf", false},
		{"text/vtt; charset=utf-8", "text/vtt; charset=utf-8", false},
		{"", "application/octet-stream", false},
		{"text/html; charset=utf-8", "text/html; charset=utf-8", true},
		{"TEXT/HTML", "TEXT/HTML", true},
		{"image/svg+xml", "image/svg+xml", true},
		{"application/xhtml+xml", "application/xhtml+xml", true},
		{"text/javascript", "text/plain; charset=utf-8", true},
		{"application/x-ECMAScript", "text/plain; charset=utf-8", true},
		{"text/css", "text/plain; charset=utf-8", true},
		{"application/wasm", "text/plain; charset=utf-8", true},
	} {
		_, d := b.put(t, 100+n, stream.Meta{MIME: c.mime})
		resp, _ := b.ask(t, "GET", "/blobs/"+d.String())
		csp := resp.Header.Get("Content-Security-Policy")
		if got := resp.Header.Get("Content-Type"); got != c.shown || strings.HasPrefix(csp, "sandbox;") != c.sandbox || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q is shown as %q under %q", c.mime, got, csp)
		}
	}
}

func TestHandler_NeverServesARottenSmallBlob(t *testing.T) {
	b := serveBox(t, nil)
	data, d := b.put(t, 1000, stream.Meta{MIME: "image/png"})
	path := filepath.Join(b.dir, "blobs", d.String()[:2], d.String())
	data[500] ^= 1
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if resp, _ := b.ask(t, "GET", "/blobs/"+d.String()); resp.StatusCode != 503 || b.blobs.Has(d) {
		t.Fatalf("answered %d; still visible: %v", resp.StatusCode, b.blobs.Has(d))
	}
}
