// Package intake brings the files of items into a publisher's repository, and
// goes through those of a whole catalogue. It
// promises that a notice is kept only once its files are on the disk, that
// thousands of small files cost a few syncs, and that an interruption leaves
// what was there as it was. It refuses to judge notices: they were checked.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
	"preau/media/pack"
)

// takers is how many items are copied at once: one reads while another hashes.
const takers = 4

// addBatch is how many items are kept at once.
const addBatch = 100

// Item is a checked notice and where its files are.
type Item struct {
	Folder string
	Notice notice.Item
	Bytes  int64
}

// All copies the files of all items into blobs, and keeps their notices once the
// files are on the disk: keep gets them some at a time, in their order. Small
// files are synced many at a time.
func All(ctx context.Context, blobs string, list []Item, keep func(context.Context, []notice.Item) error, report func(preau.Progress)) error {
	if err := folders(blobs); err != nil {
		return err
	}
	t := &taking{dir: blobs, blobs: durable.NewBatch(blobs), report: report}
	defer t.blobs.Discard()
	for _, res := range list {
		t.p.Files += len(res.Notice.Assets)
		t.p.Bytes += res.Bytes
	}
	for some := range slices.Chunk(list, addBatch) {
		items, err := t.takeSome(ctx, some)
		if err != nil {
			return err
		}
		if err := t.blobs.Flush(); err != nil {
			return fmt.Errorf("add items: %w", err)
		}
		if err := keep(ctx, items); err != nil {
			return fmt.Errorf("add items: %w", err)
		}
	}
	return nil
}

// takeSome copies the files of some items, several items at a time.
func (t *taking) takeSome(ctx context.Context, some []Item) ([]notice.Item, error) {
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	items := make([]notice.Item, len(some))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(takers, len(some)) {
		workers.Go(func() {
			for run.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(some) {
					return
				}
				var err error
				if items[i], err = t.take(run, &some[i]); err != nil {
					stop(fmt.Errorf("add %s: %w", some[i].Folder, err))
				}
			}
		})
	}
	workers.Wait()
	return items, context.Cause(run)
}

// folders makes those of all blobs, so that a batch finds them.
func folders(blobs string) error {
	for i := range 256 {
		if err := os.MkdirAll(filepath.Join(blobs, fmt.Sprintf("%02x", i)), 0o755); err != nil {
			return fmt.Errorf("make a folder of blobs: %w", err)
		}
	}
	return nil
}

// taking is one addition at work.
type taking struct {
	dir   string
	blobs *durable.Batch

	mu     sync.Mutex
	report func(preau.Progress)
	p      preau.Progress
}

func (t *taking) moved(bytes int64, files int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.BytesDone += bytes
	t.p.FilesDone += files
	if t.report != nil {
		t.report(t.p)
	}
}

// take copies an item's files and returns its published notice.
func (t *taking) take(ctx context.Context, res *Item) (notice.Item, error) {
	root, err := os.OpenRoot(res.Folder)
	if err != nil {
		return notice.Item{}, fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	item := res.Notice
	item.Assets = slices.Clone(item.Assets)
	for i := range item.Assets {
		a := &item.Assets[i]
		told := int64(0)
		if err := t.file(ctx, root, a, func(n int64) { told += n; t.moved(n, 0) }); err != nil {
			return notice.Item{}, err
		}
		a.File = ""
		t.moved(a.Size-told, 1)
	}
	if ps := item.Check(true); len(ps) > 0 {
		return notice.Item{}, preau.E(preau.Invalid, res.Folder+": "+ps[0].String(), ps[0].Remedy, nil)
	}
	return item, nil
}

// file takes one file: a large one on its own, with its chunks, a small one
// with many others. moved hears of a large one's bytes.
func (t *taking) file(ctx context.Context, root *os.Root, a *notice.Asset, moved func(int64)) error {
	info, err := root.Stat(a.File)
	if err == nil && info.Size() >= pack.Threshold {
		if a.SHA256, a.Size, err = t.large(ctx, root, a.File, moved); err != nil {
			return fmt.Errorf("take %s: %w", a.File, err)
		}
		if a.Chunks, err = t.cut(ctx, a.SHA256, a.Size); err != nil {
			return fmt.Errorf("cut %s: %w", a.File, err)
		}
		return nil
	}
	if err == nil {
		a.SHA256, a.Size, err = t.small(ctx, root, a.File)
	}
	if err != nil {
		return fmt.Errorf("take %s: %w", a.File, err)
	}
	return nil
}

// small copies a file once, under the hash of what was copied.
func (t *taking) small(ctx context.Context, root *os.Root, name string) (sum string, size int64, err error) {
	src, err := root.Open(name)
	if err != nil {
		return "", 0, fmt.Errorf("open: %w", err)
	}
	defer src.Close()
	err = t.blobs.Add(t.dir, 0o644, func(w io.Writer) (string, error) {
		hash := sha256.New()
		if size, err = io.Copy(io.MultiWriter(w, hash), stock.Reader(ctx, io.LimitReader(src, pack.Threshold))); err != nil {
			return "", err
		}
		if size == pack.Threshold {
			return "", preau.E(preau.Conflict, "the file "+name+" grew while it was added", "Add it again when it is done.", nil)
		}
		sum = hex.EncodeToString(hash.Sum(nil))
		path := filepath.Join(t.dir, sum[:2], sum)
		if info, err := os.Stat(path); err == nil && info.Size() == size {
			return "", nil
		}
		return path, nil
	})
	return sum, size, err
}

// large copies a file under the hash of what was copied.
func (t *taking) large(ctx context.Context, root *os.Root, name string, moved func(int64)) (sum string, size int64, err error) {
	src, err := root.Open(name)
	if err != nil {
		return "", 0, fmt.Errorf("open: %w", err)
	}
	defer src.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, stock.Reader(ctx, src)); err != nil {
		return "", 0, fmt.Errorf("hash: %w", err)
	}
	sum = hex.EncodeToString(hash.Sum(nil))
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("rewind: %w", err)
	}
	return sum, size, stock.CopyBlob(ctx, stock.Counted(src, moved), t.dir, sum, size)
}

// cut cuts a large blob that was taken, and keeps the table of its
// chunks as a blob beside it.
func (t *taking) cut(ctx context.Context, sum string, size int64) (notice.Chunks, error) {
	if size < pack.Threshold {
		return notice.Chunks{}, nil
	}
	f, err := os.Open(filepath.Join(t.dir, sum[:2], sum))
	if err != nil {
		return notice.Chunks{}, fmt.Errorf("open a blob: %w", err)
	}
	defer f.Close()
	table, err := pack.Make(stock.Reader(ctx, f), size)
	if err != nil {
		return notice.Chunks{}, err
	}
	b := table.Encode()
	chunks := notice.Chunks{SHA256: fmt.Sprintf("%x", sha256.Sum256(b)), Size: int64(len(b))}
	return chunks, stock.CopyBlob(ctx, bytes.NewReader(b), t.dir, chunks.SHA256, chunks.Size)
}
