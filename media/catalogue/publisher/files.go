package publisher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"preau/media/catalogue/stock"
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
	if size, err = io.Copy(hash, stock.Reader(ctx, src)); err != nil {
		return "", 0, fmt.Errorf("hash: %w", err)
	}
	sum = hex.EncodeToString(hash.Sum(nil))
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("rewind: %w", err)
	}
	return sum, size, stock.CopyBlob(ctx, src, r.path("blobs"), sum, size)
}

func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }
