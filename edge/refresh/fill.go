package refresh

import (
	"context"

	"preau"
	"preau/media/blob"
	"preau/media/fetch"
)

// Fill brings a file because somebody waits for it (fetch.Fetcher.Fill), from
// the sources of the last refresh.
func (r *Refresher) Fill(ctx context.Context, d blob.Digest) (*blob.Pieces, error) {
	known, err := r.Items.Chunks(ctx, d)
	if err != nil {
		return nil, err
	}
	// It may be on its way in the background, or its table first.
	r.Budget.Hurry(d.String())
	r.Budget.Hurry(known.Table.Digest.String())
	return r.fetcher.Fill(ctx, fetch.Want{Digest: d, Size: known.Size})
}

// Reachable reports whether what is not here may be fetched while somebody
// waits: there is an origin, and it was not silent the last time it was asked.
func (r *Refresher) Reachable() bool { return r.origin != nil && !r.silent.Load() }

// chunks asks the catalogue what helps to bring a blob.
func (r *Refresher) chunks(ctx context.Context, d blob.Digest) (fetch.Chunks, error) {
	known, err := r.Items.Chunks(ctx, d)
	if preau.KindOf(err) == preau.NotFound {
		return fetch.Chunks{}, nil // no item's; it comes whole
	}
	return fetch.Chunks{Table: fetch.Want{Digest: known.Table.Digest, Size: known.Table.Size}, Kin: known.Kin}, err
}
