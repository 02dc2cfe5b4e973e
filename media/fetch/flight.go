package fetch

import (
	"context"
	"errors"
	"sync"
	"time"

	"preau"
	"preau/media/blob"
)

// flight is one blob on its way, however many want it.
type flight struct {
	began  chan struct{} // closed when chunks can be waited for
	pieces *blob.Pieces
	done   chan struct{} // closed at the end
	err    error
}

// board returns the flight that brings d; mine says that the caller must fly
// and land it.
func (f *Fetcher) board(d blob.Digest) (fl *flight, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.flights[d]; fl != nil {
		return fl, false
	}
	fl = &flight{began: make(chan struct{}), done: make(chan struct{})}
	if f.flights == nil {
		f.flights = map[blob.Digest]*flight{}
	}
	f.flights[d] = fl
	return fl, true
}

func (f *Fetcher) land(d blob.Digest, fl *flight, err error) {
	f.mu.Lock()
	delete(f.flights, d)
	f.mu.Unlock()
	fl.err = err
	close(fl.done)
}

// once brings w, or waits for whoever brings it already.
func (f *Fetcher) once(ctx context.Context, w Want, m *meter) error {
	for {
		fl, mine := f.board(w.Digest)
		if mine {
			err := f.bring(ctx, w, m, fl, false)
			f.land(w.Digest, fl, err)
			return err
		}
		select {
		case <-fl.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		// Another's context may have ended, not ours.
		if fl.err == nil || !errors.Is(fl.err, context.Canceled) {
			return fl.err
		}
	}
}

// fills are the flights that Fill started.
type fills struct {
	life  context.Context // of Serve; nil: it does not run
	group sync.WaitGroup
	slots chan struct{}
	begun chan struct{} // closed once Serve was called; made by who needs it first
}

// beginsIn is how long Fill waits for Serve: a box that starts answers before
// all of it is at work.
const beginsIn = 3 * time.Second

// maxFills is how many blobs come at a time because somebody waits; a class
// that opens more waits longer, as the line would make it anyway.
const maxFills = 4

// Serve lets Fill start flights, until ctx ends, and waits for them.
func (f *Fetcher) Serve(ctx context.Context) error {
	f.mu.Lock()
	f.fills.life, f.fills.slots = ctx, make(chan struct{}, maxFills)
	select {
	case <-f.begun(): // it serves again
	default:
		close(f.begun())
	}
	f.mu.Unlock()
	<-ctx.Done()
	f.mu.Lock()
	f.fills.life = nil
	f.mu.Unlock()
	f.fills.group.Wait()
	return nil
}

// begun is closed once Serve was called. The caller holds mu.
func (f *Fetcher) begun() chan struct{} {
	if f.fills.begun == nil {
		f.fills.begun = make(chan struct{})
	}
	return f.fills.begun
}

// awaitServe returns once fills can start, or when that takes too long; the
// error is ctx's.
func (f *Fetcher) awaitServe(ctx context.Context) error {
	f.mu.Lock()
	begun := f.begun()
	f.mu.Unlock()
	late := time.NewTimer(beginsIn)
	defer late.Stop()
	select {
	case <-begun:
	case <-late.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Fill brings a blob because somebody waits for it, and returns it as soon as
// its chunks can be waited for: the one waited for comes first, the rest
// behind. It is nil when the blob is whole, which a blob without a table is
// only at its end: nothing else verifies it. Who asks for a blob that comes
// already joins; who leaves stops nothing.
func (f *Fetcher) Fill(ctx context.Context, w Want) (*blob.Pieces, error) {
	for {
		if f.Store.Has(w.Digest) {
			return nil, nil
		}
		if err := f.awaitServe(ctx); err != nil {
			return nil, err
		}
		fl, mine := f.board(w.Digest)
		if mine && !f.start(w, fl) {
			err := preau.E(preau.Unavailable, "the box does not fetch now", "Try again in a moment.", nil)
			f.land(w.Digest, fl, err)
			return nil, err
		}
		select {
		case <-fl.began:
			return fl.pieces, nil
		case <-fl.done:
			// What keeps a transfer of the night from its work need not keep ours.
			if mine || fl.err == nil {
				return nil, fl.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start flies in the background. It reports whether Serve runs.
func (f *Fetcher) start(w Want, fl *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	life, slots := f.fills.life, f.fills.slots
	if life == nil {
		return false
	}
	f.fills.group.Go(func() {
		select {
		case slots <- struct{}{}:
		case <-life.Done():
			f.land(w.Digest, fl, life.Err())
			return
		}
		err := f.bring(life, w, nil, fl, true)
		<-slots
		if err != nil && life.Err() == nil {
			f.Log.Warn("a file that somebody waits for does not come", "blob", w.Digest.String(), "err", err)
		}
		f.land(w.Digest, fl, err)
	})
	return true
}
