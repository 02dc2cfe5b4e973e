package blob

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// Coming returns the blob that somebody receives by chunks now, or nil.
func (s *Store) Coming(d Digest) *Pieces {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.coming[d]
}

// View opens the bytes for one reader, who asks Wait before reading. The view
// stays good when the blob becomes whole, and when nothing more comes.
func (p *Pieces) View() (*os.File, error) {
	f, err := os.Open(p.store.piecesPath(p.d))
	if err != nil {
		f, err = os.Open(p.store.path(p.d)) // it became whole meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("open incoming blob: %w", err)
	}
	return f, nil
}

// Wait returns once the byte at off may be read, and up to where the bytes
// behind it may. Whoever receives the blob is told that somebody waits.
func (p *Pieces) Wait(ctx context.Context, off int64) (end int64, err error) {
	i := p.table.At(off)
	for {
		p.mu.Lock()
		switch {
		case p.over && p.why == nil:
			p.mu.Unlock()
			return p.table.Size, nil
		case p.here[i]:
			for i+1 < len(p.here) && p.here[i+1] {
				i++
			}
			p.mu.Unlock()
			return p.table.Chunks[i].End(), nil
		case p.over:
			p.mu.Unlock()
			return 0, p.why
		}
		if !slices.Contains(p.queue, i) {
			p.queue = append(p.queue, i)
		}
		change := p.change
		p.mu.Unlock()
		select {
		case <-change:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Urgent is the chunk that somebody has waited for the longest. One for whom
// its reader no longer waits comes out of turn once, which does no harm.
func (p *Pieces) Urgent() (i int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) > 0 && p.here[p.queue[0]] {
		p.queue = p.queue[1:]
	}
	if len(p.queue) == 0 {
		return 0, false
	}
	return p.queue[0], true
}
