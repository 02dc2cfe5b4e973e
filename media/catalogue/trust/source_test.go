package trust_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

func TestHTTP_KindsOfFailure(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cat/metadata/good.json":
			_, _ = io.WriteString(w, "12345")
		case "/cat/metadata/busy.json":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/cat/metadata/cut.json":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "123")
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	src, err := trust.HTTP(srv.URL+"/cat/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := src.Fetch(t.Context(), "metadata/good.json", 5); err != nil || string(b) != "12345" {
		t.Errorf("got %q, %v", b, err)
	}
	for name, want := range map[string]preau.Kind{
		"metadata/absent.json": preau.NotFound,
		"metadata/busy.json":   preau.Unavailable,
		"metadata/cut.json":    preau.Unavailable,
	} {
		if _, err := src.Fetch(t.Context(), name, 1000); preau.KindOf(err) != want || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v, want %v with a remedy", name, err, want)
		}
	}
	if _, err := src.Fetch(t.Context(), "metadata/good.json", 4); preau.KindOf(err) != preau.TooLarge {
		t.Errorf("over the limit: %v", err)
	}
	srv.Close()
	if _, err := src.Fetch(t.Context(), "metadata/good.json", 5); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("out of reach: %v", err)
	}
}

func TestHTTP_RefusesOtherAddresses(t *testing.T) {
	for _, base := range []string{"", "origin", "ftp://origin/", "file:///etc", "http://", "http://%zz"} {
		if _, err := trust.HTTP(base, nil); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestFolder_StaysInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	dir := t.TempDir()
	for _, err := range []error{
		os.WriteFile(outside, []byte("secret"), 0o600),
		os.Symlink(outside, filepath.Join(dir, "link")),
		os.WriteFile(filepath.Join(dir, "good"), []byte("good"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	src := trust.Folder(dir)
	if b, err := src.Fetch(t.Context(), "good", 10); err != nil || string(b) != "good" {
		t.Errorf("got %q, %v", b, err)
	}
	for _, name := range []string{"link", "../" + filepath.Base(dir) + "/good", outside} {
		if b, err := src.Fetch(t.Context(), name, 100); err == nil || strings.Contains(string(b), "secret") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if _, err := src.Fetch(t.Context(), "absent", 10); preau.KindOf(err) != preau.NotFound {
		t.Errorf("absent: %v", err)
	}
	if _, err := trust.Folder(filepath.Join(dir, "unplugged")).Fetch(t.Context(), "good", 10); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("unplugged: %v", err)
	}
}

// TestList_IsBounded: a publisher that signs a list without end is refused
// before a page of it is fetched.
func TestList_IsBounded(t *testing.T) {
	page := notice.PageRef{SHA256: strings.Repeat("ab", 32), Size: notice.MaxIndex}
	index, err := json.Marshal(notice.Index{Format: notice.IndexFormat, Made: "2026-11-23T08:00:00Z", Packs: []notice.PackRef{}, Pages: []notice.PageRef{page, page, page}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = trust.List(t.Context(), trust.Folder(t.TempDir()), "lune", index, nil)
	if trust.ReasonOf(err) != trust.TooLong {
		t.Errorf("%v", err)
	}
}
