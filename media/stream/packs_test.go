package stream_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
	"preau/media/stream"
)

const page = "<!doctype html><script>top.location</script>"

// servePacks serves one item of one page; asked collects what is looked up.
func servePacks(t *testing.T) (srv *httptest.Server, asked *[]string) {
	t.Helper()
	blobs, err := blob.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	d := blob.Digest(sha256.Sum256([]byte(page)))
	if err := blobs.Put(t.Context(), d, int64(len(page)), strings.NewReader(page)); err != nil {
		t.Fatal(err)
	}
	asked = new([]string)
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	srv = httptest.NewServer(kit.Handle(stream.PackHandler(stream.PackDeps{
		Blobs: blobs,
		File: func(_ *http.Request, item, path string) (blob.Digest, string, error) {
			*asked = append(*asked, item+" "+path)
			if (item == "ark:/99999/x" || item == "cours/c") && path == "pages/index.html" {
				return d, "text/html", nil
			}
			return blob.Digest{}, "", preau.E(preau.NotFound, "not in the item", "Ask for another.", nil)
		},
		Host: func(*http.Request) string { return "http://preau.local" },
		Reach: func(_ *http.Request, item string) string {
			if item == "cours/c" {
				return "http://preau.local/xapi/"
			}
			return ""
		},
	})))
	t.Cleanup(srv.Close)
	return srv, asked
}

// get sends the path as it stands, without the client's cleaning.
func get(t *testing.T, srv *httptest.Server, path, host string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path
	r.Host = host
	r.Header.Set("Cookie", "preau=secret")
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func TestPackHandler_IsABoxWithoutAWayOut(t *testing.T) {
	srv, _ := servePacks(t)
	resp, body := get(t, srv, "/p/ark:/99999/x/-/pages/index.html", "preau.local:8081")
	if resp.StatusCode != 200 || !bytes.Equal(body, []byte(page)) || resp.Header.Get("Content-Type") != "text/html" {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	csp := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"sandbox allow-scripts allow-forms;", "default-src 'self' http://preau.local:8081 data: blob: 'unsafe-inline';", "form-action 'none'", "frame-ancestors http://preau.local"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %q: %s", want, csp)
		}
	}
	for _, refused := range []string{"allow-same-origin", "allow-top-navigation", "allow-popups"} {
		if strings.Contains(csp, refused) {
			t.Errorf("the policy has %q", refused)
		}
	}
	// Readable from everywhere, hence never with anybody's cookies.
	if resp.Header.Get("Access-Control-Allow-Credentials") != "" || resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", resp.Header)
	}
}

func TestPackHandler_RefusesWhatIsNoPath(t *testing.T) {
	srv, asked := servePacks(t)
	for _, path := range []string{
		"/p/ark:/99999/x/-/../../../../etc/passwd",
		"/p/ark:/99999/x/-/%2e%2e/%2e%2e/etc/passwd",
		"/p/ark:/99999/x/-/pages/..%2f..%2fsecret",
		"/p/ark:/99999/x/-//etc/passwd",
		"/p/ark:/99999/x/-/",
		"/p//-/pages/index.html",
		"/p/ark:/99999/x/pages/index.html",
		"/p/",
	} {
		if resp, body := get(t, srv, path, "preau.local"); resp.StatusCode != 404 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if len(*asked) != 0 {
		t.Errorf("the catalogue was asked for %q", *asked)
	}
	if resp, _ := get(t, srv, "/p/ark:/99999/x/-/pages/index.html", "x;script-src"); resp.StatusCode != 400 {
		t.Errorf("a Host that would write into the policy: %d", resp.StatusCode)
	}
}

// TestPackHandler_ReachesWhatItIsGiven: an item that may ask for more asks for
// that alone, and the others for their own files.
func TestPackHandler_ReachesWhatItIsGiven(t *testing.T) {
	srv, _ := servePacks(t)
	for item, want := range map[string]string{"cours/c": "; connect-src 'self' http://preau.local:81 data: blob: http://preau.local/xapi/", "ark:/99999/x": ""} {
		resp, body := get(t, srv, "/p/"+item+"/-/pages/index.html", "preau.local:81")
		csp := resp.Header.Get("Content-Security-Policy")
		if resp.StatusCode != 200 || !strings.HasSuffix(csp, want) || strings.Contains(csp, "connect-src") != (want != "") || !strings.HasPrefix(csp, "sandbox allow-scripts allow-forms;") {
			t.Errorf("%s: %d %s %q", item, resp.StatusCode, body, csp)
		}
	}
}
