package courier_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/durable/durabletest"
	"preau/media/blob"
	"preau/media/catalogue/holding"
	"preau/media/courier"
)

// box is a store with two packs that share a file, and a mirror.
type box struct {
	courier.Export
	store *blob.Store
	packs []holding.Pack
}

func newBox(t *testing.T, files int, size int) *box {
	t.Helper()
	store, err := blob.Open(filepath.Join(t.TempDir(), "content"), 0)
	if err != nil {
		t.Fatal(err)
	}
	b := &box{store: store}
	dice := rand.NewChaCha8([32]byte{1})
	put := func(n int) holding.Want {
		content := make([]byte, n)
		_, _ = dice.Read(content) // cannot fail
		d := blob.Digest(sha256.Sum256(content))
		in, err := store.Receive(t.Context(), d, int64(n))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if _, err := in.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := in.Commit(); err != nil {
			t.Fatal(err)
		}
		return holding.Want{Digest: d, Size: int64(n)}
	}
	shared := put(size)
	for _, slug := range []string{"films", "lectures"} {
		p := holding.Pack{Slug: slug, Version: 3, Items: files, Files: []holding.Want{shared}}
		for i := range files {
			p.Files = append(p.Files, put(size/2+i))
		}
		b.packs = append(b.packs, p)
	}
	mirror := t.TempDir()
	for _, name := range []string{"metadata/1.root.json", "metadata/2.targets.json", "metadata/7.snapshot.json", "metadata/timestamp.json", "targets/packs/ab12.films-3.json"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(mirror, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(mirror, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.Export = courier.Export{
		Mirror: mirror, Held: store.Has, Open: store.Open, By: "borne-1", Now: time.Now,
		Packs: func(context.Context) ([]holding.Pack, error) { return b.packs, nil },
	}
	return b
}

// whole reads every blob that the packs name as an importer would.
func (b *box) whole(t *testing.T, dir string, slugs ...string) {
	t.Helper()
	s, err := courier.Open(dir)
	if err != nil || !s.Label.Whole || s.Label.By != "borne-1" {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, p := range b.packs {
		if len(slugs) > 0 && p.Slug != slugs[0] {
			continue
		}
		for _, f := range p.Files {
			r, at, err := s.Blobs().Open(t.Context(), f.Digest, 0, f.Size)
			if err != nil || at != 0 {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			r.Close()
			if err != nil || sha256.Sum256(got) != f.Digest {
				t.Fatalf("blob %s on the stick is something else, %v", f.Digest, err)
			}
		}
	}
	for _, name := range []string{"metadata/timestamp.json", "metadata/1.root.json", "targets/packs/ab12.films-3.json"} {
		if got, err := s.Catalogue().Fetch(t.Context(), name, 1<<10); err != nil || string(got) != name {
			t.Errorf("%s on the stick: %q, %v", name, got, err)
		}
	}
	if left := parts(t, dir); len(left) > 0 {
		t.Errorf("left on the stick: %v", left)
	}
}

func parts(t *testing.T, dir string) (left []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".part") || strings.Contains(path, ".tmp-") {
			left = append(left, e.Name())
		}
		if strings.ContainsAny(e.Name(), `:*?"<>|\`) || strings.ToLower(e.Name()) != e.Name() && !strings.HasPrefix(path, dir) {
			t.Errorf("%s is no name for a stick", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestExport_PlanThenCopyThenNothingLeftToDo(t *testing.T) {
	b, dir := newBox(t, 20, 100<<10), t.TempDir()
	p, err := b.Plan(t.Context(), dir, nil)
	if err != nil || p.Files != 41 || p.There != 0 || !p.Fits() || p.Needs < p.Bytes || len(p.Packs) != 2 || p.Packs[0].Files != 21 {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := courier.Open(dir); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("a plan wrote something: %v", err)
	}
	var last preau.Progress
	if _, err := b.Run(t.Context(), dir, nil, func(now preau.Progress) { last = now }); err != nil {
		t.Fatal(err)
	}
	if last.FilesDone != 41 || last.BytesDone != p.Bytes || last.Bytes != p.Bytes {
		t.Errorf("at the end progress is %+v of %d bytes", last, p.Bytes)
	}
	b.whole(t, dir)
	if p, err = b.Plan(t.Context(), dir, nil); err != nil || p.Needs != 0 || p.There != p.Bytes {
		t.Errorf("again: %+v, %v", p, err)
	}
}

func TestExport_ChosenPacksAndUnknownOnes(t *testing.T) {
	b, dir := newBox(t, 3, 10<<10), t.TempDir()
	if _, err := b.Run(t.Context(), dir, []string{"films"}, nil); err != nil {
		t.Fatal(err)
	}
	b.whole(t, dir, "films")
	if s, err := courier.Open(filepath.Join(dir, courier.Folder)); err != nil || len(s.Label.Packs) != 1 {
		t.Errorf("opened by its own folder: %+v, %v", s, err)
	}
	if _, err := b.Plan(t.Context(), dir, []string{"films", "jeux"}); preau.KindOf(err) != preau.NotFound || !strings.Contains(err.Error(), "jeux") {
		t.Errorf("a pack that is not there: %v", err)
	}
}

// TestExport_PulledAtAnyMoment stops exports after a random number of bytes
// and tears what they wrote, as a stick does that is pulled out: the next
// export always makes it whole.
func TestExport_PulledAtAnyMoment(t *testing.T) {
	b := newBox(t, 6, 300<<10)
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 10 {
		dir := t.TempDir()
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			stop := dice.Int64N(2 << 20)
			b.Export.Open = func(d blob.Digest) (*os.File, fs.FileInfo, error) {
				if stop -= 200 << 10; stop < 0 {
					cancel()
				}
				return b.store.Open(d)
			}
			_, err := b.Run(ctx, dir, nil, nil)
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("round %d: %v", round, err)
			}
			if err != nil {
				tear(t, dir, dice)
			}
		}
		b.Export.Open = b.store.Open
		if _, err := b.Run(t.Context(), dir, nil, nil); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		b.whole(t, dir)
	}
}

// tear damages a file of the stick: its end is cut, or its bytes are others.
func tear(t *testing.T, dir string, dice *rand.Rand) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "preau", "blobs", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		return
	}
	file := files[dice.IntN(len(files))]
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 {
		at := dice.IntN(len(b))
		if dice.IntN(2) == 0 {
			b = b[:at]
		} else {
			b[at] ^= 0x40
		}
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestExport_RottenOnTheBoxIsSaid(t *testing.T) {
	b, dir := newBox(t, 2, 50<<10), t.TempDir()
	rotten := filepath.Join(t.TempDir(), "rotten")
	d := b.packs[0].Files[1].Digest
	b.Export.Open = func(want blob.Digest) (*os.File, fs.FileInfo, error) {
		if want != d {
			return b.store.Open(want)
		}
		f, _, err := b.store.Open(want)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		content, err := io.ReadAll(f)
		if err != nil {
			return nil, nil, err
		}
		content[7] ^= 1
		if err := os.WriteFile(rotten, content, 0o644); err != nil {
			return nil, nil, err
		}
		f, err = os.Open(rotten)
		if err != nil {
			return nil, nil, err
		}
		info, err := f.Stat()
		return f, info, err
	}
	if _, err := b.Run(t.Context(), dir, nil, nil); preau.KindOf(err) != preau.Corrupt || preau.RemedyOf(err) == "" {
		t.Fatalf("%v, want corrupt", err)
	}
	if s, err := courier.Open(dir); err != nil || s.Label.Whole {
		t.Errorf("the stick says it is whole: %+v, %v", s, err)
	}
}

// TestExport_FullStick fills a real file system.
func TestExport_FullStick(t *testing.T) {
	durabletest.OnSmallDisk(t, "12m", func(t *testing.T, dir string) {
		b := newBox(t, 8, 2<<20)
		p, err := b.Plan(t.Context(), dir, nil)
		if err != nil || p.Fits() {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := b.Run(t.Context(), dir, nil, nil); preau.KindOf(err) != preau.Full || preau.RemedyOf(err) == "" {
			t.Fatalf("%v, want full", err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			t.Errorf("%d entries were written all the same", len(entries))
		}
	})
}

func TestExport_NothingToCarryYet(t *testing.T) {
	b := newBox(t, 1, 1<<10)
	b.packs = nil
	if _, err := b.Plan(t.Context(), t.TempDir(), nil); preau.KindOf(err) != preau.NotFound || preau.RemedyOf(err) == "" {
		t.Errorf("no catalogue: %v", err)
	}
	b = newBox(t, 1, 1<<10)
	b.Mirror = t.TempDir()
	if _, err := b.Run(t.Context(), t.TempDir(), nil, nil); preau.KindOf(err) != preau.NotFound {
		t.Errorf("no mirror: %v", err)
	}
	if _, err := b.Plan(t.Context(), filepath.Join(t.TempDir(), "nowhere"), nil); preau.KindOf(err) != preau.NotFound {
		t.Errorf("no stick: %v", err)
	}
}

func TestParseLabel_SampleAndRefusals(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("testdata", "stick-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := courier.ParseLabel(sample)
	if err != nil || !l.Whole || len(l.Packs) != 2 || l.Packs[1].Bytes != 48211004 {
		t.Errorf("the sample reads as %+v, %v", l, err)
	}
	for what, text := range map[string]string{
		"cut":           string(sample[:len(sample)/2]),
		"a later one":   `{"format":2}`,
		"no slug":       `{"format":1,"packs":[{"slug":"","bytes":1}]}`,
		"negative":      `{"format":1,"packs":[{"slug":"a","bytes":-1}]}`,
		"too many":      `{"format":1,"packs":[` + strings.Repeat(`{"slug":"a"},`, 100_000) + `{"slug":"a"}]}`,
		"endless":       `{"format":1,"by":"` + strings.Repeat("x", 5<<20) + `"}`,
		"a long author": fmt.Sprintf(`{"format":1,"by":%q}`, strings.Repeat("x", 300)),
	} {
		if _, err := courier.ParseLabel([]byte(text)); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzParseLabel(f *testing.F) {
	f.Add([]byte(`{"format":1,"whole":true,"made":"2026-11-23T08:00:00Z","by":"b","packs":[{"slug":"a","version":1,"items":1,"files":1,"bytes":1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := courier.ParseLabel(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := courier.ParseLabel(again); err != nil {
			t.Errorf("what was read is not read again: %v", err)
		}
	})
}
