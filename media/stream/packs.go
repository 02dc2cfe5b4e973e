package stream

import (
	"io/fs"
	"net/http"
	"strings"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// PackDeps are what the second origin needs. File finds what an item holds at
// a path; preau.NotFound when it holds nothing there.
type PackDeps struct {
	Blobs *blob.Store
	File  func(r *http.Request, item, path string) (blob.Digest, string, error)
	// Host is the main origin as the browser sees it, for frame-ancestors.
	Host func(r *http.Request) string
	// Reach lists the addresses that an item's scripts may ask besides its own
	// files, as sources of a policy; nil or empty: none.
	Reach func(r *http.Request, item string) string
}

const packCache = 8 << 20

// PackHandler serves the files of HTML items under /p/{item}/-/{path}: an
// origin of their own, without cookies, in a sandbox. Whatever a pack's
// script tries, it meets its own files and the postMessage of its host.
func PackHandler(deps PackDeps) httpkit.Handler {
	cache := newSmall(packCache)
	return func(w http.ResponseWriter, r *http.Request) error {
		if refuseMethod(w, r) {
			return nil
		}
		rest := strings.TrimPrefix(r.URL.Path, "/p/")
		item, path, ok := strings.Cut(rest, "/-/")
		// The catalogue knows files by name and the store by hash: a path never
		// meets the disk. What is no path at all is refused here all the same.
		if !ok || item == "" || !fs.ValidPath(path) {
			return preau.E(preau.NotFound, "no such file in a pack", "Open the item again from its page.", nil)
		}
		if strings.ContainsAny(r.Host, ";, '") {
			return preau.E(preau.Invalid, "the Host header is not a host", "Open the item from the box's pages.", nil)
		}
		d, mime, err := deps.File(r, item, path)
		if err != nil {
			return err
		}
		body, err := cache.open(deps.Blobs, d)
		if err != nil {
			return err
		}
		defer body.Close()
		if mime == "" {
			mime = "application/octet-stream"
		}
		h := w.Header()
		h.Set("Content-Type", mime)
		policy := "sandbox allow-scripts allow-forms; default-src 'self' " + self(r) + " data: blob: 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors " + deps.Host(r)
		if deps.Reach != nil {
			if reach := deps.Reach(r, item); reach != "" {
				policy += "; connect-src 'self' " + self(r) + " data: blob: " + reach
			}
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// A sandboxed document has no origin: its own module scripts are
		// cross-origin to it. There is nothing here that is not public.
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "no-cache")
		identify(h, d)
		return serve(w, r, body)
	}
}

// self names this origin: in a sandbox 'self' matches nothing.
func self(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
