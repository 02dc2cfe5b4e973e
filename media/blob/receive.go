package blob

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/durable"
)

// Incoming is a blob on its way in. Only one receiver at a time has it.
type Incoming struct {
	store *Store
	d     Digest
	size  int64
	f     *os.File
	sum   hash.Hash // of the first off bytes
	off   int64
}

// checkEvery is how many bytes pass between looks at the disk's free space.
const checkEvery = 8 << 20

// Receive takes the blob for this caller. What an earlier attempt left is
// hashed again, since a power cut may have torn it; Offset says where to go
// on. preau.Busy when another receiver has it, preau.Conflict when it is
// already here, preau.Full when it would not fit.
func (s *Store) Receive(d Digest, size int64) (in *Incoming, err error) {
	if size < 0 {
		return nil, preau.E(preau.Invalid, "a blob cannot have a negative size", "", nil)
	}
	if s.Has(d) {
		return nil, preau.E(preau.Conflict, "blob "+d.String()+" is already here", "", nil)
	}
	s.mu.Lock()
	if s.busy[d] {
		s.mu.Unlock()
		return nil, preau.E(preau.Busy, "blob "+d.String()+" is already being received", "", nil)
	}
	s.busy[d] = true
	s.mu.Unlock()
	defer func() {
		if err != nil {
			s.release(d)
		}
	}()
	f, err := os.OpenFile(s.partPath(d), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open incoming blob: %w", err)
	}
	in = &Incoming{store: s, d: d, size: size, f: f, sum: sha256.New()}
	n, err := io.Copy(in.sum, io.LimitReader(f, size))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read incoming blob: %w", err)
	}
	in.off = n
	if err := in.truncate(n); err != nil {
		f.Close()
		return nil, err
	}
	if err := s.room(size - n); err != nil {
		f.Close()
		return nil, err
	}
	return in, nil
}

// Offset is where the next byte goes.
func (in *Incoming) Offset() int64 { return in.off }

// Write appends. Past the declared size it fails with preau.Corrupt.
func (in *Incoming) Write(p []byte) (int, error) {
	if in.off+int64(len(p)) > in.size {
		return 0, preau.E(preau.Corrupt, "the source sends more bytes than blob "+in.d.String()+" has", "Use another source.", nil)
	}
	if in.off/checkEvery != (in.off+int64(len(p)))/checkEvery {
		if err := in.store.room(in.size - in.off); err != nil {
			return 0, err
		}
	}
	n, err := in.f.Write(p)
	in.sum.Write(p[:n]) // never fails
	in.off += int64(n)
	if err != nil {
		if durable.IsFull(err) {
			return n, full(err)
		}
		return n, fmt.Errorf("write incoming blob: %w", err)
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

// Commit is the gate. Bytes that are not the blob are removed and the error
// is preau.Corrupt; fewer bytes than declared leave the part for later and
// are preau.Unavailable.
func (in *Incoming) Commit() error {
	if in.off < in.size {
		return preau.E(preau.Unavailable, fmt.Sprintf("blob %s stops at %d of %d bytes", in.d, in.off, in.size), "It resumes from there.", nil)
	}
	if got := (Digest)(in.sum.Sum(nil)); got != in.d {
		err := preau.E(preau.Corrupt, fmt.Sprintf("the bytes received for blob %s are not it (they hash to %s)", in.d, got), "Use another source; nothing of it was kept.", nil)
		return errors.Join(err, in.Restart())
	}
	if err := in.f.Sync(); err != nil {
		return fmt.Errorf("sync incoming blob: %w", err)
	}
	path := in.store.path(in.d)
	dir := filepath.Dir(path)
	if err := os.Mkdir(dir, 0o755); err == nil {
		if err := durable.SyncDir(filepath.Dir(dir)); err != nil {
			return err
		}
	} else if !os.IsExist(err) {
		return fmt.Errorf("make the blob's folder: %w", err)
	}
	if err := os.Rename(in.store.partPath(in.d), path); err != nil {
		return fmt.Errorf("admit blob: %w", err)
	}
	return durable.SyncDir(dir)
}

// Close gives the blob back to other receivers. What came stays on the disk,
// to be resumed.
func (in *Incoming) Close() error {
	in.store.release(in.d)
	return in.f.Close()
}

func (s *Store) release(d Digest) {
	s.mu.Lock()
	delete(s.busy, d)
	s.mu.Unlock()
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
