package fetch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"preau"
	"preau/media/blob"
	"preau/media/pack"
)

// reuse takes the chunks that a held blob shares with the wanted one. The
// held blob is cut again: that needs no index which might lag behind, and its
// bytes are hashed on the way, so that one which rotted gives nothing wrong
// and is found out.
func (s *share) reuse(ctx context.Context, kin blob.Digest) error {
	if left, _ := s.p.Left(); left == 0 {
		return nil
	}
	file, info, err := s.Store.Open(kin)
	if err != nil {
		return nil // removed meanwhile; the sources have it all
	}
	defer file.Close()
	table := s.p.Table()
	lacking := map[[sha256.Size]byte][]int{}
	for i, c := range table.Chunks {
		if !s.p.Has(i) {
			lacking[c.Sum] = append(lacking[c.Sum], i)
		}
	}
	whole, reused := sha256.New(), int64(0)
	err = pack.Cut(readerCtx{ctx, file}, table.Bits, func(b []byte) error {
		whole.Write(b) // never fails
		sum := sha256.Sum256(b)
		for _, i := range lacking[sum] {
			if err := s.put(i, b); err != nil {
				return err
			}
			reused += int64(len(b))
		}
		delete(lacking, sum)
		return nil
	})
	switch {
	case err != nil && (ctx.Err() != nil || preau.KindOf(err) == preau.Full):
		return err
	case err != nil:
		s.Log.Warn("held file not read; its chunks are fetched", "blob", kin.String(), "err", err)
		return nil
	case blob.Digest(whole.Sum(nil)) != kin:
		s.Log.Error("a file of the catalogue rotted on the disk and is fetched again", "sha256", kin.String(), "remedy", "check the disk: preau doctor")
		return s.Store.Quarantine(kin)
	}
	s.Log.Info("file made of the one held", "blob", s.want.Digest.String(), "held", kin.String(), "bytes", info.Size(), "reused", reused)
	return nil
}

type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("read a held blob: %w", err)
	}
	return r.r.Read(p)
}
