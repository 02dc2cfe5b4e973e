package stream

import (
	"context"
	"io"
	"net/http"
	"os"
	"time"

	"preau"
	"preau/media/blob"
)

// patience is how long a reader waits for its first byte. A player shows that
// it waits; a proxy in between would give up at about twice that.
const patience = 30 * time.Second

// coming is a blob that is read while it comes.
type coming struct {
	ctx    context.Context
	pieces *blob.Pieces
	again  func(context.Context) (*blob.Pieces, error)
}

// through opens a blob that is not here, and returns once the first byte that
// is asked for is. Before that byte the answer may still be a sentence: 503,
// which asks to come back (RFC 9110, 15.6.4), and what came meanwhile stays.
// Behind it only a cut connection says that nothing more comes.
func through(w http.ResponseWriter, r *http.Request, deps Deps, cache *small, d blob.Digest) (*content, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	p, err := ready(ctx, r, deps, d)
	if err != nil && ctx.Err() == nil {
		p, err = ready(ctx, r, deps, d) // whoever brought it may have had to stop
	}
	if err != nil {
		return nil, later(w, r, err)
	}
	if p == nil {
		return cache.open(deps.Blobs, d)
	}
	view, err := p.View()
	if err != nil {
		return nil, later(w, r, err) // it stopped just now
	}
	again := func(ctx context.Context) (*blob.Pieces, error) { return deps.Fill(ctx, d) }
	return &content{size: p.Table().Size, file: view, coming: &coming{r.Context(), p, again}}, nil
}

// ready returns a blob that comes, once the first byte of the answer is here;
// nil: it is whole.
func ready(ctx context.Context, r *http.Request, deps Deps, d blob.Digest) (*blob.Pieces, error) {
	p, err := deps.Fill(ctx, d)
	if err != nil || p == nil {
		return nil, err
	}
	if start, ok := firstByte(r, d, p.Table().Size); ok {
		_, err = p.Wait(ctx, start)
	}
	return p, err
}

// firstByte is where the answer to r begins; not ok: it has no bytes.
func firstByte(r *http.Request, d blob.Digest, size int64) (start int64, ok bool) {
	if r.Method != http.MethodGet || size == 0 {
		return 0, false
	}
	spans, what := wanted(r, `"`+d.String()+`"`, size)
	switch what {
	case refuse:
		return 0, false
	case partial:
		return spans[0].start, true
	}
	return 0, true
}

// later says why the first byte does not come.
func later(w http.ResponseWriter, r *http.Request, err error) error {
	if r.Context().Err() != nil {
		return r.Context().Err() // the reader left; there is nobody to tell
	}
	if preau.KindOf(err) == preau.Full {
		return err
	}
	w.Header().Set("Retry-After", "30")
	return preau.E(preau.Unavailable, "this file is not on the box yet, and it does not come now", "Try again in a moment; what came of it is kept. If it lasts, check the school's line.", err)
}

// copySpan writes the bytes of a span as they come. Each was verified before
// it is read.
func (c *coming) copySpan(w io.Writer, view *os.File, sp span, along func()) error {
	off, end, tries := sp.start, sp.start+sp.length, 0
	for off < end {
		to, err := c.pieces.Wait(c.ctx, off)
		if err != nil {
			if c.ctx.Err() != nil {
				return nil // the reader left
			}
			// Whoever brought it was stopped. Once more, then the reader must know.
			if tries++; tries > 1 || c.resume() != nil {
				panic(http.ErrAbortHandler) // said by whoever brings it
			}
			continue
		}
		tries = 0
		n := min(to-off, end-off, stride)
		if _, err := view.Seek(off, io.SeekStart); err != nil {
			panic(http.ErrAbortHandler)
		}
		sent, err := io.Copy(w, io.LimitReader(view, n))
		if err != nil {
			return nil // the reader left
		}
		if sent < n {
			panic(http.ErrAbortHandler) // the disk lost it: never less, as if it were whole
		}
		off += n
		if along != nil {
			along()
		}
	}
	return nil
}

// resume has the blob brought again. The bytes stay where they are: the view
// is of the same file.
func (c *coming) resume() error {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	p, err := c.again(ctx)
	if err == nil && p == nil {
		err = preau.E(preau.Conflict, "the file came another way meanwhile", "Ask again.", nil)
	}
	if err == nil {
		c.pieces = p
	}
	return err
}
