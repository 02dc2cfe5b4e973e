package fetch_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/media/blob"
	"preau/media/fetch"
)

// TestSource_Contract holds every source to the port's promises.
func TestSource_Contract(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, dir string) fetch.Source{
		"folder": func(_ *testing.T, dir string) fetch.Source { return fetch.NewFolder(dir) },
		"http": func(t *testing.T, dir string) fetch.Source {
			src, _ := serve(t, files(dir))
			return src
		},
		"http without ranges": func(t *testing.T, dir string) fetch.Source {
			src, _ := serve(t, whole(files(dir)))
			return src
		},
		"http redirected": func(t *testing.T, dir string) fetch.Source {
			_, target := serve(t, files(dir))
			src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, target.URL+r.URL.Path, http.StatusFound)
			}))
			return src
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, wants := publish(t, 100_000)
			src, w := make(t, dir), wants[0]
			b, err := os.ReadFile(blobFile(dir, w.Digest))
			if err != nil {
				t.Fatal(err)
			}
			if src.Name() == "" {
				t.Error("it has no name")
			}
			for _, offset := range []int64{0, 1, 65_536, 99_999} {
				body, at, err := src.Open(t.Context(), w.Digest, offset, w.Size)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(body)
				body.Close()
				if err != nil || at > offset || !bytes.Equal(got, b[at:]) {
					t.Errorf("from %d: %d bytes at %d, %v", offset, len(got), at, err)
				}
			}
			_, _, err = src.Open(t.Context(), blob.Digest{1}, 0, 10)
			wantKind(t, err, preau.NotFound)
			for _, size := range []int64{99_999, 100_001} {
				_, _, err = src.Open(t.Context(), w.Digest, 10, size)
				wantKind(t, err, preau.Corrupt)
			}
		})
	}
}

func TestHTTP_KnowsWhatIsNotTheBlob(t *testing.T) {
	const html = "<html>Connectez-vous</html>"
	for name, c := range map[string]struct {
		h     http.Handler
		kind  preau.Kind
		words string
	}{
		"not found":             {says(404, ""), preau.NotFound, ""},
		"gone":                  {says(410, ""), preau.NotFound, ""},
		"forbidden":             {says(403, ""), preau.Forbidden, "403"},
		"unauthorized":          {says(401, ""), preau.Forbidden, "401"},
		"proxy wants password":  {says(407, ""), preau.Forbidden, "proxy"},
		"server error":          {says(500, ""), preau.Unavailable, "500"},
		"busy for seconds":      {says(429, "", "Retry-After", "120"), preau.RateLimited, "too much to do"},
		"busy until a date":     {says(503, "", "Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)), preau.RateLimited, ""},
		"busy, who knows":       {says(503, "", "Retry-After", "soon"), preau.Unavailable, "503"},
		"captive portal":        {says(200, html, "Content-Type", "text/html; charset=utf-8"), preau.Unavailable, "web page"},
		"portal by status":      {says(511, html), preau.Unavailable, "web page"},
		"portal by redirect":    {http.RedirectHandler("/login", http.StatusFound), preau.Unavailable, "redirects"},
		"shorter file":          {says(416, "", "Content-Range", "bytes */3"), preau.Corrupt, "shorter"},
		"wrong length":          {says(200, "abc", "Content-Length", "3"), preau.Corrupt, "offers 3"},
		"compressed on the way": {says(200, "abc", "Content-Encoding", "gzip"), preau.Unavailable, "encodes"},
		"range of another size": {says(206, "abcde", "Content-Range", "bytes 5-9/11"), preau.Corrupt, "range"},
		"range too late":        {says(206, "abcd", "Content-Range", "bytes 6-9/10"), preau.Corrupt, "begins at 6"},
		"range past the end":    {says(206, "abcdef", "Content-Range", "bytes 5-10/*"), preau.Corrupt, "range"},
		"range of wrong length": {says(206, "abc", "Content-Range", "bytes 5-9/10"), preau.Corrupt, "range"},
		"range unnamed":         {says(206, "abcde"), preau.Corrupt, "range"},
		"several ranges":        {says(206, "--x", "Content-Type", "multipart/byteranges; boundary=x"), preau.Corrupt, "range"},
	} {
		t.Run(name, func(t *testing.T) {
			src, _ := serve(t, c.h)
			_, _, err := src.Open(t.Context(), blob.Digest{1}, 5, 10)
			wantKind(t, err, c.kind)
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q lacks %q", err, c.words)
			}
		})
	}
}

func TestHTTP_TakesARangeThatBeginsEarlierOrEndsSooner(t *testing.T) {
	for _, rng := range []string{"bytes 4-9/10", "bytes 5-7/10", "bytes 5-9/*"} {
		first, last := int64(rng[6]-'0'), int64(rng[8]-'0')
		src, _ := serve(t, says(206, "0123456789"[first:last+1], "Content-Range", rng))
		body, at, err := src.Open(t.Context(), blob.Digest{1}, 5, 10)
		if err != nil || at != first {
			t.Fatalf("%s: at %d, %v", rng, at, err)
		}
		body.Close()
	}
}

func TestHTTP_LeavesABusyOriginAlone(t *testing.T) {
	var asked atomic.Int32
	src, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "999999999")
		w.WriteHeader(429)
	}))
	for range 3 {
		_, _, err := src.Open(t.Context(), blob.Digest{1}, 0, 10)
		wantKind(t, err, preau.RateLimited)
		later, ok := errors.AsType[*fetch.Later](err)
		if !ok || time.Until(later.Until) > time.Hour {
			t.Fatalf("%v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestNewHTTP_RefusesWhatIsNoAddress(t *testing.T) {
	for _, base := range []string{"", "origin.example", "ftp://origin.example", "http://", "http://%zz"} {
		_, err := fetch.NewHTTP(base, nil)
		wantKind(t, err, preau.Invalid)
	}
	src, err := fetch.NewHTTP("https://box:secret@origin.example/c", nil)
	if err != nil || strings.Contains(src.Name(), "secret") {
		t.Errorf("name %q, %v", src.Name(), err)
	}
}

func TestHTTP_SaysWhenNobodyAnswers(t *testing.T) {
	srv := httptest.NewServer(nil)
	src, err := fetch.NewHTTP(srv.URL, nil)
	srv.Close()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = src.Open(t.Context(), blob.Digest{1}, 0, 10)
	wantKind(t, err, preau.Unavailable)
}
