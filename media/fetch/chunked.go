package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"preau"
	"preau/media/blob"
	"preau/media/pack"
)

// tableFrom is the size from which a blob's table is fetched even if nothing
// of it is held and nobody waits: then it costs one more request, and lets
// several sources share the work.
const tableFrom = 8 << 20

// bring brings a blob by chunks when that helps, whole otherwise.
func (f *Fetcher) bring(ctx context.Context, w Want, m *meter, fl *flight, awaited bool) error {
	if f.Store.Has(w.Digest) {
		return nil
	}
	table, kin, err := f.table(ctx, w, awaited)
	if err != nil {
		return err
	}
	if table == nil {
		return f.bringWhole(ctx, w, m)
	}
	believed, err := f.bringPieces(ctx, w, table, kin, m, fl)
	if !believed {
		f.Log.Error("chunk table not believed; fetching the file whole", "blob", w.Digest.String(), "err", err)
		return f.bringWhole(ctx, w, m)
	}
	return err
}

// table finds the table of a blob's chunks, here or at a source. It is nil
// when there is none, or none that helps: the blob comes whole then.
func (f *Fetcher) table(ctx context.Context, w Want, awaited bool) (*pack.Table, []blob.Digest, error) {
	if f.Chunks == nil {
		return nil, nil, nil
	}
	known, err := f.Chunks(ctx, w.Digest)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the chunks of a blob: %w", err)
	}
	name := known.Table
	if name.Size <= 0 || name.Size > pack.MaxTable || !awaited && w.Size < tableFrom && len(known.Kin) == 0 && f.Store.Partial(w.Digest) == 0 {
		return nil, nil, nil
	}
	t, err := f.Store.Table(w.Digest, name.Digest)
	if preau.KindOf(err) == preau.NotFound {
		t, err = f.fetchTable(ctx, w, name)
	}
	if err == nil && (t.Size != w.Size || blob.Digest(t.Blob) != w.Digest) {
		err = preau.E(preau.Corrupt, "the chunk table of blob "+w.Digest.String()+" is another's", "Publish the catalogue again.", nil)
	}
	if err == nil {
		return t, known.Kin, nil
	}
	if ctx.Err() != nil || preau.KindOf(err) == preau.Full {
		return nil, nil, err
	}
	f.Log.Warn("chunk table not had; fetching the file whole", "blob", w.Digest.String(), "err", err)
	return nil, nil, nil
}

// fetchTable asks the sources, nearest first, and keeps what it gets.
func (f *Fetcher) fetchTable(ctx context.Context, w Want, name Want) (*pack.Table, error) {
	last := error(preau.E(preau.Unavailable, "no source is left for a chunk table", "Check the catalogue's address, and the log for the sources that were dropped.", nil))
	for _, src := range f.sources() {
		if f.dropped(src) {
			continue
		}
		raw, err := f.readTable(ctx, src, name)
		if err == nil {
			t, err := pack.Parse(raw)
			if err != nil {
				return nil, err // it is what was signed: no other source will do better
			}
			return t, f.Store.KeepTable(w.Digest, raw)
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if preau.KindOf(err) == preau.Corrupt {
			f.strike(src, name.Digest, err)
		}
		last = err
	}
	return nil, last
}

func (f *Fetcher) readTable(ctx context.Context, src Source, name Want) ([]byte, error) {
	body, at, err := f.open(ctx, src, func(ctx context.Context) (io.ReadCloser, int64, error) {
		return src.Open(ctx, name.Digest, 0, name.Size)
	})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, name.Size+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) < name.Size:
		return nil, cut(src, io.ErrUnexpectedEOF)
	case at != 0 || sha256.Sum256(raw) != name.Digest:
		return nil, preau.E(preau.Corrupt, src.Name()+" has a wrong chunk table", "Publish the catalogue again with its blobs.", nil)
	}
	return raw, nil
}

// bringPieces makes the blob of what is here, then of what all sources give.
// The table is not believed when right chunks make something else.
func (f *Fetcher) bringPieces(ctx context.Context, w Want, t *pack.Table, kin []blob.Digest, m *meter, fl *flight) (believed bool, err error) {
	p, err := f.Store.ReceivePieces(ctx, w.Digest, t)
	if preau.KindOf(err) == preau.Conflict {
		return true, nil // it came meanwhile
	}
	if err != nil {
		return true, err
	}
	defer func() { err = errors.Join(err, p.Close(err)) }()
	fl.pieces = p
	close(fl.began)
	s := newShare(f, w, p, m)
	for _, k := range kin {
		if err := s.reuse(ctx, k); err != nil {
			return true, err
		}
	}
	if err := s.run(ctx); err != nil {
		return true, err
	}
	err = p.Commit()
	return preau.KindOf(err) != preau.Corrupt, err
}
