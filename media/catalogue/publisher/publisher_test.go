package publisher_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// desk is a publisher at work.
type desk struct {
	t         *testing.T
	repo, out string
}

func newDesk(t *testing.T, keys, threshold int) *desk {
	t.Helper()
	d := &desk{t, filepath.Join(t.TempDir(), "repo"), filepath.Join(t.TempDir(), "out")}
	root, err := publisher.Init(d.repo, publisher.InitOptions{Keys: keys, Threshold: threshold, Now: now})
	if err != nil || root != filepath.Join(d.repo, "metadata", "1.root.json") {
		t.Fatal(root, err)
	}
	return d
}

func (d *desk) open() *publisher.Repository {
	d.t.Helper()
	r, err := publisher.Open(d.t.Context(), d.repo)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { r.Close() })
	return r
}

// folder writes an item's folder: change edits its notice, files add to it.
func (d *desk) folder(id string, change func(*notice.Item), files map[string]string) string {
	d.t.Helper()
	dir := filepath.Join(d.t.TempDir(), id)
	it := notice.Item{
		ID: "ark:/99999/" + id, Kind: notice.KindDocument, Title: id, Lang: "fr", Service: "s", Publisher: "p", Taxons: []string{},
		Licence: "CC0-1.0", Rights: notice.Rights{Display: notice.All, Download: notice.All},
		Assets: []notice.Asset{{Role: notice.RoleMain, Mime: "application/pdf", File: "a.pdf"}},
	}
	if change != nil {
		change(&it)
	}
	raw, err := json.Marshal(it)
	d.check(err)
	d.check(os.MkdirAll(dir, 0o700))
	d.check(os.WriteFile(filepath.Join(dir, "item.json"), raw, 0o600))
	if files == nil {
		files = map[string]string{"a.pdf": "%PDF-1.7 " + id}
	}
	for name, body := range files {
		d.check(os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600))
	}
	return dir
}

func (d *desk) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// all adds, signs and publishes at a time.
func (d *desk) all(at time.Time, folders ...string) publisher.Signed {
	d.t.Helper()
	r, err := publisher.Open(d.t.Context(), d.repo)
	d.check(err)
	defer r.Close()
	if len(folders) > 0 {
		if checked, err := r.Add(d.t.Context(), folders, publisher.AddOptions{}); err != nil {
			d.t.Fatalf("%v %+v", err, checked)
		}
	}
	s, err := r.Sign(d.t.Context(), publisher.SignOptions{Now: at})
	d.check(err)
	_, err = r.Publish(d.t.Context(), d.out, at)
	d.check(err)
	return s
}

func (d *desk) verify(source string, opts publisher.VerifyOptions) *publisher.Report {
	d.t.Helper()
	if opts.At.IsZero() {
		opts.At = now
	}
	rep, err := publisher.Verify(d.t.Context(), source, opts)
	d.check(err)
	return rep
}

func TestInit_KeysAreTheOwnersAlone(t *testing.T) {
	d := newDesk(t, 3, 2)
	keys, err := filepath.Glob(filepath.Join(d.repo, "keys", "*.pem"))
	if err != nil || len(keys) != 8 {
		t.Fatalf("%d keys, want 3 + 3 + 1 + 1", len(keys))
	}
	for _, k := range keys {
		if info, err := os.Stat(k); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", k, info.Mode(), err)
		}
	}
	if _, err := publisher.Init(d.repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: now}); preau.KindOf(err) != preau.Conflict {
		t.Errorf("over another: %v", err)
	}
	for _, bad := range [][2]int{{0, 0}, {1, 2}, {1, 0}, {99, 1}} {
		if _, err := publisher.Init(t.TempDir(), publisher.InitOptions{Keys: bad[0], Threshold: bad[1], Now: now}); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	d.check(os.Chmod(keys[0], 0o644))
	if _, err := d.open().Sign(t.Context(), publisher.SignOptions{Now: now}); preau.KindOf(err) != preau.Untrusted {
		t.Errorf("a key that others read: %v", err)
	}
}

func TestAdd_ListsEveryProblemAndAddsNothing(t *testing.T) {
	d := newDesk(t, 1, 1)
	mp4 := func(it *notice.Item) {
		it.Kind, it.Assets = notice.KindVideo, []notice.Asset{{Role: notice.RoleMain, Mime: "video/mp4", File: "a.mp4"}}
	}
	box := func(kind string, n int) string {
		return fmt.Sprintf("\x00\x00\x00%c%s%s", 8+n, kind, strings.Repeat("x", n))
	}
	for name, test := range map[string]struct {
		folder string
		want   string
	}{
		"missing file":    {d.folder("a", nil, map[string]string{}), "no such file"},
		"not a PDF":       {d.folder("b", nil, map[string]string{"a.pdf": "<html>"}), "not application/pdf"},
		"empty file":      {d.folder("c", nil, map[string]string{"a.pdf": ""}), "empty"},
		"slow start":      {d.folder("d", mp4, map[string]string{"a.mp4": box("ftyp", 4) + box("mdat", 8) + box("moov", 8)}), "index is at the end"},
		"broken film":     {d.folder("e", mp4, map[string]string{"a.mp4": box("ftyp", 100)[:20]}), "index is at the end"},
		"lonely member":   {d.folder("f", func(it *notice.Item) { it.PartOf = "ark:/99999/none" }, nil), "no item ark:/99999/none"},
		"unknown concept": {d.folder("g", func(it *notice.Item) { it.Taxons = []string{"urn:x"} }, nil), "no urn:x"},
	} {
		t.Run(name, func(t *testing.T) {
			taxons := filepath.Join(t.TempDir(), "taxons.json")
			d.check(os.WriteFile(taxons, []byte(`{"urn:a":{"fr":"a","vocabulary":"015"}}`), 0o600))
			r, err := publisher.Open(d.t.Context(), d.repo)
			d.check(err)
			defer r.Close()
			good := d.folder("good-"+strings.ReplaceAll(name, " ", "-"), nil, nil)
			checked, err := r.Add(t.Context(), []string{good, test.folder}, publisher.AddOptions{Taxons: taxons})
			if preau.KindOf(err) != preau.Invalid || len(checked) != 2 || len(checked[1].Problems) != 1 {
				t.Fatalf("%v %+v", err, checked)
			}
			if p := checked[1].Problems[0]; !strings.Contains(p.Text, test.want) || p.Remedy == "" {
				t.Errorf("%+v, want %q", p, test.want)
			}
			if items, _ := os.ReadDir(filepath.Join(d.repo, "items")); len(items) != 0 {
				t.Errorf("%d items were added", len(items))
			}
		})
	}
	fast := d.folder("fast", mp4, map[string]string{"a.mp4": box("ftyp", 4) + box("free", 2) + box("moov", 8) + box("mdat", 8)})
	if checked, err := d.open().Add(t.Context(), []string{fast}, publisher.AddOptions{DryRun: true}); err != nil {
		t.Errorf("a fast start: %v %+v", err, checked)
	}
	if items, _ := os.ReadDir(filepath.Join(d.repo, "items")); len(items) != 0 {
		t.Errorf("a dry run added %d items", len(items))
	}
}

func TestAdd_FoldersOfFoldersTwinsAndLinks(t *testing.T) {
	d := newDesk(t, 1, 1)
	r := d.open()
	one, two := d.folder("one", nil, nil), d.folder("one", nil, nil)
	if checked, err := r.Add(t.Context(), []string{one, two}, publisher.AddOptions{}); preau.KindOf(err) != preau.Invalid || checked[0].Problems[0].Field != "id" {
		t.Errorf("twins: %v %+v", err, checked)
	}
	if checked, err := r.Add(t.Context(), []string{filepath.Dir(one)}, publisher.AddOptions{}); err != nil || len(checked) != 1 {
		t.Errorf("a folder of folders: %v %+v", err, checked)
	}
	if _, err := r.Add(t.Context(), []string{t.TempDir()}, publisher.AddOptions{}); preau.KindOf(err) != preau.Invalid {
		t.Errorf("an empty folder: %v", err)
	}
	link := d.folder("link", nil, map[string]string{})
	d.check(os.Symlink("/etc/hostname", filepath.Join(link, "a.pdf")))
	if checked, err := r.Add(t.Context(), []string{link}, publisher.AddOptions{}); preau.KindOf(err) != preau.Invalid || !strings.Contains(checked[0].Problems[0].Text, "cannot be opened") {
		t.Errorf("a link outside: %v %+v", err, checked)
	}
}

func TestSign_OnlyWhatChangesOrComesNear(t *testing.T) {
	d := newDesk(t, 1, 1)
	if s := d.all(now, d.folder("a", nil, nil)); s.Targets != 1 || s.Snapshot != 1 || s.Timestamp != 1 || !s.Changed || s.Items != 1 {
		t.Errorf("%+v", s)
	}
	if s := d.all(now.AddDate(0, 0, 20)); s.Targets != 1 || s.Snapshot != 1 || s.Timestamp != 2 || s.Changed {
		t.Errorf("after 20 days: %+v", s)
	}
	if s := d.all(now.AddDate(0, 0, 50)); s.Targets != 1 || s.Snapshot != 2 || s.Timestamp != 3 {
		t.Errorf("after 50 days: %+v", s)
	}
	if s := d.all(now.AddDate(0, 0, 51), d.folder("b", nil, nil)); s.Targets != 2 || s.Snapshot != 3 || !s.Changed || s.Items != 2 {
		t.Errorf("with another item: %+v", s)
	}
	if s := d.all(now.AddDate(0, 9, 0)); s.Targets != 3 || s.Changed {
		t.Errorf("after nine months: %+v", s)
	}
	key := filepath.Join(d.repo, "keys", "root-1.pem")
	d.check(os.Rename(key, key+".away"))
	r := d.open()
	if _, err := r.Sign(t.Context(), publisher.SignOptions{Now: now.AddDate(3, 0, 0)}); preau.KindOf(err) != preau.Expired || !strings.Contains(preau.RemedyOf(err), "root's keys") {
		t.Errorf("after three years: %v", err)
	}
	d.check(os.Rename(key+".away", key))
	if s, err := r.Sign(t.Context(), publisher.SignOptions{Now: now.AddDate(3, 0, 0)}); err != nil || s.Root != 2 {
		t.Errorf("after three years, with the root's key: %+v %v", s, err)
	}
}

func TestSign_OfflineKeysAreNeededOnlyForContent(t *testing.T) {
	d := newDesk(t, 3, 2)
	d.all(now, d.folder("a", nil, nil))
	stick := t.TempDir()
	offline, err := filepath.Glob(filepath.Join(d.repo, "keys", "[rt][oa]*-[123].pem")) // root-*, targets-*
	if err != nil || len(offline) != 6 {
		t.Fatal(offline, err)
	}
	for i, k := range offline {
		if filepath.Base(k) == "targets-3.pem" || i == 0 {
			d.check(os.Remove(k)) // lost: two of three remain
			continue
		}
		d.check(os.Rename(k, filepath.Join(stick, filepath.Base(k))))
	}
	d.all(now.AddDate(0, 0, 20)) // dates only
	r := d.open()
	if _, err := r.Add(t.Context(), []string{d.folder("b", nil, nil)}, publisher.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Sign(t.Context(), publisher.SignOptions{Now: now.AddDate(0, 0, 21)}); preau.KindOf(err) != preau.Invalid || !strings.Contains(err.Error(), "needs 2") {
		t.Fatalf("without the stick: %v", err)
	}
	if _, err := r.Publish(t.Context(), d.out, now.AddDate(0, 0, 21)); err != nil {
		t.Fatalf("what was signed before can be published: %v", err)
	}
	if s, err := r.Sign(t.Context(), publisher.SignOptions{Now: now.AddDate(0, 0, 21), Keys: []string{stick}}); err != nil || !s.Changed {
		t.Fatalf("with the stick: %+v %v", s, err)
	}
}

func TestPublish_RefusesWhatWouldHarm(t *testing.T) {
	d := newDesk(t, 1, 1)
	r := d.open()
	if _, err := r.Publish(t.Context(), d.out, now); preau.KindOf(err) != preau.Invalid {
		t.Errorf("nothing signed: %v", err)
	}
	r.Close()
	d.all(now, d.folder("a", nil, nil))
	backup := t.TempDir()
	d.check(os.CopyFS(backup, os.DirFS(d.repo)))
	d.all(now, d.folder("b", nil, nil))
	current := d.open()
	for _, out := range []string{d.repo, filepath.Join(d.repo, "public"), filepath.Dir(d.repo)} {
		if _, err := current.Publish(t.Context(), out, now); preau.KindOf(err) != preau.Invalid {
			t.Errorf("into %s: %v", out, err)
		}
	}
	old, err := publisher.Open(d.t.Context(), backup)
	d.check(err)
	defer old.Close()
	if _, err := old.Publish(t.Context(), d.out, now); preau.KindOf(err) != preau.Conflict {
		t.Errorf("an old copy over the new: %v", err)
	}
	other := newDesk(t, 1, 1)
	other.all(now, other.folder("z", nil, nil))
	if _, err := other.open().Publish(t.Context(), d.out, now); preau.KindOf(err) != preau.Conflict {
		t.Errorf("over another catalogue: %v", err)
	}
	if _, err := old.Publish(t.Context(), t.TempDir(), now.AddDate(0, 2, 0)); preau.KindOf(err) != preau.Untrusted || preau.RemedyOf(err) == "" {
		t.Errorf("an expired one: %v", err)
	}
}

// TestPublish_NoMomentShowsAMix: whatever prefix of the files a host has, a
// box takes the old catalogue or the new one, whole.
func TestPublish_NoMomentShowsAMix(t *testing.T) {
	d := newDesk(t, 1, 1)
	d.all(now, d.folder("a", nil, nil))
	root := filepath.Join(d.repo, "metadata", "1.root.json")
	before := t.TempDir()
	d.check(os.CopyFS(before, os.DirFS(d.out)))
	d.all(now, d.folder("b", nil, nil))
	var fresh []string
	d.check(filepath.WalkDir(d.out, func(path string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(d.out, path)
		old, oldErr := os.ReadFile(filepath.Join(before, rel))
		if err == nil && !e.IsDir() {
			if b, _ := os.ReadFile(path); oldErr != nil || !bytes.Equal(b, old) {
				fresh = append(fresh, rel)
			}
		}
		return err
	}))
	order := func(rel string) int {
		for i, prefix := range []string{"blobs/", "targets/", "metadata/2.targets", "metadata/2.snapshot", "metadata/timestamp"} {
			if strings.HasPrefix(rel, prefix) {
				return i
			}
		}
		return -1
	}
	for stage := range 6 {
		host := t.TempDir()
		d.check(os.CopyFS(host, os.DirFS(before)))
		for _, rel := range fresh {
			if order(rel) < 0 {
				t.Fatalf("%s is published and has no place in the order", rel)
			}
			if order(rel) < stage {
				b, err := os.ReadFile(filepath.Join(d.out, rel))
				d.check(err)
				d.check(os.MkdirAll(filepath.Dir(filepath.Join(host, rel)), 0o700))
				d.check(os.WriteFile(filepath.Join(host, rel), b, 0o600))
			}
		}
		want := 1
		if stage == 5 {
			want = 2
		}
		if rep := d.verify(host, publisher.VerifyOptions{Root: root}); len(rep.Faults) != 0 || rep.Items != want {
			t.Errorf("stage %d: %d items, faults %v", stage, rep.Items, rep.Faults)
		}
	}
}

func TestVerify_NamesEachFault(t *testing.T) {
	d := newDesk(t, 1, 1)
	d.all(now, d.folder("a", nil, nil), d.folder("b", nil, nil), d.folder("c", nil, nil))
	root := filepath.Join(d.repo, "metadata", "1.root.json")
	if rep := d.verify(d.out, publisher.VerifyOptions{Root: root}); len(rep.Faults) != 0 || rep.Items != 3 || rep.Blobs != 3 || !rep.Pinned {
		t.Fatalf("%+v", rep)
	}
	srv := httptest.NewServer(http.FileServer(http.Dir(d.out)))
	defer srv.Close()
	for _, source := range []string{d.repo, srv.URL, srv.URL + "/"} {
		if rep := d.verify(source, publisher.VerifyOptions{Quick: true}); len(rep.Faults) != 0 || rep.Blobs != 3 {
			t.Errorf("%s: %+v", source, rep)
		}
	}
	blobs, err := filepath.Glob(filepath.Join(d.out, "blobs", "*", "*"))
	if err != nil || len(blobs) != 3 {
		t.Fatal(blobs, err)
	}
	d.check(os.Remove(blobs[0]))
	d.check(os.WriteFile(blobs[1], []byte("%PDF-1.7 X"), 0o600)) // same length
	d.check(os.Truncate(blobs[2], 3))
	for _, source := range []string{d.out, srv.URL} {
		kinds := map[string]int{}
		for _, f := range d.verify(source, publisher.VerifyOptions{Root: root}).Faults {
			kinds[f.Kind]++
			if !strings.HasPrefix(f.Object, "blobs/") || f.Remedy == "" || !strings.Contains(f.Text, "ark:/99999/") {
				t.Errorf("%+v", f)
			}
		}
		if kinds["blob-missing"] != 1 || kinds["blob-altered"] != 2 {
			t.Errorf("%s: %v", source, kinds)
		}
		if rep := d.verify(source, publisher.VerifyOptions{Quick: true}); len(rep.Faults) != 2 {
			t.Errorf("%s, quick: %v", source, rep.Faults)
		}
	}
	if rep := d.verify(d.out, publisher.VerifyOptions{At: now.AddDate(0, 2, 0)}); len(rep.Faults) != 1 || rep.Faults[0].Kind != string(trust.Expired) {
		t.Errorf("in two months: %v", rep.Faults)
	}
	other := newDesk(t, 1, 1)
	if rep := d.verify(d.out, publisher.VerifyOptions{Root: filepath.Join(other.repo, "metadata", "1.root.json")}); len(rep.Faults) != 1 || rep.Faults[0].Kind != string(trust.Signature) {
		t.Errorf("by another root: %v", rep.Faults)
	}
	packs, _ := filepath.Glob(filepath.Join(d.out, "targets", "packs", "*", "*"))
	d.check(os.Remove(packs[0]))
	if rep := d.verify(d.out, publisher.VerifyOptions{}); len(rep.Faults) != 1 || rep.Faults[0].Kind != "pack" {
		t.Errorf("without a pack: %v", rep.Faults)
	}
	srv.Close()
	if _, err := publisher.Verify(t.Context(), srv.URL, publisher.VerifyOptions{At: now}); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("out of reach: %v", err)
	}
}

func TestOpen_OneAtATimeAndOurs(t *testing.T) {
	d := newDesk(t, 1, 1)
	d.open()
	if _, err := publisher.Open(d.t.Context(), d.repo); preau.KindOf(err) != preau.Busy {
		t.Errorf("twice: %v", err)
	}
	if _, err := publisher.Open(d.t.Context(), t.TempDir()); preau.KindOf(err) != preau.NotFound || preau.RemedyOf(err) == "" {
		t.Errorf("elsewhere: %v", err)
	}
}
