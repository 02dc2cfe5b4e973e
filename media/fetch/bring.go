package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"preau"
	"preau/media/blob"
)

const (
	maxTries = 4 // rounds of all sources without a byte of progress; the caller runs again later
	maxPause = 30 * time.Second
	maxMixed = 3
)

// quest is one blob on its way.
type quest struct {
	*Fetcher
	want  Want
	in    *blob.Incoming
	meter *meter
	// giver gave every byte that is here; nil when there are none, or when
	// they are of several hands: then nobody can be blamed for them.
	giver Source
	given bool // bytes are here
	out   map[Source]bool
	mixed int // times that bytes of several hands were not the blob
}

// bringWhole tries the sources nearest first, again and again, from where the
// disk stands, as long as bytes come.
func (f *Fetcher) bringWhole(ctx context.Context, w Want, m *meter) error {
	in, err := f.Store.Receive(ctx, w.Digest, w.Size)
	if err != nil {
		if preau.KindOf(err) == preau.Conflict {
			return nil // it came meanwhile
		}
		return err
	}
	q := &quest{Fetcher: f, want: w, in: in, meter: m, given: in.Offset() > 0, out: map[Source]bool{}}
	err = q.run(ctx)
	return errors.Join(err, in.Close())
}

func (q *quest) run(ctx context.Context) error {
	sources := q.sources()
	var last error
	for try := 1; try <= maxTries; try++ {
		moved, left := false, 0
		for _, src := range sources {
			if q.out[src] || q.dropped(src) {
				continue
			}
			progress, err := q.from(ctx, src)
			if err == nil {
				return nil
			}
			if ctx.Err() != nil || preau.KindOf(err) == preau.Full {
				return err
			}
			moved = moved || progress
			if last == nil || preau.KindOf(err) != preau.NotFound {
				last = err // that one of several has it not is the least of news
			}
			if !q.out[src] {
				left++
			}
		}
		if last == nil {
			return preau.E(preau.Unavailable, "no source is left for blob "+q.want.Digest.String(), "Check the catalogue's address, and the log for the sources that were dropped.", nil)
		}
		if left == 0 {
			return last
		}
		if moved {
			try = 1 // a line that cuts every minute still brings a film by morning
		}
		if try == maxTries {
			return last
		}
		if err := q.pause(ctx, try, last); err != nil {
			return err
		}
	}
	return last
}

// from takes what one source gives, and commits when that is all. progress
// says whether bytes came that stay.
func (q *quest) from(ctx context.Context, src Source) (progress bool, err error) {
	before := q.in.Offset()
	if before < q.want.Size {
		err := q.copy(ctx, src)
		progress = q.in.Offset() > before
		switch {
		case !progress:
		case !q.given:
			q.giver, q.given = src, true
		case q.giver != src:
			q.giver = nil
		}
		if err != nil {
			q.exclude(src, err)
			return progress, err
		}
	}
	if err = q.in.Commit(); err == nil {
		return true, nil
	}
	if preau.KindOf(err) != preau.Corrupt {
		return progress, err
	}
	return q.mismatch(ctx, src, err)
}

// exclude sends a source out that will not do better for this blob.
func (q *quest) exclude(src Source, err error) {
	switch preau.KindOf(err) {
	case preau.NotFound, preau.Forbidden:
		q.out[src] = true
	case preau.Corrupt:
		q.out[src] = true
		q.strike(src, q.want.Digest, err)
	}
}

// mismatch follows a refusal at the gate, which threw the bytes away. If all
// were of one source it is out; if not, whose were wrong cannot be known (a
// power cut tears files too), and this source begins again from nothing.
func (q *quest) mismatch(ctx context.Context, src Source, err error) (bool, error) {
	blamed := q.giver
	q.giver, q.given = nil, false
	q.meter.at(q.want, 0)
	if blamed == nil && q.mixed < maxMixed {
		q.mixed++
		q.Log.Warn("what came in several parts is not the blob; fetching it again", "blob", q.want.Digest.String(), "source", src.Name())
		return q.from(ctx, src)
	}
	if blamed == nil {
		blamed = src // it had its chances
	}
	q.out[blamed] = true
	q.strike(blamed, q.want.Digest, err)
	return false, fmt.Errorf("fetch from %s: %w", blamed.Name(), err)
}

// pause waits before the next round, with jitter: 60 000 boxes must not come
// back as one. A source that asks for more than we would wait is left to the
// caller's next run.
func (f *Fetcher) pause(ctx context.Context, try int, last error) error {
	d := f.Backoff
	if d <= 0 {
		d = 2 * time.Second
	}
	d = min(d<<(try-1), maxPause)
	d = d/2 + rand.N(d/2+1)
	if later, ok := errors.AsType[*Later](last); ok {
		rest := time.Until(later.Until)
		if rest > maxPause {
			return last
		}
		d = max(d, rest+rand.N(d+1))
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
