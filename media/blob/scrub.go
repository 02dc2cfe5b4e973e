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
	"time"

	"preau/internal/durable"
)

// Scrub reads every blob at most at rate bytes a second (0: no limit) and
// moves the rotten ones to quarantine, so that they are fetched again. found
// is called for each.
func (s *Store) Scrub(ctx context.Context, rate int64, found func(Digest)) error {
	return s.walk(func(d Digest, info fs.FileInfo) error {
		start := time.Now()
		ok, err := s.verify(ctx, d)
		if err != nil {
			return err
		}
		if !ok {
			if err := s.quarantine(d); err != nil {
				return err
			}
			found(d)
		}
		if rate <= 0 {
			return ctx.Err()
		}
		wait := time.NewTimer(time.Duration(float64(info.Size())/float64(rate)*float64(time.Second)) - time.Since(start))
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
			return nil
		}
	})
}

func (s *Store) verify(ctx context.Context, d Digest) (bool, error) {
	f, err := os.Open(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // removed meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("open blob to verify: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, readerCtx{ctx, f}); err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, nil // a disk that cannot read it back has lost it
	}
	return Digest(sum.Sum(nil)) == d, nil
}

func (s *Store) quarantine(d Digest) error {
	if err := os.Rename(s.path(d), filepath.Join(s.dir, "quarantine", d.String())); err != nil {
		return fmt.Errorf("move rotten blob aside: %w", err)
	}
	return durable.SyncDir(filepath.Dir(s.path(d)))
}
