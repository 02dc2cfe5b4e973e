package fetch

import (
	"context"
	"errors"
	"io"
)

const piece = 256 << 10 // bytes read at a time

// copy writes what a source gives until it ends. A body that ends early is no
// error here: Commit says what is missing.
func (q *quest) copy(ctx context.Context, src Source) error {
	body, at, err := q.open(ctx, src, func(ctx context.Context) (io.ReadCloser, int64, error) {
		return src.Open(ctx, q.want.Digest, q.in.Offset(), q.want.Size)
	})
	if err != nil {
		return err
	}
	defer body.Close()
	skip := q.in.Offset() - at // what is here already
	buf := make([]byte, min(piece, max(q.want.Size, 1)))
	for {
		n, rerr := body.Read(buf)
		fresh := buf[min(skip, int64(n)):n]
		skip -= int64(n - len(fresh))
		if len(fresh) > 0 {
			if _, err := q.in.Write(fresh); err != nil {
				return err
			}
			q.meter.at(q.want, q.in.Offset())
		}
		if errors.Is(rerr, io.EOF) {
			return nil
		}
		if rerr != nil {
			return rerr
		}
	}
}
