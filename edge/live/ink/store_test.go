package ink_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"preau"
	"preau/edge/live/ink"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

func openStore(t *testing.T) *ink.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := ink.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *ink.Store, l *ink.Layers) {
	t.Helper()
	if err := s.Put(t.Context(), l.Take()); err != nil {
		t.Fatal(err)
	}
}

func TestStore_LayersComeBackAsTheyWere(t *testing.T) {
	s := openStore(t)
	var l ink.Layers
	draw(t, &l, film, false, pen("b", .1, .2, .3), pen("a", .4, .5, .6))
	put(t, s, &l)
	draw(t, &l, film, true, protocol.Stroke{ID: "b", Points: []float64{.7, .8, .9}})
	draw(t, &l, film, false, pen("c", 0, 0, 0))
	put(t, s, &l)
	l.Rub("l1", 0, []string{"a"})
	put(t, s, &l)
	found, err := s.Of(t.Context(), "l1", "l9")
	if err != nil {
		t.Fatal(err)
	}
	var back ink.Layers
	back.Restore(found)
	if got, want := back.All(), l.All(); !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v\nwas %+v", got, want)
	}
	if left := back.Take(); len(left) != 0 {
		t.Errorf("what came back is to be kept again: %+v", left)
	}
	draw(t, &back, film, false, pen("d", 0, 0, 0))
	put(t, s, &back)
	if found, err = s.Of(t.Context(), "l1"); err != nil || len(found) != 3 || found[2].Stroke.ID != "d" {
		t.Errorf("drawn after: %+v, %v", found, err)
	}
}

func TestStore_AnnotationsAreTheirOwners(t *testing.T) {
	s, ctx := openStore(t), t.Context()
	for i, c := range []struct{ launch, owner, item string }{{"l1", "t1", "film"}, {"l2", "t1", "film"}, {"l3", "t2", "film"}, {"l4", "t1", "plan"}} {
		var l ink.Layers
		if _, err := l.Draw(ink.Key{Launch: c.launch, To: protocol.ToAll}, c.owner, c.item, []protocol.Stroke{pen(fmt.Sprint("s", i), .5, .5, .5)}, false); err != nil {
			t.Fatal(err)
		}
		put(t, s, &l)
	}
	list, err := s.Annotations(ctx, "t1")
	if err != nil || len(list) != 3 {
		t.Fatalf("t1 has %+v, %v", list, err)
	}
	latest, err := s.Latest(ctx, "t1", "film", "")
	if err != nil || len(latest) != 1 || latest[0].Launch != "l2" && latest[0].Launch != "l1" {
		t.Fatalf("the latest is %+v, %v", latest, err)
	}
	if other, err := s.Latest(ctx, "t1", "film", latest[0].Launch); err != nil || len(other) != 1 || other[0].Launch == latest[0].Launch {
		t.Errorf("but for it: %+v, %v", other, err)
	}
	if err := s.Remove(ctx, "t1", "l3"); preau.KindOf(err) != preau.NotFound {
		t.Errorf("deleting somebody else's: %v", err)
	}
	if err := s.Remove(ctx, "t1", "l4"); err != nil {
		t.Error(err)
	}
	if all, err := s.All(ctx, "t1"); err != nil || reflect.ValueOf(all).Len() != 2 {
		t.Errorf("kept of t1: %+v, %v", all, err)
	}
	if err := s.Erase(ctx, "t1"); err != nil {
		t.Error(err)
	}
	if list, err := s.Annotations(ctx, "t1"); err != nil || len(list) != 0 {
		t.Errorf("after the erasure: %+v, %v", list, err)
	}
	if list, err := s.Annotations(ctx, "t2"); err != nil || len(list) != 1 {
		t.Errorf("t2 has %+v, %v", list, err)
	}
}

func TestStore_KeepsSoManyOfOnePerson(t *testing.T) {
	s := openStore(t)
	for i := range ink.MaxKept + 3 {
		var l ink.Layers
		if _, err := l.Draw(ink.Key{Launch: fmt.Sprint("l", i)}, "t1", "film", []protocol.Stroke{pen("a", .5, .5, .5)}, false); err != nil {
			t.Fatal(err)
		}
		put(t, s, &l)
	}
	if list, err := s.Annotations(t.Context(), "t1"); err != nil || len(list) != ink.MaxKept {
		t.Errorf("%d annotations are kept, %v", len(list), err)
	}
}

func TestStore_PurgeReachesThoseWhoLeft(t *testing.T) {
	s, ctx := openStore(t), t.Context()
	term := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	left := map[string]time.Time{"here": {}, "recent": term.AddDate(0, 0, 1), "gone": term.AddDate(0, 0, -1)}
	for _, owner := range []string{"here", "recent", "gone", "unknown"} {
		var l ink.Layers
		if _, err := l.Draw(ink.Key{Launch: "of " + owner}, owner, "film", []protocol.Stroke{pen("a", .5, .5, .5)}, false); err != nil {
			t.Fatal(err)
		}
		put(t, s, &l)
	}
	when := func(_ context.Context, pid string) (time.Time, error) {
		if at, ok := left[pid]; ok {
			return at, nil
		}
		return time.Time{}, preau.E(preau.NotFound, "no such person", "", nil)
	}
	if n, err := s.Purge(ctx, term, when); err != nil || n != 2 {
		t.Fatalf("purged %d, %v", n, err)
	}
	for owner, want := range map[string]int{"here": 1, "recent": 1, "gone": 0, "unknown": 0} {
		if list, err := s.Annotations(ctx, owner); err != nil || len(list) != want {
			t.Errorf("%s has %+v, %v", owner, list, err)
		}
	}
}
