package catalogue_test

import (
	"os"
	"path/filepath"
	"testing"

	"preau"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/notice"
	"preau/media/pack"
)

// A large file comes with the table of its chunks, and with what the box
// holds of its other versions: what is at the same place first.
func TestChunks_NameTheTableAndWhatIsLikeIt(t *testing.T) {
	o := newOrigin(t)
	version := func(n string) notice.Item {
		return item("film", notice.KindVideo, "Film", func(it *notice.Item) {
			it.Assets = []notice.Asset{
				{Role: notice.RoleRendition, Mime: "application/octet-stream", File: "big-low-" + n},
				{Role: notice.RoleMain, Mime: "application/octet-stream", File: "big-main-" + n},
				{Role: notice.RoleTranscript, Mime: "text/plain", File: "small-" + n},
			}
		})
	}
	o.publish(version("1"))
	b := newBox(t, o)
	b.refresh(o, true)
	assets := func() map[string]blob.Digest {
		it, err := b.Item(t.Context(), "ark:/99999/film", false)
		o.check(err)
		list := map[string]blob.Digest{}
		for _, a := range it.Assets {
			list[a.Role], err = blob.ParseDigest(a.SHA256)
			o.check(err)
		}
		return list
	}
	first := assets()
	b.disk.put(b.wanted()...)
	if _, err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.publish(version("2"))
	b.refresh(o, false)
	wanted := b.wanted()
	var large []holding.Chunks
	for _, w := range wanted {
		c, err := b.Chunks(t.Context(), w.Digest)
		o.check(err)
		if w.Size < pack.Threshold {
			if c.Size != w.Size || c.Table.Size != 0 || len(c.Kin) != 0 {
				t.Errorf("a small file has %+v", c)
			}
			continue
		}
		large = append(large, c)
		raw, err := os.ReadFile(filepath.Join(o.out, "blobs", c.Table.Digest.String()[:2], c.Table.Digest.String()))
		o.check(err)
		if table, err := pack.Parse(raw); err != nil || table.Blob != w.Digest || int64(len(raw)) != c.Table.Size {
			t.Errorf("the table of %s: %v", w.Digest, err)
		}
	}
	// The main file is wanted first.
	if len(wanted) != 3 || len(large) != 2 || len(large[0].Kin) != 2 || large[0].Kin[0] != first[notice.RoleMain] || large[1].Kin[0] != first[notice.RoleRendition] {
		t.Fatalf("%d wanted, chunks %+v, held %v", len(wanted), large, first)
	}
	b.disk.held = map[blob.Digest]bool{}
	if c, err := b.Chunks(t.Context(), wanted[1].Digest); err != nil || len(c.Kin) != 0 {
		t.Errorf("what is not here is like it: %+v %v", c, err)
	}
	if _, err := b.Chunks(t.Context(), blob.Digest{1}); preau.KindOf(err) != preau.NotFound {
		t.Errorf("an unknown blob: %v", err)
	}
}

// A film that is not here is offered while it can be fetched, and nothing
// else is: the rest needs all its files, or cannot be verified as it comes.
func TestThrough_OffersFilmsThatCanBeRead(t *testing.T) {
	o := newOrigin(t)
	large := func(kind, id string) notice.Item {
		return item(id, kind, id, func(it *notice.Item) { it.Assets[0].File = "big-" + id })
	}
	o.publish(large(notice.KindVideo, "film"), large(notice.KindDocument, "livre"), item("court", notice.KindVideo, "court", nil))
	b := newBox(t, o)
	b.refresh(o, true)
	reach := true
	see := func(id string) catalogue.Item {
		it, err := b.Item(t.Context(), "ark:/99999/"+id, false)
		o.check(err)
		return it
	}
	if it := see("film"); it.Available || it.Coming {
		t.Error("offered before anything can bring it")
	}
	b.Through(func() bool { return reach })
	for id, want := range map[string]bool{"film": true, "livre": false, "court": false} {
		if it := see(id); it.Available != want || it.Coming != want || want == (len(it.Missing) > 0) {
			t.Errorf("%s: available %v, coming %v, missing %v", id, it.Available, it.Coming, it.Missing)
		}
	}
	reach = false
	if it := see("film"); it.Available {
		t.Error("offered while the line is cut")
	}
	reach = true
	b.disk.put(b.wanted()...)
	if it := see("film"); !it.Available || it.Coming {
		t.Errorf("here, and still coming: %+v", it)
	}
}
