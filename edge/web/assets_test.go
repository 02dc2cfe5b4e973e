package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func manifest(t *testing.T) (m struct{ Files map[string]string }) {
	t.Helper()
	read(t, "dist/manifest.json", &m)
	return m
}

// sources are the files that the bundle was made of, by their hashes; the
// program does not hold them.
func sources(t *testing.T) (all map[string]string) {
	t.Helper()
	read(t, "dist/_sources.json", &all)
	return all
}

func read(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func TestAssets_AreImmutableCompressedAndChecked(t *testing.T) {
	mux := http.NewServeMux()
	newSite(t).Install(mux)
	path := "/assets/" + manifest(t).Files["eleve.css"]
	w := get(t, mux, path, "Accept-Encoding", "br, gzip;q=0.5")
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Fatalf("answered %d %v", w.Code, w.Header())
	}
	if again := get(t, mux, path, "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("again: %d", again.Code)
	}
	if plain := get(t, mux, path, "Accept-Encoding", "gzip;q=0"); plain.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for who refuses it")
	}
	font := get(t, mux, "/assets/"+manifest(t).Files["atkinson-hyperlegible-next-latin-wght-normal.woff2"], "Accept-Encoding", "gzip")
	if font.Header().Get("Content-Type") != "font/woff2" || font.Header().Get("Content-Encoding") != "" {
		t.Errorf("font: %v", font.Header())
	}
	for _, name := range []string{"nothing.js", "_sources.json"} {
		if gone := get(t, mux, "/assets/"+name); gone.Code != 404 {
			t.Errorf("%s: %d", name, gone.Code)
		}
	}
}

// TestDist_IsCurrent finds a bundle that was not rebuilt, without the tool
// that builds it; make check rebuilds and compares bytes.
func TestDist_IsCurrent(t *testing.T) {
	made := sources(t)
	for path, want := range made {
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
		if err != nil {
			t.Errorf("%v: run make web", err)
			continue
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s changed since edge/web/dist was made: run make web", path)
		}
	}
	for _, pattern := range []string{"src/*.js", "css/*.css", "../pages/*/*.css", "../pages/*/*.js", "../pages/*/*/*.css", "../pages/*/*/*.js"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			rel := filepath.ToSlash(filepath.Join("edge/web", path))
			if _, ok := made[rel]; !ok {
				t.Errorf("%s is not in the bundle: import it, give it its folder's name, and run make web", rel)
			}
		}
	}
}

// TestBudget_OfEveryPage: DESIGN.md 7 and 10.
func TestBudget_OfEveryPage(t *testing.T) {
	m := manifest(t)
	for name, file := range m.Files {
		if name == "p-pdf-worker.js" {
			continue // another's, and fetched only when a PDF is opened
		}
		size := packedSize(t, filepath.Join("dist", filepath.FromSlash(file)))
		limit := 25 << 10
		if strings.HasSuffix(name, ".css") {
			limit = 12 << 10
		}
		if !strings.HasSuffix(name, ".woff2") && size > limit {
			t.Errorf("%s is %d bytes compressed, over %d", name, size, limit)
		}
	}
}

// packedSize is how many bytes of a file are sent; large ones lie packed.
func packedSize(t *testing.T, path string) int {
	t.Helper()
	if b, err := os.ReadFile(path + ".gz"); err == nil {
		return len(b)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, _ = zw.Write(b)
	_ = zw.Close()
	return packed.Len()
}

// TestAssets_PackedOnesAreSentBothWays: a large script lies packed in the
// program; who cannot unpack it gets it plain.
func TestAssets_PackedOnesAreSentBothWays(t *testing.T) {
	site := newSite(t)
	mux := http.NewServeMux()
	site.Install(mux)
	path := "/assets/" + manifest(t).Files["p-pdf-worker.js"]
	packed, plain := get(t, mux, path, "Accept-Encoding", "gzip"), get(t, mux, path)
	if packed.Code != 200 || packed.Header().Get("Content-Encoding") != "gzip" || !strings.HasPrefix(packed.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("packed: %d %v", packed.Code, packed.Header())
	}
	zr, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(zr)
	if err != nil || len(b) < 1<<20 || !bytes.Equal(b, plain.Body.Bytes()) || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("packed it unpacks to %d bytes (%v), plain it has %d", len(b), err, plain.Body.Len())
	}
}

// TestBudget_OfAPupilsPageInALesson adds up what a pupil's page loads while the
// class is live: scripts at most 25 KB, and with style and font at most 90 KB,
// which leaves ten for the page itself.
func TestBudget_OfAPupilsPageInALesson(t *testing.T) {
	var m struct {
		Files   map[string]string
		Imports map[string][]string
	}
	b, err := os.ReadFile("dist/manifest.json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	newSite(t).Install(mux)
	weigh := func(files map[string]bool) (sum int) {
		for file := range files {
			sum += get(t, mux, "/assets/"+file, "Accept-Encoding", "gzip").Body.Len()
		}
		return sum
	}
	looks := weigh(map[string]bool{m.Files["eleve.css"]: true, m.Files["atkinson-hyperlegible-next-latin-wght-normal.woff2"]: true})
	pages := 0
	for name := range m.Files {
		if !strings.HasPrefix(name, "eleve/") {
			continue
		}
		pages++
		files := map[string]bool{}
		for _, entry := range []string{"shell.js", "p-live.js", "p-tablet.js", name} {
			files[m.Files[entry]] = true
			for _, chunk := range m.Imports[entry] {
				files[chunk] = true
			}
		}
		scripts := weigh(files)
		t.Logf("%s: %d bytes of scripts, %d with its looks", name, scripts, scripts+looks)
		if scripts > 25<<10 || scripts+looks > 90<<10 {
			t.Errorf("%s loads %d bytes of scripts, %d with its looks", name, scripts, scripts+looks)
		}
	}
	if pages < 3 {
		t.Errorf("%d pages were weighed", pages)
	}
}

// TestScripts_HoldNoFrench: words come from the server. A literal with an
// accent in a script is a word that English readers would meet.
func TestScripts_HoldNoFrench(t *testing.T) {
	for path := range sources(t) {
		if !strings.HasSuffix(path, ".js") {
			continue
		}
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if strings.ContainsAny(code, "àâçéèêëîïôùûœÀÉÈ") {
				t.Errorf("%s:%d holds words: %s", path, i+1, line)
			}
		}
	}
}

// TestTemplates_NameNoWordAsACode: html/template takes data-on… for a script,
// data-style for a style and data-href for an address, and writes a word in
// there with quotes, or not at all.
func TestTemplates_NameNoWordAsACode(t *testing.T) {
	code := regexp.MustCompile(`data-(on[a-z-]*|style|src|srcset|href|action|formaction|cite|poster|background)="[^"]*\{\{t `)
	read := 0
	for _, root := range []string{"..", filepath.Join("..", "..", "sync")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".html" {
				return err
			}
			b, err := os.ReadFile(path)
			read++
			for _, found := range code.FindAll(b, -1) {
				t.Errorf("%s: %s: give the attribute another name", path, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 20 {
		t.Errorf("%d templates were read", read)
	}
}

// TestVendor_IsWhatWasReviewed rehashes what others wrote.
func TestVendor_IsWhatWasReviewed(t *testing.T) {
	b, err := os.ReadFile("vendor/vendor.json")
	if err != nil {
		t.Fatal(err)
	}
	var packages []struct {
		Name, Version, Licence, From string
		Files                        map[string]string
	}
	if err := json.Unmarshal(b, &packages); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"vendor.json": true}
	for _, p := range packages {
		if p.Name == "" || p.Version == "" || p.Licence == "" {
			t.Errorf("%+v lacks a name, version or licence", p)
		}
		for name, want := range p.Files {
			known[name] = true
			b, err := os.ReadFile(filepath.Join("vendor", filepath.FromSlash(name)))
			if err != nil {
				t.Error(err)
				continue
			}
			if sum := sha512.Sum512(b); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s is not the file that was reviewed", name)
			}
		}
	}
	err = fs.WalkDir(os.DirFS("vendor"), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[name] {
			t.Errorf("vendor/%s is not listed in vendor.json", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
