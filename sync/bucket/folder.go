package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"preau"
	"preau/internal/durable"
)

// Folder is a bucket on a disk, a share or a USB stick; each object is a file
// at its key. Objects are on the disk, not in its cache, when a put returns.
// One process at a time may write to it.
type Folder struct {
	dir string
	mu  sync.Mutex // create-only on file systems without hard links
}

var _ Bucket = (*Folder)(nil)

// OpenFolder opens an existing folder.
func OpenFolder(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, preau.E(preau.NotFound, "the store's folder "+dir+" is not there", "Plug the stick in, or give the folder's path.", err)
	}
	return &Folder{dir: dir}, nil
}

// Create implements Bucket.
func (f *Folder) Create(ctx context.Context, key string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, err := f.prepare(ctx, key, data)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return exists(key, nil)
	}
	// A whole file under a name of its own, then a link: the object appears
	// complete or not at all, and link refuses a name that is taken.
	tmp := filepath.Join(filepath.Dir(path), ".new-"+preau.NewID().String())
	if err := durable.WriteBytes(tmp, 0o644, data); err != nil {
		return folderError("write "+key, err)
	}
	defer os.Remove(tmp) //nolint:errcheck // gone already after a rename; a leftover starts with a dot and is never listed
	err = os.Link(tmp, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return exists(key, err)
	case errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS):
		err = os.Rename(tmp, path) // FAT has no links; the mutex and Lstat above keep the promise
	}
	if err != nil {
		return folderError("name "+key, err)
	}
	return folderError("sync "+key, durable.SyncDir(filepath.Dir(path)))
}

// Replace implements Bucket.
func (f *Folder) Replace(ctx context.Context, key string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, err := f.prepare(ctx, key, data)
	if err != nil {
		return err
	}
	return folderError("write "+key, durable.WriteBytes(path, 0o644, data))
}

// prepare checks the put and makes the folders down to its key, durably.
func (f *Folder) prepare(ctx context.Context, key string, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := checkPut(key, data); err != nil {
		return "", err
	}
	path := filepath.Join(f.dir, filepath.FromSlash(key))
	for at := f.dir; ; {
		rel, _ := filepath.Rel(at, filepath.Dir(path)) // both are below dir
		if rel == "." {
			return path, nil
		}
		parent := at
		at = filepath.Join(at, strings.SplitN(rel, string(filepath.Separator), 2)[0])
		switch err := os.Mkdir(at, 0o755); {
		case err == nil:
			if err := durable.SyncDir(parent); err != nil {
				return "", folderError("sync "+parent, err)
			}
		case !errors.Is(err, fs.ErrExist):
			return "", folderError("make "+at, err)
		}
	}
}

// Get implements Bucket.
func (f *Folder) Get(ctx context.Context, key string) ([]byte, error) {
	info, err := f.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	if info.Size > MaxObject {
		return nil, preau.E(preau.Corrupt, "the object is larger than any of ours: "+key, "", nil)
	}
	b, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(key)))
	return b, folderError("read "+key, err)
}

// Stat implements Bucket.
func (f *Folder) Stat(ctx context.Context, key string) (Info, error) {
	if err := ctx.Err(); err != nil {
		return Info{}, err
	}
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	st, err := os.Stat(filepath.Join(f.dir, filepath.FromSlash(key)))
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || err == nil && st.IsDir():
		if _, gone := os.Stat(f.dir); gone != nil {
			return Info{}, folderError("find "+f.dir, gone)
		}
		return Info{}, notFound(key, err)
	case err != nil:
		return Info{}, folderError("look at "+key, err)
	}
	return Info{key, st.Size(), st.ModTime()}, nil
}

// List implements Bucket. Folders sort as "name/", which is where their keys
// belong.
func (f *Folder) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		f.walk(ctx, "", prefix, after, yield)
	}
}

func (f *Folder) walk(ctx context.Context, base, prefix, after string, yield func(Info, error) bool) bool {
	if err := ctx.Err(); err != nil {
		yield(Info{}, err)
		return false
	}
	entries, err := os.ReadDir(filepath.Join(f.dir, filepath.FromSlash(base)))
	if err != nil {
		yield(Info{}, folderError("list "+base, err))
		return false
	}
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		switch key := base + e.Name(); {
		case e.Name()[0] == '.':
		case e.IsDir():
			keys = append(keys, key+"/")
		case e.Type().IsRegular():
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if strings.HasSuffix(key, "/") {
			// Descend where the prefix or its continuation may lie.
			if (strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)) && (key > after || strings.HasPrefix(after, key)) &&
				!f.walk(ctx, key, prefix, after, yield) {
				return false
			}
			continue
		}
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		info, err := f.Stat(ctx, key)
		if preau.KindOf(err) == preau.NotFound && err != nil {
			continue // taken away meanwhile
		}
		if !yield(info, err) || err != nil {
			return false
		}
	}
	return true
}

// folderError gives a disk's failure the kind that a store's would have.
func folderError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case durable.IsFull(err):
		return preau.E(preau.Full, "the store's disk is full: could not "+what, "Use a larger stick or empty this one.", err)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return preau.E(preau.Forbidden, "the store's folder cannot be written: could not "+what, "Check its owner, its mode, and that the stick is not write-protected.", err)
	case errors.Is(err, syscall.EIO) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV):
		return preau.E(preau.Unavailable, "the store's folder went away: could not "+what, "Plug the stick back in.", err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
