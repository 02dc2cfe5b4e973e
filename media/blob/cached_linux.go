package blob

import (
	"os"

	"golang.org/x/sys/unix"
)

// forgetCached drops f's clean pages, so that reading it asks the disk. It is
// an advice: where it is not followed the scrub is only less thorough.
func forgetCached(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
