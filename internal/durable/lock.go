package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"preau"
)

// Lock is a data folder held by this process until Close or its death.
type Lock struct{ f *os.File }

// LockDir takes dir for this process alone. When another holds it the error
// is preau.Busy and names that process. The kernel drops the lock when the
// process dies, so a crash never leaves one behind.
func LockDir(dir string) (*Lock, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap("open "+path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 32)
		n, _ := f.ReadAt(holder, 0) // only to name the holder; absent is fine
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, preau.E(preau.Busy, fmt.Sprintf("the data folder %s is held by another process (%s)", dir, describe(string(holder[:n]))),
				"Stop that process (systemctl stop preau) or give another folder with --data.", err)
		}
		return nil, wrap("lock "+path, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d", os.Getpid()) // information only: the lock is flock's
	}
	return &Lock{f}, nil
}

// Close gives the folder back.
func (l *Lock) Close() error { return l.f.Close() }

func describe(pid string) string {
	if pid = strings.TrimSpace(pid); pid == "" {
		return "unknown pid"
	}
	return "pid " + pid
}
