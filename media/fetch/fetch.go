package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"preau"
	"preau/media/blob"
)

// Want is a blob to bring.
type Want struct {
	Digest blob.Digest
	Size   int64
}

// Progress is how far a run is, for bars and pages.
type Progress struct {
	Blobs, BlobsDone int
	Bytes, BytesDone int64
}

// Fetcher brings blobs into a store. Its fields are set once.
type Fetcher struct {
	Store   *blob.Store
	Sources []Source
	Log     *slog.Logger
	// Limit caps the rate in bytes; nil: no cap.
	Limit *rate.Limiter
	// Stall is how long a transfer may bring nothing; 0: a minute.
	Stall time.Duration
	// Report hears of progress now and then; may be nil.
	Report func(Progress)

	mu      sync.Mutex
	dropped map[string]bool
}

const (
	tries    = 4 // per blob and run: the caller runs again later
	chunk    = 64 << 10
	maxPause = 30 * time.Second
)

// Run brings every want, in order, and returns the errors of those it could
// not bring, joined. A full disk or the end of ctx stops it.
func (f *Fetcher) Run(ctx context.Context, wants []Want) error {
	p := Progress{Blobs: len(wants)}
	for _, w := range wants {
		p.Bytes += w.Size
		p.BytesDone += f.Store.Partial(w.Digest)
	}
	var failed []error
	for _, w := range wants {
		before := p.BytesDone - f.Store.Partial(w.Digest)
		err := f.bring(ctx, w, func(off int64) {
			p.BytesDone = before + off
			f.report(p)
		})
		switch {
		case err == nil:
			p.BlobsDone++
			p.BytesDone = before + w.Size
			f.report(p)
		case ctx.Err() != nil:
			return ctx.Err()
		case preau.KindOf(err) == preau.Full:
			return err
		default:
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (f *Fetcher) report(p Progress) {
	if f.Report != nil {
		f.Report(p)
	}
}

// bring tries the sources in order, again and again, from where the disk
// stands.
func (f *Fetcher) bring(ctx context.Context, w Want, moved func(int64)) error {
	if f.Store.Has(w.Digest) {
		return nil
	}
	in, err := f.Store.Receive(ctx, w.Digest, w.Size)
	switch preau.KindOf(err) {
	case preau.Conflict:
		return nil // it came meanwhile
	default:
		if err != nil {
			return err
		}
	}
	defer in.Close()
	var last error
	for try := range tries {
		if try > 0 {
			if err := pause(ctx, try); err != nil {
				return err
			}
		}
		for _, src := range f.Sources {
			if f.isDropped(src) {
				continue
			}
			before := in.Offset()
			last = f.from(ctx, src, in, w, moved)
			switch {
			case last == nil:
				return nil
			case ctx.Err() != nil, preau.KindOf(last) == preau.Full:
				return last
			case preau.KindOf(last) == preau.Corrupt && before == 0:
				// All its bytes were this source's.
				f.drop(src, last)
			case preau.KindOf(last) == preau.Corrupt:
				// Whose bytes were wrong cannot be known: begin again.
				if err := in.Restart(); err != nil {
					return err
				}
			}
		}
	}
	if last == nil {
		last = preau.E(preau.Unavailable, "no source is left for blob "+w.Digest.String(), "Check the catalogue's address; see preau status.", nil)
	}
	return last
}

// from copies from one source until the blob is whole, and commits it.
func (f *Fetcher) from(ctx context.Context, src Source, in *blob.Incoming, w Want, moved func(int64)) error {
	if in.Offset() < w.Size {
		if err := f.copy(ctx, src, in, w, moved); err != nil {
			return err
		}
	}
	return in.Commit()
}

func (f *Fetcher) copy(ctx context.Context, src Source, in *blob.Incoming, w Want, moved func(int64)) error {
	stall := f.Stall
	if stall == 0 {
		stall = time.Minute
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The deadline is on progress: a 2 GB film over a thin line takes a night.
	watch := time.AfterFunc(stall, func() {
		cancel(preau.E(preau.Unavailable, fmt.Sprintf("%s sent nothing for %v", src.Name(), stall), "Nothing to do: the box tries again by itself.", nil))
	})
	defer watch.Stop()
	body, err := src.Open(ctx, w.Digest, in.Offset(), w.Size)
	if err != nil {
		return causeOr(ctx, err)
	}
	defer body.Close()
	buf := make([]byte, chunk)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			watch.Reset(stall)
			if _, werr := in.Write(buf[:n]); werr != nil {
				return werr
			}
			moved(in.Offset())
			if f.Limit != nil {
				if lerr := f.Limit.WaitN(ctx, min(n, f.Limit.Burst())); lerr != nil {
					return causeOr(ctx, lerr)
				}
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil // Commit says whether it is enough
		}
		if err != nil {
			return causeOr(ctx, preau.E(preau.Unavailable, src.Name()+" cut the transfer", "Nothing to do: the box tries again by itself.", err))
		}
	}
}

// causeOr prefers why we cancelled to what the cancellation broke.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (f *Fetcher) isDropped(s Source) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped[s.Name()]
}

func (f *Fetcher) drop(s Source, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped == nil {
		f.dropped = map[string]bool{}
	}
	f.dropped[s.Name()] = true
	f.Log.Error("source dropped: it sends wrong bytes", "source", s.Name(), "err", why)
}

// pause waits before try n, with jitter: 60 000 boxes must not come back as
// one.
func pause(ctx context.Context, n int) error {
	d := min(time.Second<<n, maxPause)
	t := time.NewTimer(d/2 + rand.N(d/2))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
