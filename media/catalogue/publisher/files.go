package publisher

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"preau/internal/durable"
	"preau/media/catalogue/notice"
)

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// inspect looks at a file before it is taken: that it is there, and that its
// first bytes are what its media type promises.
func inspect(root *os.Root, a notice.Asset) (size int64, text, remedy string) {
	f, err := root.Open(a.File)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "there is no such file", "Put it beside item.json, or correct its name."
	}
	if err != nil {
		return 0, "it cannot be opened", "Keep it inside the item's folder (no link outside) and check its rights."
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, "it is not a regular file", "Give a file, not a folder or a device."
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 {
		return info.Size(), "it is empty", "Export it again."
	}
	head = head[:n]
	switch ok := magic(a.Mime, head); {
	case !ok:
		return info.Size(), "its content is not " + a.Mime, "Correct the media type, or export the file again."
	case a.Mime == "video/mp4" || a.Mime == "audio/mp4":
		if !fastStart(f, info.Size()) {
			return info.Size(), "its index is at the end, so it cannot start before it is whole", "Remux it: ffmpeg -i in.mp4 -c copy -movflags +faststart out.mp4."
		}
	}
	return info.Size(), "", ""
}

// magic compares the first bytes of the types that boxes depend on; others
// pass.
func magic(mime string, head []byte) bool {
	at := func(off int, s string) bool { return len(head) >= off+len(s) && string(head[off:off+len(s)]) == s }
	switch mime {
	case "video/mp4", "audio/mp4":
		return at(4, "ftyp")
	case "video/webm", "audio/webm":
		return at(0, "\x1a\x45\xdf\xa3")
	case "text/vtt":
		return bytes.HasPrefix(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte("WEBVTT"))
	case "application/pdf":
		return at(0, "%PDF-")
	case "image/png":
		return at(0, "\x89PNG\r\n\x1a\n")
	case "image/jpeg":
		return at(0, "\xff\xd8\xff")
	case "image/webp":
		return at(0, "RIFF") && at(8, "WEBP")
	}
	return true
}

// fastStart walks the top boxes of an MP4 file and reports whether moov comes
// before mdat.
func fastStart(f io.ReaderAt, size int64) bool {
	var header [16]byte
	for off, n := int64(0), 0; off+8 <= size && n < 64; n++ {
		if _, err := f.ReadAt(header[:8], off); err != nil {
			return false
		}
		length := int64(binary.BigEndian.Uint32(header[:4]))
		switch string(header[4:8]) {
		case "moov":
			return true
		case "mdat":
			return false
		}
		switch {
		case length == 1:
			if _, err := f.ReadAt(header[8:16], off+8); err != nil {
				return false
			}
			length = int64(binary.BigEndian.Uint64(header[8:16]))
		case length == 0:
			return false
		}
		if length < 8 || length > size-off {
			return false
		}
		off += length
	}
	return false
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
