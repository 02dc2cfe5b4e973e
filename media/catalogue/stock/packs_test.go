package stock

import (
	"fmt"
	"testing"
	"time"

	"preau/media/catalogue/notice"
)

// offers are n items, spread over services.
func offers(n, services int) []notice.Item {
	var items []notice.Item
	for i := range n {
		id := fmt.Sprintf("ark:/99999/i%d", i)
		items = append(items, notice.Item{ID: id, Kind: notice.KindOffer, Title: id, Lang: "fr", Service: fmt.Sprintf("s%d", i%services), Publisher: "p",
			Licence: "CC0-1.0", Rights: notice.Rights{Display: notice.All, Download: notice.All}})
	}
	return items
}

// TestBuild_OneNoticeChangesOnePack: what boxes fetch after a correction is
// one small pack, a page when there are many, and the index.
func TestBuild_OneNoticeChangesOnePack(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct{ items, services, packs, pages int }{{256, 1, 1, 0}, {257, 1, 16, 0}, {100, 100, 100, 16}} {
		dir := t.TempDir()
		r, err := Open(t.Context(), dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		build := func(at time.Time) (List, notice.Index, map[string]bool) {
			t.Helper()
			l, err := r.Build(t.Context(), nil, at)
			if err != nil {
				t.Fatal(err)
			}
			x, err := notice.ParseIndex(l.Index)
			if err != nil {
				t.Fatal(err)
			}
			_, refs, _, err := r.packs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			hashes := map[string]bool{}
			for _, ref := range refs {
				hashes[ref.SHA256] = true
			}
			return l, x, hashes
		}
		items := offers(test.items, test.services)
		if err := r.Put(t.Context(), items, nil); err != nil {
			t.Fatal(err)
		}
		first, x, before := build(now)
		if first.Items != test.items || first.Packs != test.packs || len(x.Pages) != test.pages {
			t.Fatalf("%d items: %d packs, %d pages; want %d and %d", first.Items, first.Packs, len(x.Pages), test.packs, test.pages)
		}
		if same, _, _ := build(now.Add(time.Hour)); string(same.Index) != string(first.Index) {
			t.Fatal("nothing changed and the index did")
		}
		items[7].Title = "corrigé"
		if err := r.Put(t.Context(), items[7:8], nil); err != nil {
			t.Fatal(err)
		}
		_, y, after := build(now.Add(time.Hour))
		fresh := 0
		for sum := range after {
			if !before[sum] {
				fresh++
			}
		}
		freshPages := 0
		for i, p := range y.Pages {
			if p != x.Pages[i] {
				freshPages++
			}
		}
		if fresh != 1 || freshPages != min(test.pages, 1) || y.Made != "2026-11-23T09:00:00Z" {
			t.Errorf("%d items: %d new packs and %d new pages, made %s; want one of each", test.items, fresh, freshPages, y.Made)
		}
	}
}
