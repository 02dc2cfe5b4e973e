package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/time/rate"

	"preau/internal/durable"
)

const scrubBuffer = 256 << 10

// Scrub reads every blob from the disk, at most bytesPerSecond (0: no limit),
// and sets the rotten ones aside, so that they are wanted again. found is
// called for each.
func (s *Store) Scrub(ctx context.Context, bytesPerSecond int64, found func(Digest)) error {
	limit := rate.NewLimiter(rate.Inf, scrubBuffer)
	if bytesPerSecond > 0 {
		limit = rate.NewLimiter(rate.Limit(bytesPerSecond), scrubBuffer)
	}
	buf := make([]byte, scrubBuffer)
	return s.walk(func(d Digest, _ fs.FileInfo) error {
		ok, err := s.verify(ctx, d, limit, buf)
		if err != nil || ok {
			return err
		}
		if err := s.Quarantine(d); err != nil {
			return err
		}
		found(d)
		return nil
	})
}

func (s *Store) verify(ctx context.Context, d Digest, limit *rate.Limiter, buf []byte) (bool, error) {
	f, err := os.Open(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // removed meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("open blob to verify: %w", err)
	}
	defer f.Close()
	// What memory holds says nothing of the disk.
	forgetCached(f)
	sum := sha256.New()
	for {
		n, err := f.Read(buf)
		sum.Write(buf[:n]) // never fails
		if errors.Is(err, io.EOF) {
			return Digest(sum.Sum(nil)) == d, nil
		}
		if err != nil {
			return false, nil // a disk that cannot read it back has lost it
		}
		if err := limit.WaitN(ctx, n); err != nil {
			return false, fmt.Errorf("scrub blobs: %w", err)
		}
	}
}

// Quarantine sets a blob aside whose bytes were found rotten: it is not here
// any more, until it comes again. One that is gone meanwhile is no error.
func (s *Store) Quarantine(d Digest) error {
	err := os.Rename(s.path(d), s.quarantinePath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("set rotten blob aside: %w", err)
	}
	return durable.SyncDir(filepath.Dir(s.path(d)))
}
