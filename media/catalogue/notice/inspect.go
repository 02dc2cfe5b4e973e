package notice

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// Inspect looks at a file before it is taken: that it is there, and that its
// first bytes are what its media type promises.
func Inspect(root *os.Root, a Asset) (size int64, text, remedy string) {
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
