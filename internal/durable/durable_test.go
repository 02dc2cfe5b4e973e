package durable_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/internal/durable"
	"preau/internal/durable/durabletest"
)

func TestWriteFile_FailureLeavesTheOldFileAndNoLitter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := durable.WriteBytes(path, 0o600, []byte("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := durable.WriteFile(path, 0o600, func(w io.Writer) error {
		_, _ = w.Write([]byte("half of the n"))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want boom", err)
	}
	entries, _ := os.ReadDir(dir)
	if b, _ := os.ReadFile(path); string(b) != "old" || len(entries) != 1 {
		t.Fatalf("file %q among %d entries, want old among 1", b, len(entries))
	}
}

func TestWriteFile_ReplacesWholeAndSetsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, content := range []string{"first, long", "second"} {
		if err := durable.WriteBytes(path, 0o640, []byte(content)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || string(b) != content || info.Mode().Perm() != 0o640 {
			t.Fatalf("read %q mode %v, %v", b, info.Mode(), err)
		}
	}
}

// TestWriteFile_FullDiskIsAKind fills a real file system of 1 MiB, in a mount
// namespace of its own.
func TestWriteFile_FullDiskIsAKind(t *testing.T) {
	durabletest.OnSmallDisk(t, "1m", func(t *testing.T, dir string) {
		path := filepath.Join(dir, "a")
		if err := durable.WriteBytes(path, 0o600, []byte("old")); err != nil {
			t.Fatal(err)
		}
		err := durable.WriteBytes(path, 0o600, bytes.Repeat([]byte("x"), 4<<20))
		b, _ := os.ReadFile(path)
		entries, _ := os.ReadDir(dir)
		if preau.KindOf(err) != preau.Full || preau.RemedyOf(err) == "" || !durable.IsFull(err) || string(b) != "old" || len(entries) != 1 {
			t.Fatalf("got %v, file %q, %d entries", err, b, len(entries))
		}
	})
}

func TestLockDir_NamesTheHolderAndEndsWithIt(t *testing.T) {
	dir := t.TempDir()
	lock, err := durable.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = durable.LockDir(dir)
	if preau.KindOf(err) != preau.Busy || !strings.Contains(err.Error(), "pid ") {
		t.Fatalf("second lock: %v, want busy with a pid", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := durable.LockDir(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again.Close()
}
