// Package blob keeps content named by its SHA-256. It promises one gate:
// nothing can be opened before its size and hash were verified and its bytes
// and name are on the disk; what was interrupted resumes where the disk
// stands and is verified whole all the same. It refuses overwriting, and
// filling the disk beyond the floor that keeps the journal safe.
//
// On disk: DIR/blobs/ab/<sha256> whole and verified; DIR/incoming/<sha256>.part
// on its way; DIR/quarantine/<sha256> once whole, now rotten.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"preau"
	"preau/internal/durable"
)

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(s string) (d Digest, err error) {
	ok := len(s) == 2*len(d)
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f'
	}
	if !ok {
		return d, preau.E(preau.Invalid, fmt.Sprintf("%.70q is not a SHA-256", s), "Give 64 lower-case hexadecimal digits.", nil)
	}
	_, err = hex.Decode(d[:], []byte(s))
	return d, err
}

// String gives the 64 digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Store is a folder of blobs. Its methods may be called from any goroutine.
type Store struct {
	dir   string
	floor uint64

	mu   sync.Mutex
	busy map[Digest]bool // being received
}

// Open prepares dir. floor is how many bytes of the disk blobs leave free.
func Open(dir string, floor uint64) (*Store, error) {
	s := &Store{dir: dir, floor: floor, busy: map[Digest]bool{}}
	for _, sub := range []string{"blobs", "incoming", "quarantine"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("make the folder of %s: %w", sub, err)
		}
	}
	return s, durable.SyncDir(dir)
}

func (s *Store) path(d Digest) string {
	name := d.String()
	return filepath.Join(s.dir, "blobs", name[:2], name)
}

func (s *Store) partPath(d Digest) string {
	return filepath.Join(s.dir, "incoming", d.String()+".part")
}

// Has reports whether the blob is here, whole.
func (s *Store) Has(d Digest) bool {
	_, err := os.Stat(s.path(d))
	return err == nil
}

// Open opens the blob for reading; preau.NotFound when it is not here.
func (s *Store) Open(d Digest) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, preau.E(preau.NotFound, "blob "+d.String()+" is not on the box", "It comes with the next refresh of the catalogue.", nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open blob: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("stat blob: %w", err)
	}
	return f, info, nil
}

// Partial is how many bytes of a blob on its way are on the disk.
func (s *Store) Partial(d Digest) int64 {
	info, err := os.Stat(s.partPath(d))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Put receives a whole blob from r.
func (s *Store) Put(ctx context.Context, d Digest, size int64, r io.Reader) error {
	in, err := s.Receive(d, size)
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

// Remove deletes a blob; one that is not here is no error.
func (s *Store) Remove(d Digest) error {
	err := os.Remove(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove blob: %w", err)
	}
	return durable.SyncDir(filepath.Dir(s.path(d)))
}

// Usage counts the whole blobs and their bytes.
func (s *Store) Usage() (count, bytes int64, err error) {
	err = s.walk(func(_ Digest, info fs.FileInfo) error {
		count++
		bytes += info.Size()
		return nil
	})
	return count, bytes, err
}

// walk visits every whole blob. Names that are not digests are left alone.
func (s *Store) walk(visit func(Digest, fs.FileInfo) error) error {
	err := filepath.WalkDir(filepath.Join(s.dir, "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		d, err := ParseDigest(e.Name())
		if err != nil {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		return visit(d, info)
	})
	if err != nil {
		return fmt.Errorf("walk blobs: %w", err)
	}
	return nil
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
