package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"preau"
	"preau/media/blob"
)

// Folder is a source on a disk: a USB stick, a published catalogue.
type Folder struct{ root string }

// NewFolder makes a source of a folder that holds blobs/ab/<sha256>.
func NewFolder(root string) *Folder { return &Folder{root} }

// Name is the folder's path.
func (s *Folder) Name() string { return s.root }

// Open opens the file at offset.
func (s *Folder) Open(_ context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	name := d.String()
	// A pipe in a blob's place must not keep us waiting for its writer.
	f, err := os.OpenFile(filepath.Join(s.root, "blobs", name[:2], name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, preau.E(preau.NotFound, s.root+" has not this blob", "Copy the catalogue again with its blobs.", err)
	}
	if err != nil {
		return nil, 0, s.unreadable(err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() == size {
		if _, err = f.Seek(offset, io.SeekStart); err == nil {
			return f, offset, nil
		}
	}
	f.Close()
	if err != nil {
		return nil, 0, s.unreadable(err)
	}
	return nil, 0, preau.E(preau.Corrupt, fmt.Sprintf("%s holds something else under this name (%d bytes, not %d)", s.root, info.Size(), size), "Copy the catalogue again with its blobs.", nil)
}

func (s *Folder) unreadable(err error) error {
	return preau.E(preau.Unavailable, s.root+" cannot be read", "Check that the stick is well in its place.", err)
}
