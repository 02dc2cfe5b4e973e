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

// Pace is how a scrub goes: from the blob after From (nil: the first), at most
// Rate bytes a second (0: no limit), and before each blob as Wait lets it (nil:
// at once).
type Pace struct {
	From *Digest
	Rate int64
	Wait func(ctx context.Context) error
}

// Scrub reads the blobs from the disk in the order of their names, and tells
// of each whether it is still itself. What becomes of a rotten one is the
// caller's to do (Quarantine).
func (s *Store) Scrub(ctx context.Context, pace Pace, seen func(d Digest, size int64, good bool) error) error {
	limit := rate.NewLimiter(rate.Inf, scrubBuffer)
	if pace.Rate > 0 {
		limit = rate.NewLimiter(rate.Limit(pace.Rate), scrubBuffer)
	}
	buf := make([]byte, scrubBuffer)
	return s.walk(pace.From, func(d Digest, info fs.FileInfo) error {
		if pace.Wait != nil {
			if err := pace.Wait(ctx); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		good, err := s.verify(ctx, d, limit, buf)
		if err != nil {
			return err
		}
		return seen(d, info.Size(), good)
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
