package fetch

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/time/rate"

	"preau/media/blob"
)

// Capped is src at a rate of its own, in bytes; Fetcher.Limit caps all
// sources together. The limiter's burst bounds each read.
func Capped(src Source, limit *rate.Limiter) RangeSource { return &capped{src, limit} }

type capped struct {
	Source
	limit *rate.Limiter
}

func (c *capped) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	return c.OpenRange(ctx, d, offset, size, size)
}

func (c *capped) OpenRange(ctx context.Context, d blob.Digest, offset, end, size int64) (body io.ReadCloser, at int64, err error) {
	if ranges, ok := c.Source.(RangeSource); ok {
		body, at, err = ranges.OpenRange(ctx, d, offset, end, size)
	} else {
		body, at, err = c.Source.Open(ctx, d, offset, size)
	}
	if err != nil {
		return nil, 0, err
	}
	return &cappedBody{body, ctx, c.limit}, at, nil
}

type cappedBody struct {
	io.ReadCloser
	ctx   context.Context
	limit *rate.Limiter
}

// Read takes little at a time, so that a low rate is a steady trickle and not
// a silence that looks like a stall.
func (b *cappedBody) Read(p []byte) (int, error) {
	if r := b.limit.Limit(); r != rate.Inf {
		p = p[:min(len(p), max(1, min(b.limit.Burst(), int(r/4))))]
	}
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		if err := b.limit.WaitN(b.ctx, n); err != nil {
			return n, fmt.Errorf("keep to a rate: %w", err)
		}
	}
	return n, err
}
