package stream

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"syscall"

	"preau"
	"preau/media/blob"
)

// identify sets what is true of every answer about a blob.
func identify(h http.Header, d blob.Digest) {
	h.Set("ETag", `"`+d.String()+`"`)
	h.Set("Accept-Ranges", "bytes")
}

// serve answers with the blob, whole or in part. Its name, its type and how
// long it may be kept are already in w's header.
func serve(w http.ResponseWriter, r *http.Request, body *content) error {
	h := w.Header()
	etag := h.Get("ETag")
	if match := r.Header.Values("If-Match"); match != nil && !listed(match, etag, false) {
		return bare(w, http.StatusPreconditionFailed)
	}
	if match := r.Header.Values("If-None-Match"); match != nil && listed(match, etag, true) {
		h.Del("Content-Type")
		h.Del("Content-Disposition")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	spans, what := wanted(r, etag, body.size)
	switch {
	case what == refuse:
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(body.size, 10))
		return bare(w, http.StatusRequestedRangeNotSatisfiable)
	case what == partial && len(spans) == 1:
		h.Set("Content-Range", contentRange(spans[0], body.size))
		h.Set("Content-Length", strconv.FormatInt(spans[0].length, 10))
		w.WriteHeader(http.StatusPartialContent)
		return body.copySpan(w, spans[0])
	case what == partial:
		return serveParts(w, body, spans)
	}
	h.Set("Content-Length", strconv.FormatInt(body.size, 10))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	return body.copySpan(w, span{0, body.size})
}

// wanted reads which part is asked for. Range is defined for GET alone, and
// If-Range needs a strong match: a weak one or a date never is.
func wanted(r *http.Request, etag string, size int64) ([]span, verdict) {
	ranges, cond := r.Header.Values("Range"), r.Header.Values("If-Range")
	if len(ranges) != 1 || r.Method != http.MethodGet || len(cond) > 1 || len(cond) == 1 && cond[0] != etag {
		return nil, ignore
	}
	return parseRange(ranges[0], size)
}

// bare answers without the blob: what described it does not describe this.
func bare(w http.ResponseWriter, status int) error {
	for _, name := range []string{"Content-Type", "Content-Disposition", "Cache-Control"} {
		w.Header().Del(name)
	}
	w.WriteHeader(status)
	return nil
}

func serveParts(w http.ResponseWriter, body *content, spans []span) error {
	mw := multipart.NewWriter(w)
	h := w.Header()
	mime := h.Get("Content-Type")
	h.Set("Content-Type", "multipart/byteranges; boundary="+mw.Boundary())
	w.WriteHeader(http.StatusPartialContent)
	for _, sp := range spans {
		part, err := mw.CreatePart(textproto.MIMEHeader{"Content-Type": {mime}, "Content-Range": {contentRange(sp, body.size)}})
		if err != nil {
			return nil // the reader left
		}
		if err := body.copySpan(part, sp); err != nil {
			return err
		}
	}
	_ = mw.Close() // fails only when the reader left
	return nil
}

func contentRange(sp span, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", sp.start, sp.start+sp.length-1, size)
}

// listed reports whether an If-Match or If-None-Match list names etag. Ours
// holds no comma, so cutting at commas finds it or nothing.
func listed(lines []string, etag string, weak bool) bool {
	for item := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		item = strings.Trim(item, " \t")
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
	size   int64
	file   *os.File
	mem    []byte
	coming *coming // the file is not whole yet
	along  func()  // told as the file's bytes go; nil: nobody is
}

// stride is how much of a file goes between two words to along.
const stride = 1 << 20

func (c *content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// copySpan hands the file itself to the writer's ReadFrom, limited: that is
// the shape in which net/http asks the kernel to send it. A reader that left
// is no fault; a disk that cannot read is.
func (c *content) copySpan(w io.Writer, sp span) error {
	if c.file == nil {
		_, _ = w.Write(c.mem[sp.start : sp.start+sp.length]) // fails only when the reader left
		return nil
	}
	if c.coming != nil {
		return c.coming.copySpan(w, c.file, sp, c.along)
	}
	if _, err := c.file.Seek(sp.start, io.SeekStart); err != nil {
		return fmt.Errorf("seek blob: %w", err)
	}
	for left := sp.length; left > 0; {
		part := min(left, stride)
		n, err := io.Copy(w, io.LimitReader(c.file, part))
		if errors.Is(err, syscall.EIO) || err == nil && n < part {
			return preau.E(preau.Corrupt, "the disk cannot read blob "+c.file.Name(), "Check the disk's health; the scrub sets the blob aside and it is fetched again.", err)
		}
		if err != nil {
			return nil // the reader left
		}
		left -= n
		if c.along != nil {
			c.along()
		}
	}
	return nil
}
