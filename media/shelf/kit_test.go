package shelf_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/media/shelf"
)

// world is a publisher, and a box with a shelf on a disk of a size that the
// test decides.
type world struct {
	*shelf.Shelf
	t      testing.TB
	dir    string // of the box
	repo   string
	out    string
	now    time.Time
	db     *sqlite.DB
	items  *catalogue.Catalogue
	blobs  *blob.Store
	disk   uint64 // its size
	needs  []shelf.Need
	busy   bool
	others []blob.Digest
	woken  int
}

// Now and State make it a clock.
func (w *world) Now() time.Time { return w.now }

// State is always sure.
func (*world) State() preau.ClockState { return preau.ClockSynced }

const floor = 10_000

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), repo: t.TempDir(), out: t.TempDir(), now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), disk: 1 << 40}
	_, err := publisher.Init(w.repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: w.now})
	w.check(err)
	t.Cleanup(func() { w.db.Close() })
	w.open()
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open is a start of the box.
func (w *world) open() {
	w.t.Helper()
	if w.db != nil {
		w.check(w.db.Close())
	}
	var err error
	w.db, err = sqlite.Open(context.Background(), filepath.Join(w.dir, "preau.db"), w)
	w.check(err)
	w.blobs, err = blob.Open(filepath.Join(w.dir, "content"), 0)
	w.check(err)
	root, err := os.ReadFile(filepath.Join(w.repo, "metadata", "1.root.json"))
	w.check(err)
	w.items, err = catalogue.Open(context.Background(), catalogue.Config{DB: w.db, Clock: w, Held: w.blobs, Root: root})
	w.check(err)
	w.Shelf, err = shelf.Open(context.Background(), shelf.Config{
		DB: w.db, Items: w.items, Blobs: w.blobs, Clock: w, Log: slog.New(slog.DiscardHandler), Floor: floor,
		Needs:  func(context.Context) ([]shelf.Need, error) { return w.needs, nil },
		Others: func(context.Context) ([]blob.Digest, error) { return w.others, nil },
		Busy:   func() bool { return w.busy },
		Wake:   func() { w.woken++ },
		Free:   w.free,
	})
	w.check(err)
}

// free is what a disk of that size would have left.
func (w *world) free() (uint64, error) {
	_, whole, err := w.blobs.Usage()
	if err != nil {
		return 0, err
	}
	coming, err := w.blobs.Arriving()
	if err != nil {
		return 0, err
	}
	used := uint64(whole + coming)
	if used > w.disk {
		w.t.Fatalf("%d bytes are on a disk of %d", used, w.disk)
	}
	return w.disk - used, nil
}

// ark names the items of tests.
func ark(id string) string { return "ark:/99999/" + id }

// file is an asset whose file is so long.
func file(role, name string, size int) notice.Asset {
	mime := "application/octet-stream"
	if role == notice.RoleSubtitles {
		mime = "text/vtt"
	}
	return notice.Asset{Role: role, Lang: "fr", Mime: mime, File: name, Size: int64(size)}
}

// thing is an item with files of its own.
func thing(id string, change func(*notice.Item), assets ...notice.Asset) notice.Item {
	it := notice.Item{
		ID: ark(id), Kind: notice.KindDocument, Title: id, Lang: "fr", Service: "les-fondamentaux", Publisher: "preau-exemple",
		Taxons: []string{}, Licence: "CC-BY-SA-4.0", Rights: notice.Rights{Display: notice.All, Download: notice.All}, Assets: assets,
	}
	if change != nil {
		change(&it)
	}
	return it
}

// doc is the simplest: one file.
func doc(id string, size int) notice.Item { return thing(id, nil, file(notice.RoleMain, id, size)) }

// publish adds items, signs and publishes. Files are random, by their name.
func (w *world) publish(items ...notice.Item) {
	w.t.Helper()
	in := w.t.TempDir()
	var folders []string
	for _, it := range items {
		folder := filepath.Join(in, strings.ReplaceAll(it.ID, "/", "_"))
		w.check(os.Mkdir(folder, 0o700))
		it.Assets = slices.Clone(it.Assets)
		for i, a := range it.Assets {
			b := make([]byte, a.Size)
			var key [32]byte
			copy(key[:], a.File)
			rand.NewChaCha8(key).Read(b)
			if a.Mime == "text/vtt" {
				copy(b, "WEBVTT\n\n")
			}
			w.check(os.WriteFile(filepath.Join(folder, a.File), b, 0o600))
			it.Assets[i].Size = 0
		}
		raw, err := json.Marshal(it)
		w.check(err)
		w.check(os.WriteFile(filepath.Join(folder, "item.json"), raw, 0o600))
		folders = append(folders, folder)
	}
	repo, err := publisher.Open(w.t.Context(), w.repo)
	w.check(err)
	defer repo.Close()
	taxons := filepath.Join(in, "taxons.json")
	w.check(os.WriteFile(taxons, []byte(`{"urn:l:6e":{"fr":"6e","vocabulary":"022"},"urn:l:cm2":{"fr":"CM2","vocabulary":"022"}}`), 0o600))
	if checked, err := repo.Add(w.t.Context(), folders, publisher.AddOptions{Taxons: taxons}); err != nil {
		w.t.Fatalf("%v: %+v", err, checked[0].Problems)
	}
	_, err = repo.Sign(w.t.Context(), publisher.SignOptions{Now: w.now})
	w.check(err)
	_, err = repo.Publish(w.t.Context(), w.out, w.now)
	w.check(err)
}

// bring is what a box does at night: refresh, make room, fetch, switch.
func (w *world) bring() error {
	_, err := w.items.Refresh(w.t.Context(), trust.Folder(w.out))
	if err == nil {
		err = w.MakeRoom(w.t.Context())
	}
	if err != nil {
		return err
	}
	wants, err := w.Wanted(w.t.Context(), 0)
	if err != nil {
		return err
	}
	var list []fetch.Want
	for _, want := range wants {
		list = append(list, fetch.Want{Digest: want.Digest, Size: want.Size})
	}
	f := fetch.Fetcher{Store: w.blobs, Sources: []fetch.Source{fetch.NewFolder(w.out)}, Log: slog.New(slog.DiscardHandler), Backoff: time.Millisecond}
	if err := f.Run(w.t.Context(), list); err != nil {
		return err
	}
	if _, err := w.items.Settle(w.t.Context()); err != nil {
		return err
	}
	_, err = w.free() // never beyond the disk
	return err
}

func (w *world) must() {
	w.t.Helper()
	w.check(w.bring())
}

// here lists the items that can be opened, without the common beginning of
// their ids.
func (w *world) here() (ids []string) {
	w.t.Helper()
	page, err := w.items.Items(w.t.Context(), catalogue.Query{Staff: true, Limit: 200})
	w.check(err)
	for _, it := range page.Items {
		if it.Available {
			ids = append(ids, strings.TrimPrefix(it.ID, ark("")))
		}
	}
	return ids
}

func (w *world) wantHere(ids ...string) {
	w.t.Helper()
	if got := w.here(); !slices.Equal(got, ids) {
		w.t.Fatalf("on the box: %q, want %q", got, ids)
	}
}

// roles lists the files of an item that are here, by role and height.
func (w *world) files(id string) (names []string) {
	w.t.Helper()
	it, err := w.items.Item(w.t.Context(), ark(id), true)
	w.check(err)
	for _, a := range it.Assets {
		if !slices.Contains(it.Missing, a.SHA256) {
			name := a.Role
			if a.Height > 0 {
				name += "-" + string(rune('0'+a.Height/100))
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *world) digest(id, role string) blob.Digest {
	w.t.Helper()
	it, err := w.items.Item(w.t.Context(), ark(id), true)
	w.check(err)
	a, ok := it.Asset(role, "")
	if !ok {
		w.t.Fatalf("%s has no %s", id, role)
	}
	d, err := blob.ParseDigest(a.SHA256)
	w.check(err)
	return d
}

func (w *world) rot(d blob.Digest) {
	w.t.Helper()
	path := filepath.Join(w.dir, "content", "blobs", d.String()[:2], d.String())
	b, err := os.ReadFile(path)
	w.check(err)
	flipped := bytes.Clone(b)
	flipped[len(b)/2] ^= 0x10
	w.check(errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, flipped, 0o644)))
}

func folder(w *world) catalogue.Source { return trust.Folder(w.out) }

func refresh(w *world) error {
	_, err := w.items.Refresh(w.t.Context(), folder(w))
	return err
}

func mustParse(t *testing.T, s string) blob.Digest {
	t.Helper()
	d, err := blob.ParseDigest(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
