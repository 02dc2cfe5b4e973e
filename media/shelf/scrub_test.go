package shelf_test

import (
	"context"
	"errors"
	"testing"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/shelf"
)

// TestScrub_OneFlippedBitIsFoundSetAsideAndFetchedAgain, and the item says so
// meanwhile: an app of many files too, which nobody looks through otherwise.
func TestScrub_OneFlippedBitIsFoundSetAsideAndFetchedAgain(t *testing.T) {
	w := newWorld(t)
	part := file(notice.RoleFile, "part.js", 3000)
	part.Path = "part.js"
	w.publish(doc("a", 1000), doc("b", 2000), thing("app", func(it *notice.Item) { it.Kind = notice.KindApp }, file(notice.RoleMain, "app.html", 100), part))
	w.must()
	w.wantHere("a", "app", "b")
	a, err := w.items.AssetByPath(t.Context(), ark("app"), "part.js")
	w.check(err)
	w.rot(w.digest("b", notice.RoleMain))
	w.rot(mustParse(t, a.SHA256))
	var last preau.Progress
	sc, err := w.ScrubNow(t.Context(), func(p preau.Progress) { last = p })
	if err != nil || sc.Rotten != 2 || sc.Waiting != 2 || sc.Files != 4 || sc.Full.IsZero() || sc.At != "" {
		t.Fatalf("%+v, %v", sc, err)
	}
	if last.FilesDone != 4 || last.Files != 4 || last.BytesDone != last.Bytes {
		t.Errorf("progress ends at %+v", last)
	}
	if w.woken == 0 {
		t.Error("nobody was woken to fetch them again")
	}
	w.wantHere("a")
	w.must()
	w.wantHere("a", "app", "b")
	if sc, err := w.Scrub(t.Context()); err != nil || sc.Waiting != 0 || sc.Rotten != 2 {
		t.Errorf("after repair: %+v, %v", sc, err)
	}
	if sc, err = w.ScrubNow(t.Context(), nil); err != nil || sc.Rotten != 0 {
		t.Errorf("the next pass: %+v, %v", sc, err)
	}
}

// TestScrub_GoesOnWhereItWasAfterARestart: two stops, and each blob is read
// once.
func TestScrub_GoesOnWhereItWasAfterARestart(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000), doc("b", 1000), doc("c", 1000), doc("d", 1000), doc("e", 1000))
	w.must()
	ctx, stop := context.WithCancel(t.Context())
	_, err := w.ScrubNow(ctx, func(p preau.Progress) {
		if p.FilesDone == 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	w.open()
	sc, err := w.Scrub(t.Context())
	if err != nil || sc.Files != 2 || sc.At == "" || !sc.Full.IsZero() {
		t.Fatalf("after a restart it stands at %+v, %v", sc, err)
	}
	w.rot(mustParse(t, sc.At)) // it was read already: this pass passes it by
	w.check(shelf.Resume(w.Shelf, t.Context()))
	sc, err = w.Scrub(t.Context())
	if err != nil || sc.Files != 5 || sc.Rotten != 0 || sc.Full.IsZero() {
		t.Fatalf("%+v, %v", sc, err)
	}
}

// TestScrub_YieldsToTheClass: while a lesson is on, the quiet pass reads
// nothing; one that a technician asks for takes over.
func TestScrub_YieldsToTheClass(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000))
	w.must()
	w.busy = true
	done := make(chan error, 1)
	go func() { done <- shelf.QuietPass(w.Shelf, t.Context()) }()
	select {
	case err := <-done:
		t.Fatalf("it read during the lesson: %v", err)
	case <-shelf.Waits(w.Shelf):
	}
	sc, err := w.ScrubNow(t.Context(), nil)
	if err != nil || sc.Files != 1 || sc.Full.IsZero() {
		t.Fatalf("%+v, %v", sc, err)
	}
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("the quiet pass ended with %v", err)
	}
}
