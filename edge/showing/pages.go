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
	maxCounted  = 5000 // documents, and pages of packs, that are remembered
)

var (
	pageObject   = regexp.MustCompile(`/Type\s*/Page[^s\w]`)
	objectStream = regexp.MustCompile(`/Type\s*/ObjStm\b`)
)

// Pages counts the pages of an item, as One finds it; 0 is unknown. Those of a
// pack have titles besides. One document is read at a time, and each once.
func (f *Finder) Pages(ctx context.Context, id string) (n int, titles []string, err error) {
	it, err := f.Catalogue.Item(ctx, id, true)
	if err != nil {
		return 0, nil, err
	}
	if pages, err := f.Catalogue.HTMLPages(ctx, &it); err != nil || len(pages) > 1 {
		return len(pages), f.titles(pages), err
	}
	main, ok := it.Asset(notice.RoleMain, "")
	if !ok || main.Mime != "application/pdf" || main.Size > maxDocument {
		return 0, nil, nil
	}
	n, err = f.pagesOf(main.SHA256)
	return n, nil, err
}

func (f *Finder) pagesOf(digest string) (int, error) {
	d, err := blob.ParseDigest(digest)
	if err != nil {
		return 0, fmt.Errorf("read document's digest: %w", err)
	}
	k, err := f.look(d, maxDocument, func(text []byte) known { return known{pages: countPages(text)} })
	return k.pages, err
}

// look reads so much of a file, once, and keeps what was made of it.
func (f *Finder) look(d blob.Digest, most int64, read func([]byte) known) (k known, err error) {
	f.counting.Lock()
	defer f.counting.Unlock()
	digest := d.String()
	if k, ok := f.counted[digest]; ok {
		return k, nil
	}
	file, _, err := f.Blobs.Open(d)
	if err != nil {
		return k, fmt.Errorf("open document: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err == nil {
		k = read(text)
	} else {
		err = fmt.Errorf("read document: %w", err)
	}
	f.remember(digest, k) // a disk that fails is not read again for each click
	return k, err
}

// known is what was read of a file: how many pages a document has, 0 when
// nobody can say; how a page of a pack calls itself, by its title and by its
// first heading.
type known struct {
	pages          int
	title, heading string
}

// remember keeps what was read. What finds no room takes another's: it costs a
// reading.
func (f *Finder) remember(digest string, k known) {
	if f.counted == nil {
		f.counted = map[string]known{}
	}
	for other := range f.counted {
		if len(f.counted) < maxCounted {
			break
		}
		delete(f.counted, other)
	}
	f.counted[digest] = k
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
