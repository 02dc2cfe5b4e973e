package durable_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"preau/internal/durable"
)

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestBatch_NothingHasItsNameBeforeTheFlush(t *testing.T) {
	dir := t.TempDir()
	b := durable.NewBatch(dir)
	var g sync.WaitGroup
	for i := range 20 {
		g.Go(func() {
			err := b.Add(dir, 0o640, func(w io.Writer) (string, error) {
				_, err := fmt.Fprint(w, i)
				return filepath.Join(dir, fmt.Sprintf("f%02d", i)), err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	for _, name := range entries(t, dir) {
		if name[0] == 'f' {
			t.Fatalf("%s has its name", name)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); len(got) != 20 {
		t.Fatalf("%q", got)
	}
	body, err := os.ReadFile(filepath.Join(dir, "f07"))
	info, _ := os.Stat(filepath.Join(dir, "f07"))
	if err != nil || string(body) != "7" || info.Mode().Perm() != 0o640 {
		t.Fatalf("%q, %v, %v", body, info.Mode(), err)
	}
}

func TestBatch_LeavesNothingOfWhatFailedOrWasDiscarded(t *testing.T) {
	dir := t.TempDir()
	b := durable.NewBatch(dir)
	broken := errors.New("broken")
	if err := b.Add(dir, 0o600, func(io.Writer) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := b.Add(dir, 0o600, func(io.Writer) (string, error) { return "", nil }); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); len(got) != 0 {
		t.Fatalf("left: %q", got)
	}
	if err := b.Add(dir, 0o600, func(io.Writer) (string, error) { return filepath.Join(dir, "x"), nil }); err != nil {
		t.Fatal(err)
	}
	b.Discard()
	if err := b.Flush(); err != nil || len(entries(t, dir)) != 0 {
		t.Fatalf("%q, %v", entries(t, dir), err)
	}
	if err := b.Add(filepath.Join(dir, "none"), 0o600, nil); err == nil {
		t.Fatal("a folder that is not there is no fault")
	}
}
