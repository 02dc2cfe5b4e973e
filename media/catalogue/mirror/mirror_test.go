package mirror_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/mirror"
)

// origin gives every file its own name as content.
type origin struct{}

func (origin) String() string { return "origin" }

func (origin) Fetch(_ context.Context, name string, _ int64) ([]byte, error) {
	if strings.Contains(name, "absent") {
		return nil, preau.E(preau.NotFound, "absent", "", nil)
	}
	return []byte(name), nil
}

func names(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestCopy_KeepsWhatWasAcceptedAndTheLastTwoVersions(t *testing.T) {
	dir := t.TempDir()
	refresh := func(outcome error, files ...string) {
		c := mirror.Of(origin{}, dir, slog.New(slog.DiscardHandler))
		for _, name := range files {
			if b, err := c.Fetch(t.Context(), name, 100); err == nil && string(b) != name {
				t.Fatalf("%q", b)
			}
		}
		c.Done(outcome)
	}
	age := func() { // modification times have to tell versions apart
		for name := range strings.FieldsSeq(names(t, dir)) {
			path := filepath.Join(dir, name)
			info, err := os.Stat(path)
			if err == nil {
				err = os.Chtimes(path, time.Time{}, info.ModTime().Add(-time.Minute))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	refresh(nil, "metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/2.root.json", "targets/packs/aa.x.json", "metadata/absent.json")
	age()
	refresh(nil, "metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/3.root.json", "targets/packs/bb.x.json", "targets/packs/bb.y.json")
	age()
	refresh(preau.E(preau.Untrusted, "refused", "", nil), "metadata/9.snapshot.json")
	refresh(preau.E(preau.Unavailable, "cut", "", nil), "metadata/3.snapshot.json")
	refresh(nil, "targets/packs/cc.x.json", "../../outside")
	want := "metadata/2.root.json metadata/2.snapshot.json metadata/3.root.json metadata/3.snapshot.json metadata/timestamp.json " +
		"targets/packs/bb.x.json targets/packs/bb.y.json targets/packs/cc.x.json"
	if got := names(t, dir); got != want {
		t.Errorf("holds %s\nwant  %s", got, want)
	}
}

func TestCopy_ADiskThatCannotKeepStopsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c := mirror.Of(origin{}, dir, slog.New(slog.NewTextHandler(&said, nil)))
	if b, err := c.Fetch(t.Context(), "metadata/timestamp.json", 100); err != nil || len(b) == 0 {
		t.Error(err)
	}
	c.Done(nil)
	c.Done(errors.New("anything"))
	if !strings.Contains(said.String(), "not kept for sister boxes") {
		t.Error(said.String())
	}
}

// TestCopy_PrunesPacks: a pack's version is its name, in a folder of its own;
// the pages of a list are no versions of each other.
func TestCopy_PrunesPacks(t *testing.T) {
	dir := t.TempDir()
	for i, files := range []string{"targets/packs/s/aa.1.json targets/pages/aa.0.json targets/pages/aa.1.json targets/pages/aa.2.json", "targets/packs/s/bb.2.json", "targets/packs/s/cc.3.json targets/pages/bb.1.json"} {
		c := mirror.Of(origin{}, dir, slog.New(slog.DiscardHandler))
		for name := range strings.FieldsSeq(files) {
			if _, err := c.Fetch(t.Context(), name, 100); err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(time.Duration(i-10) * time.Minute)
			if err := os.Chtimes(filepath.Join(dir, "fresh", name), at, at); err != nil {
				t.Fatal(err)
			}
		}
		c.Done(nil)
	}
	want := "targets/packs/s/bb.2.json targets/packs/s/cc.3.json targets/pages/aa.0.json targets/pages/aa.1.json targets/pages/aa.2.json targets/pages/bb.1.json"
	if got := names(t, dir); got != want {
		t.Errorf("holds %s\nwant  %s", got, want)
	}
}

// TestCopy_OutlivesAStop: what a refresh brought before the box was stopped is
// verified and in the database, so it is not asked for again.
func TestCopy_OutlivesAStop(t *testing.T) {
	dir := t.TempDir()
	for name, outcome := range map[string]error{"targets/packs/s/aa.1.json": context.Canceled, "metadata/1.snapshot.json": nil} {
		c := mirror.Of(origin{}, dir, slog.New(slog.DiscardHandler))
		if _, err := c.Fetch(t.Context(), name, 100); err != nil {
			t.Fatal(err)
		}
		c.Done(outcome)
	}
	c := mirror.Of(origin{}, dir, slog.New(slog.DiscardHandler))
	c.Done(nil)
	if got := names(t, dir); got != "metadata/1.snapshot.json targets/packs/s/aa.1.json" {
		t.Errorf("holds %s", got)
	}
}
