package main

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"preau/media/catalogue/trust"
)

// goalNotice is the share of the catalogue's bytes that a box may fetch when
// one notice of it changed.
const goalNotice = 0.01

// counted is a source that counts what is fetched of it.
type counted struct {
	trust.Source
	bytes, files atomic.Int64
}

func (c *counted) Fetch(ctx context.Context, name string, limit int64) ([]byte, error) {
	b, err := c.Source.Fetch(ctx, name, limit)
	c.bytes.Add(int64(len(b)))
	c.files.Add(1)
	return b, err
}

// notice changes one notice of all: what the publisher waits for it, and what
// a box fetches, of metadata, against the whole.
func (w *world) notice(ctx context.Context) error {
	if err := w.items.write(0, 1, unlike()); err != nil {
		return err
	}
	begin := time.Now()
	if err := w.publish(ctx); err != nil {
		return err
	}
	published := time.Since(begin)
	source := &counted{Source: trust.Folder(w.path("out"))}
	begin = time.Now()
	if changed, err := w.cat.Refresh(ctx, source); err != nil {
		return err
	} else if !changed {
		if _, err := w.cat.Settle(ctx); err != nil {
			return err
		}
	}
	took := time.Since(begin)
	whole, err := weigh(w.path("out"))
	if err != nil {
		return err
	}
	ours := float64(source.bytes.Load())
	verdict := "short"
	if ours <= goalNotice*whole {
		verdict = "ok"
	}
	say("bench search/one-notice ours=%.1fKB peer=%.0fKB ratio=%.4f goal=%.2f %s (metadata fetched in %d files for one notice changed among %d; peer: the whole catalogue's; signed and published in %.1f s, taken by a box in %.1f s)",
		ours/1e3, whole/1e3, ours/whole, goalNotice, verdict, source.files.Load(), w.n, published.Seconds(), took.Seconds())
	return nil
}

// weigh is the bytes of what is published, blobs apart. Older versions of it,
// which stay for boxes in the middle, are in it: a few thousandths.
func weigh(dir string) (bytes float64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("weigh the catalogue: %w", err)
		}
		if d.IsDir() {
			if d.Name() == "blobs" {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("weigh the catalogue: %w", err)
		}
		bytes += float64(info.Size())
		return nil
	})
	return bytes, err
}
