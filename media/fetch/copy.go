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

const chunk = 64 << 10

// copy writes what a source gives until it ends. A body that ends early is no
// error here: Commit says what is missing. The deadline is on progress, since
// a film of 2 GB over a thin line takes a night; waiting for our own rate cap
// does not count.
func (q *quest) copy(parent context.Context, src Source) error {
	stall := q.Stall
	if stall <= 0 {
		stall = time.Minute
	}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() {
		cancel(preau.E(preau.Unavailable, fmt.Sprintf("%s sent nothing for %v", src.Name(), stall), "Nothing to do: the box tries again by itself.", nil))
	})
	defer watch.Stop()
	body, at, err := src.Open(ctx, q.want.Digest, q.in.Offset(), q.want.Size)
	if err != nil {
		return causeOr(ctx, err)
	}
	defer body.Close()
	skip := q.in.Offset() - at // what is here already
	size := chunk
	if q.Limit != nil && q.Limit.Limit() != rate.Inf {
		size = min(size, q.Limit.Burst())
	}
	buf := make([]byte, max(size, 1))
	for {
		watch.Reset(stall)
		n, rerr := body.Read(buf)
		watch.Stop()
		fresh := buf[min(skip, int64(n)):n]
		skip -= int64(n - len(fresh))
		if len(fresh) > 0 {
			if _, err := q.in.Write(fresh); err != nil {
				return err
			}
			q.meter.at(q.want, q.in.Offset())
		}
		if q.Limit != nil && n > 0 {
			if err := q.Limit.WaitN(ctx, n); err != nil {
				return causeOr(ctx, err)
			}
		}
		if errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF) {
			return nil
		}
		if rerr != nil {
			return causeOr(ctx, preau.E(preau.Unavailable, src.Name()+" cut the transfer", "Nothing to do: the box tries again by itself.", rerr))
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
