package refresh

import (
	"context"
	"io"

	"preau"
	"preau/media/blob"
	"preau/media/fetch"
	"preau/sync/budget"
)

// ruled is the origin as background transfers see it: out of its hours it
// gives nothing, but for what a class waits for.
type ruled struct {
	*fetch.HTTP
	budget *budget.Budget
}

// Open implements fetch.Source.
func (r *ruled) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	return r.OpenRange(ctx, d, offset, size, size)
}

// OpenRange implements fetch.RangeSource.
func (r *ruled) OpenRange(ctx context.Context, d blob.Digest, offset, end, size int64) (io.ReadCloser, int64, error) {
	if why, waits := r.budget.Waits(ctx); waits {
		return nil, 0, preau.E(preau.Forbidden, "the origin is not asked now: it "+why.Error(), "Nothing to do: the box goes on by itself. To fetch at once: preau refresh --now.", why)
	}
	return r.HTTP.OpenRange(ctx, d, offset, end, size)
}
