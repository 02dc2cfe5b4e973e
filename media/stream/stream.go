// Package stream serves blobs over HTTP exactly as RFC 9110 says: ranges,
// conditions, HEAD. It promises that a film's bytes go from the disk to the
// socket without passing through the process, and that what somebody may not
// see looks to them as forbidden, never as part of it. It refuses methods
// other than GET and HEAD, and content the caller's lookup does not know.
package stream

import (
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// Meta is what the catalogue knows of a blob.
type Meta struct {
	MIME string // empty: application/octet-stream
	Name string // file name offered when it is saved; empty: inline
}

// Deps are what the handler needs. Allow refuses a blob to a request with an
// error; nil allows all.
type Deps struct {
	Blobs *blob.Store
	Meta  func(r *http.Request, d blob.Digest) (Meta, error)
	Allow func(r *http.Request, d blob.Digest) error
}

// Handler serves /blobs/{sha256}.
func Handler(deps Deps) httpkit.Handler {
	cache := newSmall()
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return nil
		}
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
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		return serve(w, r, deps.Blobs, cache, d, meta)
	}
}

// serve answers with the blob, whole or in part.
func serve(w http.ResponseWriter, r *http.Request, store *blob.Store, cache *small, d blob.Digest, meta Meta) error {
	body, err := cache.open(store, d)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	etag := `"` + d.String() + `"`
	h.Set("ETag", etag)
	h.Set("Accept-Ranges", "bytes")
	if meta.MIME == "" {
		meta.MIME = "application/octet-stream"
	}
	if meta.Name != "" {
		h.Set("Content-Disposition", "inline; filename*=UTF-8''"+escapeName(meta.Name))
	}
	if match := r.Header.Get("If-Match"); match != "" && !listed(match, etag, false) {
		w.WriteHeader(http.StatusPreconditionFailed)
		return nil
	}
	if match := r.Header.Get("If-None-Match"); match != "" && listed(match, etag, true) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	spans, what := []span(nil), ignore
	// Range is defined for GET alone; If-Range needs a strong match.
	if header := r.Header.Get("Range"); header != "" && r.Method == http.MethodGet {
		if cond := r.Header.Get("If-Range"); cond == "" || cond == etag {
			spans, what = parseRange(header, body.size)
		}
	}
	switch {
	case what == refuse:
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(body.size, 10))
		h.Del("Cache-Control")
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	case what == partial && len(spans) == 1:
		h.Set("Content-Type", meta.MIME)
		h.Set("Content-Range", contentRange(spans[0], body.size))
		h.Set("Content-Length", strconv.FormatInt(spans[0].length, 10))
		w.WriteHeader(http.StatusPartialContent)
		return body.copySpan(w, spans[0])
	case what == partial:
		return serveParts(w, body, spans, meta.MIME)
	}
	h.Set("Content-Type", meta.MIME)
	h.Set("Content-Length", strconv.FormatInt(body.size, 10))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	return body.copySpan(w, span{0, body.size})
}

func serveParts(w http.ResponseWriter, body *content, spans []span, mime string) error {
	mw := multipart.NewWriter(w)
	h := w.Header()
	h.Set("Content-Type", "multipart/byteranges; boundary="+mw.Boundary())
	w.WriteHeader(http.StatusPartialContent)
	for _, sp := range spans {
		part, err := mw.CreatePart(textproto.MIMEHeader{"Content-Type": {mime}, "Content-Range": {contentRange(sp, body.size)}})
		if err != nil {
			return gone(err)
		}
		if err := body.copySpan(part, sp); err != nil {
			return err
		}
	}
	return gone(mw.Close())
}

func contentRange(sp span, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", sp.start, sp.start+sp.length-1, size)
}

// listed reports whether an If-Match or If-None-Match list names etag.
func listed(header, etag string, weak bool) bool {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		if weak {
			item = strings.TrimPrefix(item, "W/")
		}
		if item == "*" || item == etag {
			return true
		}
	}
	return false
}

// content is a blob opened for reading: a file, or memory when it is small.
type content struct {
	size int64
	file *os.File
	mem  []byte
}

func (c *content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// copySpan hands the file itself to the writer's ReadFrom, limited: that is
// the shape in which net/http asks the kernel to send it.
func (c *content) copySpan(w io.Writer, sp span) error {
	if c.file == nil {
		_, err := w.Write(c.mem[sp.start : sp.start+sp.length])
		return gone(err)
	}
	if _, err := c.file.Seek(sp.start, io.SeekStart); err != nil {
		return fmt.Errorf("seek blob: %w", err)
	}
	_, err := io.Copy(w, io.LimitReader(c.file, sp.length))
	return gone(err)
}

// gone drops the error of a reader that left: the answer had begun, and a
// tablet that closes a film is no fault.
func gone(error) error { return nil }

func escapeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
