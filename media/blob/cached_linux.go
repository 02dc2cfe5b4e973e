package blob

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// forgetCached drops f's clean pages, so that reading it asks the disk. It is
// an advice: where it is not followed the scrub is only less thorough.
func forgetCached(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// nextData is where the first byte at off or behind it is that is no hole:
// reading and hashing the holes of a film would take longer than its bytes.
func nextData(f *os.File, off int64) int64 {
	at, err := f.Seek(off, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return 1<<63 - 1 // nothing behind
	}
	if err != nil {
		return off // a file system that cannot tell
	}
	return at
}
