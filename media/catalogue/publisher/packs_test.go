package publisher

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"preau/media/catalogue/notice"
)

func catalogueOf(n int) map[string]notice.Item {
	items := map[string]notice.Item{}
	for i := range n {
		id := fmt.Sprintf("ark:/99999/i%d", i)
		items[id] = notice.Item{ID: id, Kind: notice.KindOffer, Title: id, Lang: "fr", Service: "s", Publisher: "p",
			Licence: "CC0-1.0", Rights: notice.Rights{Display: notice.All, Download: notice.All}}
	}
	return items
}

// TestBuild_OneNoticeChangesOnePack: what boxes fetch after a correction is
// one small pack and the index.
func TestBuild_OneNoticeChangesOnePack(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct{ items, packs int }{{10, 1}, {256, 1}, {257, 16}, {5000, 256}} {
		items := catalogueOf(test.items)
		first, err := build(items, nil, content{}, now)
		if err != nil || len(first) != test.packs+1 {
			t.Fatalf("%d items: %d targets, %v; want %d packs and the index", test.items, len(first), err, test.packs)
		}
		same, err := build(items, nil, first, now.Add(time.Hour))
		if err != nil || string(same[notice.IndexPath]) != string(first[notice.IndexPath]) {
			t.Fatalf("nothing changed and the index did: %v", err)
		}
		it := items["ark:/99999/i7"]
		it.Title = "corrigé"
		items[it.ID] = it
		second, err := build(items, nil, first, now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		fresh := 0
		for path := range second {
			if _, ok := first[path]; !ok {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%d items: %d new packs, want 1", test.items, fresh)
		}
		var index notice.Index
		if err := json.Unmarshal(second[notice.IndexPath], &index); err != nil || index.Made != "2026-11-23T09:00:00Z" {
			t.Errorf("index made %q, %v", index.Made, err)
		}
		if _, err := notice.ParseIndex(second[notice.IndexPath]); err != nil {
			t.Error(err)
		}
	}
}
