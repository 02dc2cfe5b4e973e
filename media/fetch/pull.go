package fetch

import (
	"context"
	"errors"
	"io"

	"preau"
)

// pull takes the chunks of a run from one source, in one request. moved says
// whether some came.
func (s *share) pull(ctx context.Context, src Source, r *span) (moved bool, err error) {
	t := s.p.Table()
	s.mu.Lock()
	first, end := t.Chunks[r.next].Offset, t.Chunks[r.end-1].End()
	s.mu.Unlock()
	body, at, err := s.open(ctx, src, func(ctx context.Context) (io.ReadCloser, int64, error) {
		if ranges, ok := src.(RangeSource); ok {
			return ranges.OpenRange(ctx, s.want.Digest, first, end, t.Size)
		}
		return src.Open(ctx, s.want.Digest, first, t.Size)
	})
	if err != nil {
		return false, err
	}
	defer body.Close()
	if at > first {
		return false, preau.E(preau.Corrupt, src.Name()+" begins behind what it was asked for", "Tell whoever keeps this server; its Range answers are wrong.", nil)
	}
	// What comes before the run is looked at too: it has to be read anyway.
	i := t.At(at)
	if t.Chunks[i].Offset < at {
		if _, err := io.CopyN(io.Discard, body, t.Chunks[i].End()-at); err != nil {
			return false, s.short(src, err)
		}
		i++
	}
	var buf []byte
	for taken := 0; s.goesOn(r, i, taken); i++ {
		c := t.Chunks[i]
		if len(buf) < c.Length {
			buf = make([]byte, 2*c.Length)
		}
		if _, err := io.ReadFull(body, buf[:c.Length]); err != nil {
			return moved, s.short(src, err)
		}
		if s.p.Has(i) {
			continue
		}
		if err := s.put(i, buf[:c.Length]); err != nil {
			return moved, blame(src, err)
		}
		moved = true
		taken++
	}
	return moved, nil
}

// short is a body that ended early.
func (s *share) short(src Source, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return cut(src, io.ErrUnexpectedEOF)
	}
	return err
}

// blame names the source of a wrong chunk.
func blame(src Source, err error) error {
	if preau.KindOf(err) != preau.Corrupt {
		return err
	}
	return preau.E(preau.Corrupt, src.Name()+" sends wrong bytes", "Use another source; nothing of it was kept.", err)
}

// goesOn reports whether a source that is at chunk i goes on with its run. It
// does not when another took the rest, or when somebody waits elsewhere.
func (s *share) goesOn(r *span, i, taken int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.next = max(r.next, min(i, r.end))
	if i >= r.end || s.fatal != nil {
		return false
	}
	if taken < stride {
		return true
	}
	u, ok := s.p.Urgent()
	if !ok || u >= i && u < i+stride {
		return true
	}
	other := s.on(u)
	return other != nil && other != r && u < other.next+stride
}

// put keeps a chunk and counts it.
func (s *share) put(i int, b []byte) error {
	if err := s.p.Put(i, b); err != nil {
		return err
	}
	_, here := s.p.Left()
	s.meter.at(s.want, here)
	return nil
}
