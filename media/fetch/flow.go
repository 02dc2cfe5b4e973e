package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/time/rate"

	"preau"
)

// least is how many bytes a source brings within a stall. One that trickles
// would keep a blob from sources that are quicker, for ever.
const least = 4 << 10

// flow is what a source gives, under watch: the deadline is on progress,
// since a film of 2 GB over a thin line takes a night, and waiting for our own
// rate cap does not count.
type flow struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	src    Source
	body   io.ReadCloser
	watch  *time.Timer
	stall  time.Duration
	left   time.Duration // until it has to have brought the least
	moved  int           // of it
	limit  *rate.Limiter
}

// open starts a flow by ask, which must use the context it is given.
func (f *Fetcher) open(parent context.Context, src Source, ask func(context.Context) (io.ReadCloser, int64, error)) (*flow, int64, error) {
	stall := f.Stall
	if stall <= 0 {
		stall = time.Minute
	}
	ctx, cancel := context.WithCancelCause(parent)
	fl := &flow{ctx: ctx, cancel: cancel, src: src, stall: stall, left: stall, limit: f.Limit}
	fl.watch = time.AfterFunc(stall, func() {
		cancel(preau.E(preau.Unavailable, fmt.Sprintf("%s sent next to nothing for %v", src.Name(), stall), "Nothing to do: the box tries again by itself.", nil))
	})
	body, at, err := ask(ctx)
	fl.watch.Stop()
	if err != nil {
		err = causeOr(ctx, err)
		cancel(nil)
		return nil, 0, err
	}
	fl.body = body
	return fl, at, nil
}

// Read passes io.EOF on; a body that ends early is for the caller to judge.
func (f *flow) Read(p []byte) (int, error) {
	if f.limit != nil && f.limit.Limit() != rate.Inf {
		p = p[:min(len(p), max(f.limit.Burst(), 1))]
	}
	began := time.Now()
	f.watch.Reset(f.left)
	n, err := f.body.Read(p)
	f.watch.Stop()
	f.left -= time.Since(began)
	if f.moved += n; f.moved >= least {
		f.moved, f.left = 0, f.stall
	}
	if f.limit != nil && n > 0 {
		if err := f.limit.WaitN(f.ctx, n); err != nil {
			return n, causeOr(f.ctx, err)
		}
	}
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, io.EOF
	}
	return n, causeOr(f.ctx, cut(f.src, err))
}

func (f *flow) Close() error {
	f.watch.Stop()
	err := f.body.Close()
	f.cancel(nil)
	return err
}

func cut(src Source, cause error) error {
	return preau.E(preau.Unavailable, src.Name()+" cut the transfer", "Nothing to do: the box tries again by itself.", cause)
}

// causeOr prefers why we cancelled to what the cancellation broke.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
