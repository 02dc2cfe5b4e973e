package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// manifest is written by tools/web.
type manifest struct {
	Files   map[string]string   `json:"files"`
	Imports map[string][]string `json:"imports"`
}

const assetPrefix = "/assets/"

// assets serves the bundle under names that change with their content.
type assets struct {
	manifest manifest
	files    map[string]*asset // by name in dist
}

type asset struct {
	plain  func() []byte
	mime   string
	etag   string
	packed func() []byte // gzip, made at the first request; nil when it gains nothing
}

func openAssets(fsys fs.FS) (*assets, error) {
	b, err := fs.ReadFile(fsys, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("read the bundle's manifest: %w", err)
	}
	a := &assets{files: map[string]*asset{}}
	if err := json.Unmarshal(b, &a.manifest); err != nil {
		return nil, fmt.Errorf("read the bundle's manifest: %w", err)
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "manifest.json" {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read asset: %w", err)
		}
		a.add(name, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for logical, name := range a.manifest.Files {
		if a.files[name] == nil {
			return nil, fmt.Errorf("the bundle lacks %s (%s): run make web", name, logical)
		}
	}
	return a, nil
}

func (a *assets) add(name string, b []byte) {
	sum := sha256.Sum256(b)
	name, isPacked := strings.CutSuffix(name, ".gz")
	f := &asset{mime: mimeOf(name), etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	a.files[name] = f
	if isPacked { // large ones are in the program as they are sent
		f.packed, f.plain = func() []byte { return b }, sync.OnceValue(func() []byte { return unpack(b) })
		return
	}
	f.plain = func() []byte { return b }
	f.packed = sync.OnceValue(func() []byte {
		if strings.HasPrefix(f.mime, "font/") {
			return nil // already compressed
		}
		var out bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
		_, _ = zw.Write(b)                                       // memory does not fail
		_ = zw.Close()
		if out.Len() >= len(b) {
			return nil
		}
		return out.Bytes()
	})
}

func unpack(b []byte) []byte {
	zr, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		panic("the bundle's packed files are made by tools/web: " + err.Error())
	}
	out, err := io.ReadAll(zr)
	if err != nil {
		panic("the bundle's packed files are made by tools/web: " + err.Error())
	}
	return out
}

// mimeOf does not ask the system: its tables differ from box to box.
func mimeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// url of a logical name such as eleve.css, empty when the bundle has none.
func (a *assets) url(logical string) string {
	if name, ok := a.manifest.Files[logical]; ok {
		return assetPrefix + name
	}
	return ""
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := a.files[strings.TrimPrefix(r.URL.Path, assetPrefix)]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	etag := f.etag
	var body []byte
	if acceptsGzip(r) {
		if packed := f.packed(); packed != nil {
			body, etag = packed, strings.TrimSuffix(f.etag, `"`)+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	if body == nil {
		body = f.plain()
	}
	h.Set("ETag", etag)
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader may be gone
	}
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
		}
	}
	return false
}
