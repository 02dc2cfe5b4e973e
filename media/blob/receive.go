package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"preau"
	"preau/internal/durable"
)

// Incoming is a blob on its way in. One receiver at a time has it.
type Incoming struct {
	store *Store
	d     Digest
	size  int64
	f     *os.File
	sum   hash.Hash // of the first off bytes
	off   int64
}

// checkEvery is how many bytes pass between looks at the disk: how much room
// is left, and that what came is on it. After a power cut no more than this
// is fetched again.
const checkEvery = 8 << 20

// Receive takes the blob for this caller, after whoever has it now. What an
// earlier attempt left is hashed again, since a power cut may have torn it;
// Offset says where to go on. preau.Conflict when the blob is already here,
// preau.Full when it would not fit.
func (s *Store) Receive(ctx context.Context, d Digest, size int64) (in *Incoming, err error) {
	if size < 0 {
		return nil, preau.E(preau.Invalid, "a blob cannot have a negative size", "Publish the catalogue again with the size of each file.", nil)
	}
	if err := s.take(ctx, d); err != nil {
		return nil, err
	}
	var f *os.File
	defer func() {
		if err == nil {
			return
		}
		if f != nil {
			f.Close()
			s.dropEmpty(d)
		}
		s.release(d)
	}()
	if s.Has(d) {
		return nil, preau.E(preau.Conflict, "blob "+d.String()+" is already here", "", nil)
	}
	if f, err = os.OpenFile(s.partPath(d), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, diskError("open incoming blob", err)
	}
	in = &Incoming{store: s, d: d, size: size, f: f, sum: sha256.New()}
	if in.off, err = io.Copy(in.sum, readerCtx{ctx, io.LimitReader(f, size)}); err != nil {
		return nil, fmt.Errorf("read incoming blob: %w", err)
	}
	if err := in.truncate(in.off); err != nil {
		return nil, err
	}
	if err := s.room(size - in.off); err != nil {
		return nil, err
	}
	return in, nil
}

// take waits until nobody receives d, and takes it.
func (s *Store) take(ctx context.Context, d Digest) error {
	for {
		s.mu.Lock()
		given := s.busy[d]
		if given == nil {
			s.busy[d] = make(chan struct{})
			s.mu.Unlock()
			return nil
		}
		s.mu.Unlock()
		select {
		case <-given:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) release(d Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.busy[d])
	delete(s.busy, d)
}

// Offset is where the next byte goes.
func (in *Incoming) Offset() int64 { return in.off }

// Write appends. Past the declared size it takes nothing and fails with
// preau.Corrupt; on a full disk with preau.Full, and what came stays.
func (in *Incoming) Write(p []byte) (int, error) {
	if in.off+int64(len(p)) > in.size {
		return 0, preau.E(preau.Corrupt, fmt.Sprintf("more bytes come for blob %s than its %d", in.d, in.size), "Use another source.", nil)
	}
	if in.off/checkEvery != (in.off+int64(len(p)))/checkEvery {
		if err := in.store.room(in.size - in.off); err != nil {
			return 0, err
		}
		if err := in.f.Sync(); err != nil {
			return 0, diskError("sync incoming blob", err)
		}
	}
	n, err := in.f.Write(p)
	in.sum.Write(p[:n]) // never fails
	in.off += int64(n)
	if err != nil {
		return n, diskError("write incoming blob", err)
	}
	return n, nil
}

// Restart throws away what came so far.
func (in *Incoming) Restart() error {
	in.sum.Reset()
	in.off = 0
	return in.truncate(0)
}

func (in *Incoming) truncate(n int64) error {
	if err := in.f.Truncate(n); err != nil {
		return fmt.Errorf("truncate incoming blob: %w", err)
	}
	if _, err := in.f.Seek(n, io.SeekStart); err != nil {
		return fmt.Errorf("seek incoming blob: %w", err)
	}
	return nil
}

// Close gives the blob to the next receiver. What came stays on the disk, to
// be resumed.
func (in *Incoming) Close() error {
	err := in.f.Close()
	if in.off == 0 {
		in.store.dropEmpty(in.d)
	}
	in.store.release(in.d)
	return err
}

// Put receives a whole blob from r.
func (s *Store) Put(ctx context.Context, d Digest, size int64, r io.Reader) error {
	in, err := s.Receive(ctx, d, size)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := in.Restart(); err != nil {
		return err
	}
	if _, err := io.Copy(in, readerCtx{ctx, r}); err != nil {
		return err
	}
	return in.Commit()
}

// room refuses what would eat into the floor.
func (s *Store) room(need int64) error {
	free, _, err := durable.FreeSpace(s.dir)
	if err != nil {
		return err
	}
	if need > 0 && free < s.floor+uint64(need) {
		return full(fmt.Errorf("%d bytes free, %d needed above a floor of %d", free, need, s.floor))
	}
	return nil
}

func full(cause error) error {
	return preau.E(preau.Full, "the disk has no room for more content", "Remove packs or fit a larger disk; lessons and records go on.", cause)
}

// diskError tells a full disk apart from other faults.
func diskError(what string, err error) error {
	if durable.IsFull(err) {
		return full(err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// dropEmpty removes a part that holds nothing: a name tells nobody anything.
func (s *Store) dropEmpty(d Digest) {
	if info, err := os.Stat(s.partPath(d)); err == nil && info.Size() == 0 {
		if err := os.Remove(s.partPath(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return // an empty file costs nothing; Sweep tries again
		}
	}
}

type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
