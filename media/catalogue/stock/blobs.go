package stock

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

	"preau"
	"preau/internal/durable"
)

// CopyBlob writes a blob whole, unless it is there, and checks what it wrote.
func CopyBlob(ctx context.Context, src io.Reader, blobs, sum string, size int64) error {
	path := filepath.Join(blobs, sum[:2], sum)
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make a folder of blobs: %w", err)
	}
	return durable.WriteFile(path, 0o644, func(w io.Writer) error {
		hash := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, hash), Reader(ctx, src)); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if hex.EncodeToString(hash.Sum(nil)) != sum {
			return preau.E(preau.Corrupt, "blob "+sum+" is not what was signed", "Publish the catalogue again; if it lasts, add the item again.", nil)
		}
		return nil
	})
}

// Reader stops a copy when its context ends.
func Reader(ctx context.Context, r io.Reader) io.Reader { return reader{ctx, r} }

type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Counted tells how many bytes are read, as they are; a nil moved hears nothing.
func Counted(r io.Reader, moved func(int64)) io.Reader {
	if moved == nil {
		return r
	}
	return counted{r, moved}
}

type counted struct {
	r     io.Reader
	moved func(int64)
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.moved(int64(n))
	return n, err
}

// CarryBlob copies a blob that is not there yet. moved, which may be nil,
// hears of its bytes.
func CarryBlob(ctx context.Context, from, to, sum string, size int64, moved func(int64)) (fresh bool, err error) {
	if info, err := os.Stat(filepath.Join(to, sum[:2], sum)); err == nil && info.Size() == size {
		return false, nil
	}
	src, err := os.Open(filepath.Join(from, sum[:2], sum))
	if errors.Is(err, fs.ErrNotExist) {
		return false, preau.E(preau.NotFound, "blob "+sum+" is not in "+from, "Add its item again.", err)
	}
	if err != nil {
		return false, fmt.Errorf("open blob: %w", err)
	}
	defer src.Close()
	return true, CopyBlob(ctx, Counted(io.LimitReader(src, size+1), moved), to, sum, size)
}
