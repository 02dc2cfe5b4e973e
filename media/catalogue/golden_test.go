package catalogue_test

import (
	"os"
	"testing"
	"time"

	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// TestFormat1_IsStillRead: testdata/v1 was published by the first release,
// with keys that no longer exist. Later releases must still take it.
func TestFormat1_IsStillRead(t *testing.T) {
	root, err := os.ReadFile("testdata/v1/metadata/1.root.json")
	if err != nil {
		t.Fatal(err)
	}
	o := newOrigin(t)
	b := newBox(t, o)
	b.root = root
	b.clock.now = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	b.restart()
	if _, err := b.Refresh(t.Context(), trust.Folder("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	members, err := b.Members(t.Context(), "ark:/99999/golden", true)
	if err != nil || len(members) != 1 {
		t.Fatalf("%+v, %v", members, err)
	}
	it := members[0]
	if it.ID != "ark:/99999/golden-1" || it.Kind != notice.KindDocument || it.Title != "L'adjectif qualificatif" || it.Duration != 32 ||
		it.Rights != (notice.Rights{Display: notice.All, Download: notice.Staff}) || it.Objectif != "Reconnaître l'adjectif" ||
		it.Difficultes[0] != "L'accord" || it.ValidTo != "2030-07-05" || len(it.Assets) != 3 || it.Levels[0] != cm1 {
		t.Errorf("%+v", it.Notice)
	}
	css, err := b.AssetByPath(t.Context(), it.ID, "css/style.css")
	if err != nil || css.Mime != "text/css" || css.Size != 18 {
		t.Errorf("%+v, %v", css, err)
	}
	key, _ := it.Asset(notice.RoleAnswerKey, "")
	d, err := blob.ParseDigest(key.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if restricted, err := b.Restricted(t.Context(), d); err != nil || !restricted {
		t.Errorf("answer key: %v, %v", restricted, err)
	}
	if got := b.titles(catalogue.Query{Q: "adjectifs temoin", Taxon: francais}); len(got) != 1 || b.Label(francais, "en") != "French" {
		t.Errorf("%q, %s", got, b.Label(francais, "en"))
	}
}

// TestFormat2_IsStillRead: testdata/v2 has a publisher that signs for itself,
// with a list in pages. Later releases must still take it, and the public keys
// that it handed over.
func TestFormat2_IsStillRead(t *testing.T) {
	root, err := os.ReadFile("testdata/v2/metadata/1.root.json")
	if err != nil {
		t.Fatal(err)
	}
	o := newOrigin(t)
	b := newBox(t, o)
	b.root = root
	b.clock.now = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	b.restart()
	if _, err := b.Refresh(t.Context(), trust.Folder("testdata/v2")); err != nil {
		t.Fatal(err)
	}
	if got := b.titles(catalogue.Query{}); len(got) != 67 || got[66] != "Le pluriel" || got[65] != "Offre 66" {
		t.Errorf("%d items: %q", len(got), got)
	}
	raw, err := os.ReadFile("testdata/studio-lune.keys.json")
	if err != nil {
		t.Fatal(err)
	}
	if g, err := keyring.ParseGrant(raw); err != nil || g.Publisher != "studio-lune" || g.Threshold != 2 {
		t.Errorf("%+v, %v", g, err)
	}
}
