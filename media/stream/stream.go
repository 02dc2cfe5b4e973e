// Package stream serves blobs over HTTP exactly as RFC 9110 says: ranges,
// conditions, HEAD. It promises that a film's bytes go from the disk to the
// socket without passing through the process, that what somebody may not see
// looks to them as forbidden and is never left in a cache for them, and that
// no blob runs as a script of the main origin, whatever its publisher calls
// it. It refuses methods other than GET and HEAD, content the caller's lookup
// does not know, and for a moment the film for which the network has no room
// (Gate). What everybody may see is sent before net/http where it can be
// (Direct).
//
// Where the standard library's file server departs from the RFC we do not
// follow it: an unknown range unit and a malformed set are ignored, "bytes=-0"
// is refused with the size, and a set that costs more than the whole gets the
// whole.
package stream

import (
	"context"
	"net/http"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// Meta is what the catalogue knows of a blob.
type Meta struct {
	MIME     string // empty: application/octet-stream
	Name     string // file name offered when it is saved
	Download bool   // to be saved, not shown
	// Pace is how many bytes a second a film needs to play; 0: it is no film, or
	// nobody knows.
	Pace int64
	// Restricted says that not everybody may see it. The tablet is shared: the
	// next pupil must not find in its cache what the teacher saw.
	Restricted bool
}

// Deps are what the handler needs. Allow refuses a blob to a request with an
// error; nil allows all.
type Deps struct {
	Blobs *blob.Store
	Meta  func(r *http.Request, d blob.Digest) (Meta, error)
	Allow func(r *http.Request, d blob.Digest) error
	// Fill brings a blob that is not here, as it is asked for: its chunks as
	// they come, or nil once it is whole. nil: only what is here is served.
	Fill func(ctx context.Context, d blob.Digest) (*blob.Pieces, error)
	// Direct, when there is one, learns what is said of public blobs.
	Direct *Direct
}

// blobCache is how many bytes of small blobs the main origin keeps in memory.
const blobCache = 16 << 20

// Handler serves /blobs/{sha256}.
func Handler(deps Deps) httpkit.Handler {
	direct := deps.Direct
	if direct == nil {
		direct = NewDirect(DirectDeps{Blobs: deps.Blobs})
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		if refuseMethod(w, r) {
			return nil
		}
		era := direct.era()
		d, err := blob.ParseDigest(r.PathValue("sha256"))
		if err != nil {
			return preau.E(preau.NotFound, "no blob has that name", "A blob is named by its SHA-256 in lower case.", err)
		}
		if deps.Allow != nil {
			if err := deps.Allow(r, d); err != nil {
				return err
			}
		}
		meta, err := deps.Meta(r, d)
		if err != nil {
			return err
		}
		body, err := direct.small.open(deps.Blobs, d)
		if deps.Fill != nil && preau.KindOf(err) == preau.NotFound {
			body, err = through(w, r, deps, direct.small, d)
		}
		if err != nil {
			return err
		}
		defer body.Close()
		if body.size > smallBlob && r.Method == http.MethodGet {
			along, leave, err := direct.gate.admit(w, r, d, meta.Pace)
			if err != nil {
				return err
			}
			defer leave()
			body.along = along
		}
		describe(w.Header(), meta, d)
		if body.coming == nil {
			direct.learn(d, w.Header(), body.size, meta.Pace, era)
		}
		return serve(w, r, body)
	}
}

// describe sets the headers that follow from what the blob is.
func describe(h http.Header, meta Meta, d blob.Digest) {
	identify(h, d)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", disarm(h, meta.MIME))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if meta.Restricted {
		// Kept, but asked about each time: the hash makes that a 304.
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Vary", "Cookie")
	}
	disposition := "inline"
	if meta.Download {
		disposition = "attachment"
	}
	if meta.Name != "" {
		disposition += "; filename*=UTF-8''" + escapeName(meta.Name)
	}
	if disposition != "inline" {
		h.Set("Content-Disposition", disposition)
	}
}

func refuseMethod(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "This can only be read.", http.StatusMethodNotAllowed)
	return true
}

// escapeName writes a file name as RFC 8187 wants it.
func escapeName(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
