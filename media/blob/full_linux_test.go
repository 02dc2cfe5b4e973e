package blob_test

import (
	"os"
	"path/filepath"
	"testing"

	"preau"
	"preau/internal/durable/durabletest"
	"preau/media/blob"
)

// TestFullDisk fills a real file system: a tmpfs of 2 MiB in a mount
// namespace of its own, where the test runs again. Root makes one directly;
// anybody else in a user namespace, where the kernel allows that.
func TestFullDisk(t *testing.T) { durabletest.OnSmallDisk(t, "2m", fillDisk) }

func fillDisk(t *testing.T, dir string) {
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
