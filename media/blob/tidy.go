package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	partSuffix   = ".part"
	piecesSuffix = ".pieces"
	tableSuffix  = ".chunks"
)

// suffixes are those of the files that the folders of blobs hold.
var suffixes = map[string]bool{"": true, partSuffix: true, piecesSuffix: true, tableSuffix: true}

// tidy clears what a crash left beside whole blobs. It touches nothing that a
// receiver in another process may be writing, and what it may not remove
// (a command run as another user) only takes room.
func (s *Store) tidy() error {
	for _, folder := range []string{"incoming", "quarantine"} {
		err := s.each(folder, func(d Digest, path string) error {
			if s.Has(d) {
				_ = remove(path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes what came of blobs that nobody wants any more. A blob that is
// being received stays.
func (s *Store) Sweep(wanted func(Digest) bool) error {
	return s.each("incoming", func(d Digest, path string) error {
		if wanted(d) {
			return nil
		}
		// Held while the file goes, so that no receiver starts in between.
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy[d] != nil {
			return nil
		}
		return remove(path)
	})
}

// Quarantined lists the blobs that rotted and have not come again.
func (s *Store) Quarantined() (list []Digest, err error) {
	err = s.each("quarantine", func(d Digest, _ string) error {
		list = append(list, d)
		return nil
	})
	return list, err
}

// each visits the files of a flat folder that are named by a digest; others
// are not ours.
func (s *Store) each(folder string, visit func(d Digest, path string) error) error {
	dir := filepath.Join(s.dir, folder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list the folder %s of blobs: %w", folder, err)
	}
	for _, e := range entries {
		suffix := filepath.Ext(e.Name())
		d, err := ParseDigest(strings.TrimSuffix(e.Name(), suffix))
		if err != nil || !suffixes[suffix] {
			continue
		}
		if err := visit(d, filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove leftover of a blob: %w", err)
	}
	return nil
}
