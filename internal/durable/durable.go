// Package durable writes files that survive a power cut. It promises that
// after WriteFile returns the file holds either all of the new content or all
// of the old, on the disk and not only in its cache, and that a full disk is
// told apart from other faults. It refuses to overwrite in place.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"preau"
)

// WriteFile writes path whole: a unique temporary beside it, fsync, rename,
// fsync of the folder. On any error the temporary is removed and the old
// file stands.
func WriteFile(path string, perm fs.FileMode, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".tmp-"+filepath.Base(path)+"-*")
	if err != nil {
		return wrap("create a temporary file in "+dir, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // may be closed already; the first error is the one to tell
			_ = os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(perm); err != nil {
		return wrap("set the mode of "+path, err)
	}
	if err := write(f); err != nil {
		return wrap("write "+path, err)
	}
	if err := f.Sync(); err != nil {
		return wrap("sync "+path, err)
	}
	if err := f.Close(); err != nil {
		return wrap("close "+path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return wrap("rename into "+path, err)
	}
	return SyncDir(dir)
}

// WriteBytes is WriteFile for content already in memory.
func WriteBytes(path string, perm fs.FileMode, b []byte) error {
	return WriteFile(path, perm, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// SyncDir makes the names in dir durable; without it a rename may be undone
// by a power cut.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return wrap("open folder "+dir, err)
	}
	defer d.Close()
	return wrap("sync folder "+dir, d.Sync())
}

// FreeSpace gives the bytes an ordinary user may still write under dir, and
// the size of its file system.
func FreeSpace(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, wrap("ask the free space of "+dir, err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// IsFull reports whether err says that the disk or its quota is exhausted.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || preau.KindOf(err) == preau.Full
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return preau.E(preau.Full, "the disk is full: could not "+what, "Free some space or remove packs, then try again; nothing that was kept is lost.", err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
