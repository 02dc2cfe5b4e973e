package catalogue_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// edition publishes the film in another version.
func edition(o *origin, n string) {
	next := film("f1", "Un, "+n)
	next.Assets[0].File = "f1-" + n + ".bin"
	o.publish(next)
}

func (b *box) has(t *testing.T, titles ...string) {
	t.Helper()
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, titles) {
		t.Fatalf("readers see %q, want %q", got, titles)
	}
}

// TestRollback_StaysUntilANewerOne goes back, sees the same catalogue come
// again, signed anew too, without flapping, and takes the next one.
func TestRollback_StaysUntilANewerOne(t *testing.T) {
	o := newOrigin(t)
	edition(o, "v1")
	b := newBox(t, o)
	if _, err := b.Rollback(t.Context()); preau.KindOf(err) != preau.NotFound || preau.RemedyOf(err) == "" {
		t.Fatalf("with nothing to go back to: %v", err)
	}
	b.disk.all = true
	b.refresh(o, true)
	edition(o, "v2")
	b.refresh(o, true)
	b.has(t, "Un, v2")
	back, err := b.Rollback(t.Context())
	if err != nil || back.Barred == 0 || back.Since.IsZero() || back.Current.Version >= back.Barred {
		t.Fatalf("%+v, %v", back, err)
	}
	b.has(t, "Un, v1")
	b.restart()
	b.refresh(o, false)
	o.now = o.now.Add(time.Hour)
	o.publish() // the same content, signed anew: a higher version
	b.refresh(o, false)
	b.has(t, "Un, v1")
	if s, err := b.Status(t.Context()); err != nil || s.Back == nil || s.Back.Barred != back.Barred || s.Previous.Version != back.Barred {
		t.Fatalf("status %+v, %v", s, err)
	}
	edition(o, "v3")
	b.refresh(o, true)
	b.has(t, "Un, v3")
	if s, err := b.Status(t.Context()); err != nil || s.Back != nil {
		t.Fatalf("status still tells of a rollback: %+v, %v", s, err)
	}
}

func TestRollback_TwiceUndoesIt(t *testing.T) {
	o := newOrigin(t)
	edition(o, "v1")
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	edition(o, "v2")
	b.refresh(o, true)
	for _, want := range []string{"Un, v1", "Un, v2", "Un, v1"} {
		if _, err := b.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.has(t, want)
		b.refresh(o, false)
		b.has(t, want)
	}
}

// TestRollback_DropsWhatIsStagedUntilItComesAgain: a newer one that was on its
// way comes again.
func TestRollback_DropsWhatIsStagedUntilItComesAgain(t *testing.T) {
	o := newOrigin(t)
	edition(o, "v1")
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	edition(o, "v2")
	b.refresh(o, true)
	b.disk.all = false
	b.disk.put(b.wantedAll()...)
	edition(o, "v3")
	b.refresh(o, false)
	if _, err := b.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.has(t, "Un, v1")
	if s, err := b.Status(t.Context()); err != nil || s.Staged {
		t.Fatalf("what was staged is still there: %+v, %v", s, err)
	}
	b.refresh(o, false) // v3 is newer than v2: it comes again, and waits
	if s, err := b.Status(t.Context()); err != nil || !s.Staged {
		t.Fatalf("a newer one is not staged: %+v, %v", s, err)
	}
	b.disk.all = true
	if switched, err := b.Settle(t.Context()); err != nil || !switched {
		t.Fatal(switched, err)
	}
	b.has(t, "Un, v3")
}

// wantedAll lists every blob of the current generation.
func (b *box) wantedAll() (all []catalogue.Want) {
	b.t.Helper()
	err := b.Uses(b.t.Context(), func(u catalogue.Use) {
		if u.Live {
			all = append(all, catalogue.Want{Digest: u.Digest, Size: u.Size})
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// TestLease_ALessonKeepsItsFilesAcrossTwoSwitches: what the class opened is
// what it sees, whoever comes late, until the lesson ends.
func TestLease_ALessonKeepsItsFilesAcrossTwoSwitches(t *testing.T) {
	o := newOrigin(t)
	app := func(n string) notice.Item {
		return item("app", notice.KindApp, "Appli "+n, func(it *notice.Item) {
			it.Assets = append(it.Assets, notice.Asset{Role: notice.RoleFile, Mime: "text/javascript", File: n + ".js", Path: "jeu.js"})
		})
	}
	edition(o, "v1")
	o.publish(app("v1"))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	started := digestOf(t, b, "f1", notice.RoleMain)
	file := func() string {
		t.Helper()
		a, err := b.AssetByPath(t.Context(), "ark:/99999/app", "jeu.js")
		if err != nil {
			t.Fatal(err)
		}
		return a.SHA256
	}
	page := file()
	until := b.clock.now.Add(time.Hour)
	err := b.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		if err := b.HoldIn(tx, "room 1", "ark:/99999/app", until); err != nil {
			return err
		}
		return b.HoldIn(tx, "room 1", "ark:/99999/f1", until)
	})
	o.check(err)
	for _, n := range []string{"v2", "v3"} {
		edition(o, n)
		o.publish(app(n))
		b.refresh(o, true)
		b.restart()
		if got := digestOf(t, b, "f1", notice.RoleMain); got != started {
			t.Fatalf("after %s a late tablet gets another film than the class", n)
		}
		if file() != page {
			t.Fatalf("after %s the page's next file is of another version", n)
		}
		if _, err := b.Mime(t.Context(), started); err != nil {
			t.Fatalf("after %s the film is not served: %v", n, err)
		}
		// A second lesson joins what is open.
		o.check(b.Hold(t.Context(), "room 2", "ark:/99999/f1", until))
	}
	b.has(t, "Appli v3", "Un, v3") // who searches finds the newest
	b.clock.now = until.Add(time.Minute)
	o.check(b.Lapse(t.Context()))
	if got := digestOf(t, b, "f1", notice.RoleMain); got == started {
		t.Error("the lesson is over and the old film is still given")
	}
	if _, err := b.Mime(t.Context(), started); preau.KindOf(err) != preau.NotFound {
		t.Errorf("the old film is still known: %v", err)
	}
	orphans, err := b.Orphans(t.Context())
	if err != nil || !slices.ContainsFunc(orphans, func(w catalogue.Want) bool { return w.Digest == started }) {
		t.Errorf("the old film may not be removed: %v, %v", orphans, err)
	}
}

// TestLease_OfAnOpenFilm: a pupil who watches alone holds by the blob.
func TestLease_OfAnOpenFilm(t *testing.T) {
	o := newOrigin(t)
	edition(o, "v1")
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	started := digestOf(t, b, "f1", notice.RoleMain)
	o.check(b.HoldBlobs(t.Context(), "readers", []blob.Digest{started}, b.clock.now.Add(time.Hour)))
	edition(o, "v2")
	b.refresh(o, true)
	edition(o, "v3")
	b.refresh(o, true)
	if _, err := b.Restricted(t.Context(), started); err != nil {
		t.Fatalf("two switches later the open film is not served: %v", err)
	}
	err := b.db.Write(t.Context(), func(tx *sqlite.Tx) error { return b.ReleaseIn(tx, "readers") })
	o.check(err)
	o.check(b.Lapse(t.Context()))
	if _, err := b.Restricted(t.Context(), started); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("released, and still served: %v", err)
	}
}

// TestChoose_WhatIsNotChosenKeepsNoSwitchWaiting.
func TestChoose_WhatIsNotChosenKeepsNoSwitchWaiting(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"), film("f2", "Deux"))
	b := newBox(t, o)
	b.refresh(o, true)
	one := map[blob.Digest]bool{}
	o.check(b.Uses(t.Context(), func(u catalogue.Use) {
		if u.Item == "ark:/99999/f1" && u.Role != notice.RoleSignLanguage {
			one[u.Digest] = true
		}
	}))
	b.Choose(func(context.Context) (func(blob.Digest) bool, error) {
		return func(d blob.Digest) bool { return one[d] }, nil
	})
	wants := b.wanted()
	if len(wants) != 2 {
		t.Fatalf("%d wanted, want a film and its subtitles", len(wants))
	}
	b.disk.put(wants...)
	if changed, err := b.Settle(t.Context()); err != nil || !changed {
		t.Fatal(changed, err)
	}
	g, err := b.Current(t.Context())
	if err != nil || !g.Whole {
		t.Fatalf("%+v, %v", g, err)
	}
	it, err := b.Item(t.Context(), "ark:/99999/f2", false)
	if err != nil || it.Available || len(it.Missing) != 3 {
		t.Fatalf("what was not chosen is said to be here: %+v, %v", it, err)
	}
}

// TestLapse_LeavesARefreshItsPacks: the box's housekeeping comes while a
// refresh is under way, whose packs are of no generation yet.
func TestLapse_LeavesARefreshItsPacks(t *testing.T) {
	o := newOrigin(t)
	o.publish(item("1", notice.KindDocument, "Un", nil), item("2", notice.KindDocument, "Deux", func(it *notice.Item) { it.Service = "autre" }))
	b := newBox(t, o)
	b.disk.all = true
	o.source.before = func(string) error { return b.Lapse(t.Context()) }
	b.refresh(o, true)
	if got := b.titles(catalogue.Query{}); len(got) != 2 || o.source.packs() != 2 {
		t.Errorf("%q of %d packs", got, o.source.packs())
	}
}
