package fetch

import (
	"context"
	"sync"
	"time"

	"preau"
	"preau/media/blob"
)

const (
	// lead is how long each source has before the next, farther one joins: what
	// a stick gives in a moment is not asked of a thin line too.
	lead = 300 * time.Millisecond
	// stride is how many chunks a source gives before it is called away to
	// where somebody waits, and how many chunks ahead of it are soon enough.
	stride = 16
)

// share is one blob's chunks, shared out among the sources.
type share struct {
	*Fetcher
	want  Want
	p     *blob.Pieces
	meter *meter
	from  []Source // nearest first

	mu     sync.Mutex
	moved  *sync.Cond
	runs   map[*span]bool // what each source is on
	failed chan struct{}  // a source gave up: the next may join at once
	last   error
	fatal  error
	stop   context.CancelFunc
}

// span is chunks [next, end): what a source is on. Another may take its end.
type span struct{ next, end int }

func newShare(f *Fetcher, w Want, p *blob.Pieces, m *meter) *share {
	sources := f.sources()
	s := &share{Fetcher: f, from: sources, want: w, p: p, meter: m, runs: map[*span]bool{}, failed: make(chan struct{}, len(sources))}
	s.moved = sync.NewCond(&s.mu)
	_, here := p.Left()
	m.at(w, here)
	return s
}

// run lets every source give what it can, until all chunks are here or no
// source has more.
func (s *share) run(ctx context.Context) error {
	if left, _ := s.p.Left(); left == 0 {
		return nil
	}
	ctx, s.stop = context.WithCancel(ctx)
	defer s.stop()
	defer context.AfterFunc(ctx, func() { s.mu.Lock(); s.moved.Broadcast(); s.mu.Unlock() })()
	var sources sync.WaitGroup
	for _, src := range s.from {
		if s.dropped(src) {
			continue
		}
		sources.Go(func() {
			s.serve(ctx, src)
			s.failed <- struct{}{}
			if left, _ := s.p.Left(); left == 0 {
				s.stop()
			}
		})
		if !s.wait(ctx) {
			break
		}
	}
	sources.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if left, _ := s.p.Left(); left == 0 {
		return nil
	}
	switch {
	case s.fatal != nil:
		return s.fatal
	case ctx.Err() != nil:
		return ctx.Err()
	case s.last == nil:
		return preau.E(preau.Unavailable, "no source is left for blob "+s.want.Digest.String(), "Check the catalogue's address, and the log for the sources that were dropped.", nil)
	}
	return s.last
}

// wait gives the nearer sources their lead. It reports whether more help is
// wanted at all.
func (s *share) wait(ctx context.Context) bool {
	t := time.NewTimer(lead)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.failed:
	case <-ctx.Done():
		return false
	}
	left, _ := s.p.Left()
	return left > 0
}

// serve works with one source until there is nothing left to do, or until it
// has nothing more to give.
func (s *share) serve(ctx context.Context, src Source) {
	for try := 1; ; try++ {
		r := s.take(ctx)
		if r == nil {
			return
		}
		moved, err := s.pull(ctx, src, r)
		s.drop(r)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			try = 0
			continue
		}
		s.mu.Lock()
		if s.last == nil || preau.KindOf(err) != preau.NotFound {
			s.last = err
		}
		s.mu.Unlock()
		switch preau.KindOf(err) {
		case preau.Corrupt:
			s.strike(src, s.want.Digest, err)
			return
		case preau.NotFound, preau.Forbidden:
			return
		case preau.Full:
			s.fail(err)
			return
		}
		if moved {
			try = 1
		}
		if try >= maxTries || s.pause(ctx, try, err) != nil {
			return
		}
	}
}

// fail ends the work of all.
func (s *share) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fatal = err
	s.stop()
}

// take finds what a source does next: what somebody waits for, what nobody is
// on, or the second half of what another is on, which may be slow or stuck. It
// waits while there is none of them; nil: all is done.
func (s *share) take(ctx context.Context) *span {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if left, _ := s.p.Left(); left == 0 || ctx.Err() != nil || s.fatal != nil {
			return nil
		}
		r := s.awaited()
		if r == nil {
			r = s.idle(0)
		}
		if r == nil {
			r = s.half()
		}
		if r != nil {
			s.runs[r] = true
			return r
		}
		s.moved.Wait()
	}
}

func (s *share) drop(r *span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.runs, r)
	s.moved.Broadcast()
}

// on returns the run that chunk i is in.
func (s *share) on(i int) *span {
	for r := range s.runs {
		if i >= r.next && i < r.end {
			return r
		}
	}
	return nil
}

// awaited is the run from the chunk that somebody waits for on, unless a
// source is about to get there.
func (s *share) awaited() *span {
	i, ok := s.p.Urgent()
	if !ok {
		return nil
	}
	r := s.on(i)
	if r == nil {
		return s.idle(i)
	}
	if i < r.next+stride {
		return nil
	}
	tail := &span{i, r.end}
	r.end = i
	return tail
}

// idle is the first run, from chunk i on, that is not here and that nobody is
// on.
func (s *share) idle(i int) *span {
	n := len(s.p.Table().Chunks)
	free := func(i int) bool { return !s.p.Has(i) && s.on(i) == nil }
	for i < n && !free(i) {
		i++
	}
	if i == n {
		return nil
	}
	r := &span{i, i + 1}
	for r.end < n && free(r.end) {
		r.end++
	}
	return r
}

// half is the second half of the longest run.
func (s *share) half() *span {
	var longest *span
	for r := range s.runs {
		if longest == nil || r.end-r.next > longest.end-longest.next {
			longest = r
		}
	}
	switch {
	case longest == nil || longest.next >= longest.end:
		return nil
	case longest.next == longest.end-1:
		return &span{longest.next, longest.end} // who comes first
	}
	middle := longest.next + (longest.end-longest.next+1)/2
	tail := &span{middle, longest.end}
	longest.end = middle
	return tail
}
