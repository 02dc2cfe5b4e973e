package durable

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Batch writes many files for the price of few syncs: each is written beside
// its place, and none has its name before a sync of the whole file system has
// put the bytes of all on the disk. What was not flushed leaves nothing
// behind but, after a crash, temporaries. Its methods may be called from any
// goroutine.
type Batch struct {
	dir string // of the file system to sync

	mu    sync.Mutex
	files []pending
	bytes int64
}

type pending struct{ temporary, path string }

// What a batch holds back before it flushes by itself.
const (
	batchFiles = 2000
	batchBytes = 256 << 20
)

// NewBatch is for files below dir, which exists.
func NewBatch(dir string) *Batch { return &Batch{dir: dir} }

// Add writes a file into folder, which exists; its path is what write returns
// once it has written all. An empty path drops what was written: it is there
// already.
func (b *Batch) Add(folder string, perm fs.FileMode, write func(io.Writer) (path string, err error)) (err error) {
	f, err := os.CreateTemp(folder, ".tmp-batch-*")
	if err != nil {
		return wrap("create a temporary file in "+folder, err)
	}
	drop := true
	defer func() {
		if drop {
			_ = f.Close() // may be closed already; the first error is the one to tell
			_ = os.Remove(f.Name())
		}
	}()
	path, err := write(f)
	if err != nil {
		return wrap("write into "+folder, err)
	}
	if path == "" {
		return nil
	}
	if err := f.Chmod(perm); err != nil {
		return wrap("set the mode of "+path, err)
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return wrap("measure "+path, err)
	}
	if err := f.Close(); err != nil {
		return wrap("close "+path, err)
	}
	drop = false
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files = append(b.files, pending{f.Name(), path})
	b.bytes += size
	if len(b.files) < batchFiles && b.bytes < batchBytes {
		return nil
	}
	return b.flush()
}

// Flush gives every file its name, on the disk when it returns.
func (b *Batch) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flush()
}

func (b *Batch) flush() error {
	if len(b.files) == 0 {
		return nil
	}
	if err := syncAll(b.dir, b.files, pending.sync); err != nil {
		return wrap("sync "+b.dir, err)
	}
	for n, f := range b.files {
		if err := os.Rename(f.temporary, f.path); err != nil {
			b.files = b.files[n:]
			return wrap("rename into "+f.path, err)
		}
	}
	named := b.files
	b.files, b.bytes = nil, 0
	return wrap("sync the names in "+b.dir, syncAll(b.dir, named, pending.syncDir))
}

// Discard removes what was not flushed; after Flush there is nothing.
func (b *Batch) Discard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.files {
		_ = os.Remove(f.temporary) // it only takes room
	}
	b.files, b.bytes = nil, 0
}

func (p pending) sync() error {
	f, err := os.Open(p.temporary)
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	defer f.Close()
	return f.Sync()
}

func (p pending) syncDir() error { return SyncDir(filepath.Dir(p.path)) }
