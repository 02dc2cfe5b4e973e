package showing

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	"preau/media/blob"
	"preau/media/catalogue/notice"
)

// Bounds of a document whose pages are counted: a textbook has room. What is
// larger has pages all the same, only nobody says how many.
const (
	maxDocument = 64 << 20
	maxInflated = 32 << 20 // of all its compressed objects
	maxPages    = 100_000
	maxCounted  = 2000 // documents that are remembered
)

var (
	pageObject   = regexp.MustCompile(`/Type\s*/Page[^s\w]`)
	objectStream = regexp.MustCompile(`/Type\s*/ObjStm\b`)
)

// Pages counts the pages of a PDF item, as One finds it; 0 is unknown. One
// document is read at a time, and each once.
func (f *Finder) Pages(ctx context.Context, id string) (int, error) {
	it, err := f.Catalogue.Item(ctx, id, true)
	if err != nil {
		return 0, err
	}
	main, ok := it.Asset(notice.RoleMain, "")
	if !ok || main.Mime != "application/pdf" || main.Size > maxDocument {
		return 0, nil
	}
	return f.pagesOf(main.SHA256)
}

func (f *Finder) pagesOf(digest string) (int, error) {
	f.counting.Lock()
	defer f.counting.Unlock()
	if n, ok := f.counted[digest]; ok {
		return n, nil
	}
	d, err := blob.ParseDigest(digest)
	if err != nil {
		return 0, fmt.Errorf("read document's digest: %w", err)
	}
	file, _, err := f.Blobs.Open(d)
	if err != nil {
		return 0, fmt.Errorf("open document: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxDocument))
	if err != nil {
		f.remember(digest, 0) // a disk that fails is not read again for each click
		return 0, fmt.Errorf("read document: %w", err)
	}
	n := countPages(text)
	f.remember(digest, n)
	return n, nil
}

// remember keeps a count. One that finds no room takes another's: it costs a
// reading.
func (f *Finder) remember(digest string, n int) {
	if f.counted == nil {
		f.counted = map[string]int{}
	}
	for other := range f.counted {
		if len(f.counted) < maxCounted {
			break
		}
		delete(f.counted, other)
	}
	f.counted[digest] = n
}

// countPages counts page objects, in the open and in compressed object
// streams (ISO 32000-1, 7.5.7). It need not understand the rest: a screen
// that draws the document knows better, and refuses a page that is not there.
func countPages(pdf []byte) int {
	n, left := len(pageObject.FindAll(pdf, maxPages)), int64(maxInflated)
	for _, at := range objectStream.FindAllIndex(pdf, maxPages) {
		rest := pdf[at[1]:]
		start := bytes.Index(rest[:min(len(rest), 4096)], []byte("stream"))
		if start < 0 {
			continue
		}
		body := bytes.TrimLeft(rest[start+len("stream"):], "\r\n")
		objects, err := inflate(body, left)
		if left -= int64(len(objects)); left <= 0 {
			return 0
		}
		if err != nil && len(objects) == 0 {
			continue
		}
		n += len(pageObject.FindAll(append(objects, ' '), maxPages))
	}
	if n > maxPages {
		return 0
	}
	return n
}

// inflate returns what it can within limit: what follows a stream is not its.
func inflate(b []byte, limit int64) ([]byte, error) {
	zr, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("inflate objects: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(zr, limit))
	return out, errors.Join(err, zr.Close())
}
