package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/media/blob"
)

// open makes a store in a folder of the test's.
func open(t *testing.T, floor uint64) (*blob.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := blob.Open(dir, floor)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// random makes n bytes, the same for the same seed, and their name.
func random(seed uint64, n int) ([]byte, blob.Digest) {
	b := make([]byte, n)
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	rand.NewChaCha8(key).Read(b)
	return b, sha256.Sum256(b)
}

func receive(t *testing.T, s *blob.Store, d blob.Digest, size int) *blob.Incoming {
	t.Helper()
	in, err := s.Receive(t.Context(), d, int64(size))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func write(t *testing.T, in *blob.Incoming, b []byte) {
	t.Helper()
	if _, err := in.Write(b); err != nil {
		t.Fatal(err)
	}
}

func done(t *testing.T, in *blob.Incoming) {
	t.Helper()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind preau.Kind) {
	t.Helper()
	if err == nil || preau.KindOf(err) != kind {
		t.Fatalf("got %v (%v), want %v", err, preau.KindOf(err), kind)
	}
	if kind != preau.Conflict && preau.RemedyOf(err) == "" {
		t.Errorf("%v says nothing of what to do", err)
	}
}

func part(dir string, d blob.Digest) string {
	return filepath.Join(dir, "incoming", d.String()+".part")
}

func whole(dir string, d blob.Digest) string {
	return filepath.Join(dir, "blobs", d.String()[:2], d.String())
}

func TestPut_IsReadBackAndReadOnly(t *testing.T) {
	s, dir := open(t, 0)
	for _, n := range []int{0, 1, 300_000} {
		b, d := random(1, n)
		if err := s.Put(t.Context(), d, int64(n), bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		f, info, err := s.Open(d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		f.Close()
		if err != nil || !bytes.Equal(got, b) || info.Size() != int64(n) || info.Mode().Perm() != 0o444 {
			t.Fatalf("%d bytes of mode %v, %v", len(got), info.Mode(), err)
		}
		wantKind(t, s.Put(t.Context(), d, int64(n), bytes.NewReader(b)), preau.Conflict)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "incoming")); len(left) != 0 {
		t.Fatalf("left in incoming: %v", left)
	}
	if count, total, err := s.Usage(); count != 3 || total != 300_001 || err != nil {
		t.Fatalf("usage: %d blobs, %d bytes, %v", count, total, err)
	}
}

func TestOpen_OfWhatIsNotHereIsNotFound(t *testing.T) {
	s, _ := open(t, 0)
	_, d := random(2, 10)
	_, _, err := s.Open(d)
	wantKind(t, err, preau.NotFound)
	if err := s.Remove(d); err != nil {
		t.Fatalf("removing nothing: %v", err)
	}
}

func TestCommit_RefusesAFlippedBit(t *testing.T) {
	s, dir := open(t, 0)
	b, d := random(3, 100_000)
	bad := bytes.Clone(b)
	bad[77_777] ^= 1
	wantKind(t, s.Put(t.Context(), d, int64(len(b)), bytes.NewReader(bad)), preau.Corrupt)
	if s.Has(d) {
		t.Fatal("a wrong blob is visible")
	}
	if s.Partial(d) != 0 {
		t.Fatal("wrong bytes were kept")
	}
	if _, err := os.Stat(part(dir, d)); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("an empty part stays: %v", err)
	}
}

func TestCommit_RefusesTooFewAndWriteTooMany(t *testing.T) {
	s, _ := open(t, 0)
	b, d := random(4, 5000)
	in := receive(t, s, d, len(b))
	write(t, in, b[:4999])
	wantKind(t, in.Commit(), preau.Unavailable)
	_, err := in.Write(b[:2])
	wantKind(t, err, preau.Corrupt)
	write(t, in, b[4999:])
	if err := in.Commit(); err != nil {
		t.Fatal(err)
	}
	done(t, in)
}

func TestReceive_ResumesWhereItStopped(t *testing.T) {
	s, dir := open(t, 0)
	b, d := random(5, 100_000)
	in := receive(t, s, d, len(b))
	write(t, in, b[:60_000])
	done(t, in)

	again, err := blob.Open(dir, 0) // as after a restart
	if err != nil {
		t.Fatal(err)
	}
	if again.Partial(d) != 60_000 {
		t.Fatalf("%d bytes stay, want 60000", again.Partial(d))
	}
	in = receive(t, again, d, len(b))
	if in.Offset() != 60_000 {
		t.Fatalf("resumes at %d", in.Offset())
	}
	write(t, in, b[60_000:])
	if err := in.Commit(); err != nil {
		t.Fatal(err)
	}
	done(t, in)
}

// A power cut may leave zeroes, or less or more than was written.
func TestReceive_SurvivesWhatAPowerCutMakesOfAPart(t *testing.T) {
	b, d := random(6, 100_000)
	zeroed := bytes.Clone(b)
	clear(zeroed[50_000:])
	for name, torn := range map[string][]byte{
		"zeroed tail":   zeroed[:80_000],
		"zeroed, whole": zeroed,
		"too long":      append(bytes.Clone(b), b...),
		"nothing":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t, 0)
			if err := os.WriteFile(part(dir, d), torn, 0o644); err != nil {
				t.Fatal(err)
			}
			in := receive(t, s, d, len(b))
			defer in.Close()
			write(t, in, b[in.Offset():])
			if err := in.Commit(); err != nil {
				wantKind(t, err, preau.Corrupt)
				if s.Has(d) || in.Offset() != 0 {
					t.Fatalf("visible: %v, offset %d", s.Has(d), in.Offset())
				}
				write(t, in, b)
				if err := in.Commit(); err != nil {
					t.Fatal(err)
				}
			}
			if !s.Has(d) {
				t.Fatal("not here in the end")
			}
		})
	}
}

func TestReceive_OneAtATime(t *testing.T) {
	s, _ := open(t, 0)
	b, d := random(7, 1000)
	first := receive(t, s, d, len(b))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Receive(ctx, d, 1000); !errors.Is(err, context.Canceled) {
		t.Fatalf("a second receiver did not wait: %v", err)
	}
	second := make(chan error)
	go func() {
		_, err := s.Receive(t.Context(), d, 1000)
		second <- err
	}()
	write(t, first, b)
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	done(t, first)
	wantKind(t, <-second, preau.Conflict)
}

func TestReceive_LeavesTheFloorFree(t *testing.T) {
	s, dir := open(t, 1<<62)
	b, d := random(8, 1000)
	_, err := s.Receive(t.Context(), d, int64(len(b)))
	wantKind(t, err, preau.Full)
	if left, _ := os.ReadDir(filepath.Join(dir, "incoming")); len(left) != 0 {
		t.Fatalf("left in incoming: %v", left)
	}
	// The blob was given back: nobody waits for ever.
	_, err = s.Receive(t.Context(), d, int64(len(b)))
	wantKind(t, err, preau.Full)
	_, err = s.Receive(t.Context(), d, -1)
	wantKind(t, err, preau.Invalid)
}

func TestScrub_SetsRottenBlobsAsideUntilTheyComeAgain(t *testing.T) {
	s, dir := open(t, 0)
	good, gd := random(9, 50_000)
	bad, bd := random(10, 600_000)
	for b, d := range map[*[]byte]blob.Digest{&good: gd, &bad: bd} {
		if err := s.Put(t.Context(), d, int64(len(*b)), bytes.NewReader(*b)); err != nil {
			t.Fatal(err)
		}
	}
	rotten := bytes.Clone(bad)
	rotten[599_999] ^= 0x80
	if err := errors.Join(os.Chmod(whole(dir, bd), 0o644), os.WriteFile(whole(dir, bd), rotten, 0o644)); err != nil {
		t.Fatal(err)
	}
	var found []blob.Digest
	aside := func(d blob.Digest, _ int64, good bool) error {
		if good {
			return nil
		}
		found = append(found, d)
		return s.Quarantine(d)
	}
	if err := s.Scrub(t.Context(), blob.Pace{Rate: 50 << 20}, aside); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0] != bd || s.Has(bd) || !s.Has(gd) {
		t.Fatalf("found %v; rotten visible: %v, good visible: %v", found, s.Has(bd), s.Has(gd))
	}
	if q, err := s.Quarantined(); err != nil || len(q) != 1 || q[0] != bd {
		t.Fatalf("in quarantine: %v, %v", q, err)
	}
	if err := s.Put(t.Context(), bd, int64(len(bad)), bytes.NewReader(bad)); err != nil {
		t.Fatal(err)
	}
	if q, err := s.Quarantined(); err != nil || len(q) != 0 {
		t.Fatalf("in quarantine after it came again: %v, %v", q, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Scrub(ctx, blob.Pace{Rate: 1}, aside); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled scrub says %v", err)
	}
}

func TestSweep_RemovesWhatNobodyWants(t *testing.T) {
	s, dir := open(t, 0)
	_, kept := random(11, 10)
	_, gone := random(12, 10)
	_, busy := random(13, 10)
	for _, d := range []blob.Digest{kept, gone, busy} {
		if err := os.WriteFile(part(dir, d), []byte("abc"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	foreign := filepath.Join(dir, "incoming", "README")
	if err := os.WriteFile(foreign, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	in := receive(t, s, busy, 10)
	defer in.Close()
	if err := s.Sweep(func(d blob.Digest) bool { return d == kept }); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{part(dir, kept): true, part(dir, gone): false, part(dir, busy): true, foreign: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s stays: %v, want %v", path, err == nil, want)
		}
	}
}

func TestOpen_ClearsWhatACrashLeftOfWholeBlobs(t *testing.T) {
	s, dir := open(t, 0)
	b, d := random(14, 10)
	if err := s.Put(t.Context(), d, 10, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	leftovers := []string{part(dir, d), filepath.Join(dir, "quarantine", d.String())}
	for _, path := range leftovers {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := blob.Open(dir, 0); err != nil {
		t.Fatal(err)
	}
	for _, path := range leftovers {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s stays: %v", path, err)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	_, d := random(15, 1)
	f.Add(d.String())
	f.Add(strings.ToUpper(d.String()))
	f.Add("../../etc/passwd")
	f.Add(d.String()[:63])
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := blob.ParseDigest(s)
		if err == nil && d.String() != s {
			t.Fatalf("%q is read as %s", s, d)
		}
		if err != nil && preau.KindOf(err) != preau.Invalid {
			t.Fatalf("%q is refused as %v", s, preau.KindOf(err))
		}
	})
}
