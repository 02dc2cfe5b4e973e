package courier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/media/blob"
	"preau/media/catalogue/holding"
)

// copier copies blobs one after another: a stick is no faster with two.
type copier struct {
	open   func(d blob.Digest) (*os.File, fs.FileInfo, error)
	root   string
	report func(preau.Progress)
	p      preau.Progress
	told   time.Time
	buf    []byte
}

const reportEvery = 100 * time.Millisecond

func (c *copier) moved(n int64) {
	c.p.BytesDone += n
	if c.report != nil && time.Since(c.told) >= reportEvery {
		c.told = time.Now()
		c.report(c.p)
	}
}

func (c *copier) fileDone() {
	c.p.FilesDone++
	if c.report != nil && c.p.FilesDone == c.p.Files {
		c.report(c.p)
	}
}

// prove reads all that an interrupted export left under its name, and removes
// what is something else: a stick that was pulled out may have named a file
// that it never wrote.
func (c *copier) prove(ctx context.Context) error {
	err := filepath.WalkDir(filepath.Join(c.root, "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		d, err := blob.ParseDigest(e.Name())
		if err != nil {
			return nil // on its way, or not ours
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = c.pump(ctx, h, f)
		f.Close()
		if err != nil || bytes.Equal(h.Sum(nil), d[:]) {
			return err
		}
		return os.Remove(path)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return pulled(c.root, err)
}

// copy brings one blob onto the stick, from where an interrupted copy stands.
// What was there is proved by the hash of the whole; if it does not hold, the
// copy begins again once, from nothing.
func (c *copier) copy(ctx context.Context, f holding.Want) error {
	part := partPath(c.root, f.Digest)
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		return pulled(c.root, err)
	}
	for _, fresh := range []bool{false, true} {
		before := c.p.BytesDone
		same, err := c.try(ctx, f, part, fresh)
		if err != nil {
			return err
		}
		if same {
			if err := os.Rename(part, blobPath(c.root, f.Digest)); err != nil {
				return pulled(c.root, err)
			}
			c.fileDone()
			return nil
		}
		c.p.BytesDone = before
	}
	// Wrong from the first byte on: the box's own copy is not what its name says.
	return preau.E(preau.Corrupt, "blob "+f.Digest.String()+" rotted on the box", "Run preau content scrub, let the box fetch it again, then repeat the command.", os.Remove(part))
}

func (c *copier) try(ctx context.Context, f holding.Want, part string, fresh bool) (same bool, err error) {
	from, info, err := c.open(f.Digest)
	if err != nil {
		return false, err
	}
	defer from.Close()
	if info.Size() != f.Size {
		return false, preau.E(preau.Corrupt, fmt.Sprintf("blob %s has %d bytes on the box instead of %d", f.Digest, info.Size(), f.Size), "Run preau content scrub, then repeat the command.", nil)
	}
	flags := os.O_RDWR | os.O_CREATE
	if fresh {
		flags |= os.O_TRUNC
	}
	to, err := os.OpenFile(part, flags, 0o644)
	if err != nil {
		return false, pulled(c.root, err)
	}
	defer func() { err = errors.Join(err, pulled(c.root, to.Close())) }()
	h := sha256.New()
	have, err := c.pump(ctx, h, io.LimitReader(to, f.Size))
	if err != nil {
		return false, err
	}
	if err := to.Truncate(have); err != nil {
		return false, pulled(c.root, err)
	}
	if _, err := from.Seek(have, io.SeekStart); err != nil {
		return false, fmt.Errorf("read blob: %w", err)
	}
	if _, err := c.pump(ctx, io.MultiWriter(h, to), from); err != nil {
		return false, err
	}
	return bytes.Equal(h.Sum(nil), f.Digest[:]), nil
}

// pump copies with an eye on ctx. Whichever end fails, it is taken for the
// stick: the box's own disk is read through its store all day.
func (c *copier) pump(ctx context.Context, to io.Writer, from io.Reader) (n int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		got, err := from.Read(c.buf)
		if got > 0 {
			if _, err := to.Write(c.buf[:got]); err != nil {
				return n, pulled(c.root, err)
			}
			n += int64(got)
			c.moved(int64(got))
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, pulled(c.root, err)
		}
	}
}
