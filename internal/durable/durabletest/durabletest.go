// Package durabletest gives tests a real disk that is small. It promises that
// nobody else sees it and that nothing of it is left; it refuses to pass in
// silence where none can be made (PREAU_MUST).
package durabletest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
)

const (
	where       = "PREAU_TEST_SMALL_DISK"
	cannotMount = "cannot mount a tmpfs"
	ran         = "ran on the small disk to its end"
)

// OnSmallDisk runs fn with a folder on a tmpfs of size, such as "2m". The test
// runs again for it, as a child in a mount namespace of its own: root makes one
// directly, anybody else in a user namespace, where the kernel allows that. A
// test calls it once, and does nothing else.
func OnSmallDisk(t *testing.T, size string, fn func(t *testing.T, dir string)) {
	t.Helper()
	if dir := os.Getenv(where); dir != "" {
		mount(t, dir, size)
		fn(t, dir)
		t.Log(ran)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v")
	cmd.Env = append(os.Environ(), where+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	_, ended := errors.AsType[*exec.ExitError](err)
	if err != nil && !ended || bytes.Contains(out, []byte(cannotMount)) {
		if os.Getenv("PREAU_MUST") != "" {
			t.Fatalf("no small disk could be made: %v\n%s", err, out)
		}
		t.Skipf("no small disk could be made: %v", err)
	}
	if err != nil || !bytes.Contains(out, []byte(ran)) {
		t.Fatalf("%v\n%s", err, out)
	}
}

func mount(t *testing.T, dir, size string) {
	t.Helper()
	// Private, so that the mount below is seen by nobody else.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
}
