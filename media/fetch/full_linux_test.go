package fetch_test

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"preau"
	"preau/internal/durable/durabletest"
	"preau/media/blob"
	"preau/media/fetch"
)

// TestFullDisk fetches on a real small file system (a tmpfs in a mount
// namespace of its own, where the test runs again), which another program
// fills after each 90 000 bytes that come: every write meets it.
func TestFullDisk(t *testing.T) { durabletest.OnSmallDisk(t, "4m", fetchOnSmallDisk) }

// filler is a source after whose first bytes the disk is full.
type filler struct {
	*fetch.Folder
	after int
	fill  func()
}

func (s *filler) Open(ctx context.Context, d blob.Digest, offset, size int64) (io.ReadCloser, int64, error) {
	body, at, err := s.Folder.Open(ctx, d, offset, size)
	if err != nil {
		return nil, 0, err
	}
	return fillingBody{body, s}, at, nil
}

type fillingBody struct {
	io.ReadCloser
	s *filler
}

func (b fillingBody) Read(p []byte) (int, error) {
	if b.s.after <= 0 {
		b.s.fill()
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), 10_000)])
	b.s.after -= n
	return n, err
}

func fetchOnSmallDisk(t *testing.T, dir string) {
	v := newVersions(t) // elsewhere
	old := noise(90, 500_000)
	first := v.publish(t, old)
	second := v.publish(t, append(noise(91, 700_000), old...), first)
	alone := v.write(t, noise(92, 600_000))
	store, err := blob.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	hold(t, store, first, old)
	path := filepath.Join(dir, "filler")
	full := 0
	for after := 0; after < 1_300_000; after += 90_000 {
		src := &filler{Folder: fetch.NewFolder(v.dir), after: after, fill: func() {
			if err := os.WriteFile(path, make([]byte, 4<<20), 0o600); err == nil {
				t.Error("the disk is not full")
			}
		}}
		f := fetcher(t, src)
		f.Store, f.Parallel, f.Chunks = store, 1, v.chunks(store)
		wants := []fetch.Want{second, alone}
		err := f.Run(t.Context(), wants)
		if err != nil {
			wantKind(t, err, preau.Full)
			full++
		}
		for _, w := range wants {
			if store.Has(w.Digest) {
				wantSound(t, store, w)
			} else if err == nil {
				t.Fatalf("after %d: %s is said to be here", after, w.Digest)
			}
		}
		// Room again: it goes on, and ends.
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		src.after = 1 << 30
		if err := f.Run(t.Context(), wants); err != nil {
			t.Fatalf("after %d, with room again: %v", after, err)
		}
		for _, w := range wants {
			wantSound(t, store, w)
			if err := store.Remove(w.Digest); err != nil {
				t.Fatal(err)
			}
		}
	}
	if full < 8 {
		t.Fatalf("the disk was full %d times only", full)
	}
	t.Logf("the disk was full %d times", full)
}

// wantSound reads a visible blob.
func wantSound(t *testing.T, s *blob.Store, w fetch.Want) {
	t.Helper()
	f, _, err := s.Open(w.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if d := blob.Digest(sha256.Sum256(got)); d != w.Digest {
		t.Fatalf("visible and wrong: %s", w.Digest)
	}
}
