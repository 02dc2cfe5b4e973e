package publisher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"preau/internal/durable"
)

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// takeBlob copies a file into blobs/ under the hash of what was copied.
func (r *Repository) takeBlob(ctx context.Context, root *os.Root, name string) (sum string, size int64, err error) {
	src, err := root.Open(name)
	if err != nil {
		return "", 0, fmt.Errorf("open: %w", err)
	}
	defer src.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, reader{ctx, src}); err != nil {
		return "", 0, fmt.Errorf("hash: %w", err)
	}
	sum = hex.EncodeToString(hash.Sum(nil))
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("rewind: %w", err)
	}
	return sum, size, copyBlob(ctx, src, r.path("blobs"), sum, size)
}

// copyBlob writes a blob whole, unless it is there, and checks what it wrote.
func copyBlob(ctx context.Context, src io.Reader, blobs, sum string, size int64) error {
	path := filepath.Join(blobs, sum[:2], sum)
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make a folder of blobs: %w", err)
	}
	return durable.WriteFile(path, 0o644, func(w io.Writer) error {
		hash := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, hash), reader{ctx, src}); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if hex.EncodeToString(hash.Sum(nil)) != sum {
			return altered("blob " + sum)
		}
		return nil
	})
}

// reader stops a copy when its context ends.
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

func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }
