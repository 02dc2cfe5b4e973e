package blob_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"preau"
	"preau/media/blob"
)

const smallDisk = "PREAU_TEST_SMALL_DISK"

// TestFullDisk fills a real file system: a tmpfs of 2 MiB in a mount
// namespace of its own, where the test runs again. Root makes one directly;
// anybody else in a user namespace, where the kernel allows that.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		fillDisk(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if _, started := err.(*exec.ExitError); err != nil && !started || bytes.Contains(out, []byte(cannotMount)) {
		if os.Getenv("PREAU_MUST") != "" {
			t.Fatalf("no small disk could be made: %v\n%s", err, out)
		}
		t.Skipf("no small disk could be made: %v", err)
	}
	if err != nil || !bytes.Contains(out, []byte("the disk was full")) {
		t.Fatalf("%v\n%s", err, out)
	}
}

const cannotMount = "cannot mount a tmpfs"

func fillDisk(t *testing.T, dir string) {
	// Private, so that the mount below is seen by nobody else.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("%s: %v", cannotMount, err)
	}
	s, err := blob.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, d := random(20, 1<<20)

	// What cannot fit is refused before a byte comes.
	_, huge := random(21, 1)
	_, err = s.Receive(t.Context(), huge, 3<<20)
	wantKind(t, err, preau.Full)

	// Another program takes the room while a blob comes.
	in := receive(t, s, d, len(b))
	write(t, in, b[:256<<10])
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 2<<20), 0o644); err == nil {
		t.Fatal("the disk is not full")
	}
	var full error
	for off := int(in.Offset()); full == nil && off < len(b); off = int(in.Offset()) {
		_, full = in.Write(b[off:min(off+10_000, len(b))])
	}
	wantKind(t, full, preau.Full)
	t.Logf("the disk was full at %d: %v", in.Offset(), full)
	wantKind(t, in.Commit(), preau.Unavailable)
	if s.Has(d) {
		t.Fatal("a blob that did not fit is visible")
	}
	kept := in.Offset()
	done(t, in)
	if got := s.Partial(d); got != kept || kept < 256<<10 {
		t.Fatalf("%d bytes stay, %d had come", got, kept)
	}
	_, err = s.Receive(t.Context(), d, int64(len(b)))
	wantKind(t, err, preau.Full)

	// Room again: it goes on where it stood.
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	in = receive(t, s, d, len(b))
	defer in.Close()
	if in.Offset() != kept {
		t.Fatalf("resumes at %d, want %d", in.Offset(), kept)
	}
	write(t, in, b[kept:])
	if err := in.Commit(); err != nil {
		t.Fatal(err)
	}
}
