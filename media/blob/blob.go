// Package blob keeps content named by its SHA-256. It promises one gate:
// nothing can be opened before its size and hash were verified and its bytes
// and name are on the disk; what was interrupted resumes where the disk
// stands and is verified whole all the same; bytes that rot later are found,
// set aside and wanted again. It refuses overwriting, two receivers of one
// blob, and filling the disk beyond the floor that keeps the journal safe.
//
// On disk:
//   - DIR/blobs/ab/<sha256>: whole and verified, read-only;
//   - DIR/incoming/<sha256>.part: a prefix of the blob, or what a power cut
//     made of it; trusted by nobody;
//   - DIR/incoming/<sha256>.pieces: chunks of the blob in their places, with
//     holes between them; .chunks beside it: the table that names them, as
//     published (docs/pack-format.md). Trusted by nobody either;
//   - DIR/quarantine/<sha256>: once whole, now rotten; kept until a good copy
//     has come, so that a failing disk does not give its bad sectors out again.
package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"preau"
	"preau/internal/durable"
)

// Store is a folder of blobs. Its methods may be called from any goroutine.
type Store struct {
	dir   string
	floor uint64

	mu     sync.Mutex
	busy   map[Digest]chan struct{} // being received; closed when given back
	coming map[Digest]*Pieces       // those of them that come by chunks
}

// Open prepares dir, and clears what a crash left of blobs that are whole.
// floor is how many bytes of the disk blobs leave free.
func Open(dir string, floor uint64) (*Store, error) {
	s := &Store{dir: dir, floor: floor, busy: map[Digest]chan struct{}{}, coming: map[Digest]*Pieces{}}
	// All folders at once: Commit need not wonder whether a new one's name has
	// reached the disk.
	folders := []string{"incoming", "quarantine", "blobs"}
	for i := range 256 {
		folders = append(folders, fmt.Sprintf("blobs/%02x", i))
	}
	for _, sub := range folders {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, diskError("make the folder of "+sub, err)
		}
	}
	for _, sub := range []string{"blobs", "."} {
		if err := durable.SyncDir(filepath.Join(dir, sub)); err != nil {
			return nil, err
		}
	}
	return s, s.tidy()
}

func (s *Store) path(d Digest) string {
	name := d.String()
	return filepath.Join(s.dir, "blobs", name[:2], name)
}

func (s *Store) partPath(d Digest) string {
	return filepath.Join(s.dir, "incoming", d.String()+partSuffix)
}

func (s *Store) piecesPath(d Digest) string {
	return filepath.Join(s.dir, "incoming", d.String()+piecesSuffix)
}

func (s *Store) tablePath(d Digest) string {
	return filepath.Join(s.dir, "incoming", d.String()+tableSuffix)
}

func (s *Store) quarantinePath(d Digest) string {
	return filepath.Join(s.dir, "quarantine", d.String())
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

// Partial is how many bytes of a blob on its way are on the disk, about.
func (s *Store) Partial(d Digest) int64 {
	if info, err := os.Stat(s.partPath(d)); err == nil {
		return info.Size()
	}
	info, err := os.Stat(s.piecesPath(d))
	if err != nil {
		return 0
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(info.Size(), st.Blocks*512) // without the holes
	}
	return info.Size()
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
	err = s.walk(nil, func(_ Digest, info fs.FileInfo) error {
		count++
		bytes += info.Size()
		return nil
	})
	return count, bytes, err
}

// walk visits every whole blob, or those after one, in the order of their
// names. Names that are not digests are left alone.
func (s *Store) walk(after *Digest, visit func(Digest, fs.FileInfo) error) error {
	first := 0
	if after != nil {
		first = int(after[0])
	}
	for i := first; i < 256; i++ {
		entries, err := os.ReadDir(filepath.Join(s.dir, "blobs", fmt.Sprintf("%02x", i)))
		if err != nil {
			return fmt.Errorf("walk blobs: %w", err)
		}
		for _, e := range entries {
			d, err := ParseDigest(e.Name())
			if err != nil || after != nil && bytes.Compare(d[:], after[:]) <= 0 {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed meanwhile
			}
			if err == nil {
				err = visit(d, info)
			}
			if err != nil {
				return fmt.Errorf("walk blobs: %w", err)
			}
		}
	}
	return nil
}

// Free is how many bytes the disk of blobs has left.
func (s *Store) Free() (uint64, error) {
	free, _, err := durable.FreeSpace(s.dir)
	return free, err
}

// Arriving is how many bytes of the disk blobs on their way have taken.
func (s *Store) Arriving() (bytes int64, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "incoming"))
	if err != nil {
		return 0, fmt.Errorf("list what arrives: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // whole meanwhile
		}
		// What comes in pieces has holes.
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			bytes += st.Blocks * 512
		}
	}
	return bytes, nil
}
