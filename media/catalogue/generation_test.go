package catalogue_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

func film(n, title string) notice.Item {
	return item(n, notice.KindVideo, title, func(it *notice.Item) {
		it.Assets = append(it.Assets,
			notice.Asset{Role: notice.RoleSignLanguage, Lang: "fsl", Mime: "application/octet-stream", File: n + "-lsf.bin"},
			notice.Asset{Role: notice.RoleSubtitles, Lang: "fr", Mime: "text/vtt", File: n + ".vtt"})
	})
}

func digestOf(t *testing.T, b *box, id, role string) blob.Digest {
	t.Helper()
	it, err := b.Item(t.Context(), "ark:/99999/"+id, true)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := it.Asset(role, "")
	d, err := blob.ParseDigest(a.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFirstFill_ShowsWhatIsNotHereYet(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"), film("f2", "Deux"))
	b := newBox(t, o)
	b.refresh(o, true)
	it, err := b.Item(t.Context(), "ark:/99999/f1", false)
	if err != nil || it.Available || len(it.Missing) != 3 {
		t.Fatalf("%+v, %v; want it there and not available", it, err)
	}
	wants := b.wanted()
	if len(wants) != 6 {
		t.Fatalf("%d wanted, want 6", len(wants))
	}
	if small := digestOf(t, b, "f1", notice.RoleSubtitles); wants[0].Digest != small && wants[1].Digest != small {
		t.Error("subtitles do not come first")
	}
	b.disk.put(wants[:3]...) // two subtitles, one film
	available := 0
	page, err := b.Items(t.Context(), catalogue.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range page.Items {
		if it.Available {
			available++
		}
	}
	if available != 1 {
		t.Errorf("%d items available, want the one whose film is here", available)
	}
	if g, err := b.Current(t.Context()); err != nil || g.Whole || g.Items != 2 {
		t.Errorf("%+v, %v", g, err)
	}
	b.disk.put(wants...)
	if changed, err := b.Settle(t.Context()); err != nil || !changed {
		t.Fatalf("settle: %v %v", changed, err)
	}
	if g, err := b.Current(t.Context()); err != nil || !g.Whole {
		t.Errorf("%+v, %v", g, err)
	}
	s, err := b.Status(t.Context())
	if err != nil || s.Missing != 0 || s.Staged || !s.Pinned || s.Trust.Checked.IsZero() {
		t.Errorf("status %+v, %v", s, err)
	}
}

func TestSwitch_WaitsForEveryBlobAndKeepsTheOldOne(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"))
	b := newBox(t, o)
	b.refresh(o, true)
	b.disk.put(b.wanted()...)
	if _, err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := digestOf(t, b, "f1", notice.RoleMain)

	next := film("f1", "Un, refait")
	next.Assets[0].File = "f1-v2.bin"
	o.publish(next, film("f2", "Deux"))
	b.refresh(o, false)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Un"}) {
		t.Fatalf("before the switch: %q", got)
	}
	wants := b.wanted()
	b.disk.put(wants[1:]...)
	b.restart() // a power cut in the middle
	if changed, err := b.Settle(t.Context()); err != nil || changed {
		t.Fatalf("switched with a blob missing: %v %v", changed, err)
	}
	b.disk.put(wants...)
	if changed, err := b.Settle(t.Context()); err != nil || !changed {
		t.Fatalf("settle: %v %v", changed, err)
	}
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Deux", "Un, refait"}) {
		t.Fatalf("after the switch: %q", got)
	}
	// The lesson that plays the old film goes on.
	if restricted, err := b.Restricted(t.Context(), old); err != nil || restricted {
		t.Errorf("old film: restricted=%v, %v", restricted, err)
	}
	if mime, err := b.Mime(t.Context(), old); err != nil || mime != "application/octet-stream" {
		t.Errorf("old film: %q, %v", mime, err)
	}
	o.publish(item("f3", notice.KindDocument, "Trois", nil))
	b.disk.all = true
	b.refresh(o, true)
	if _, err := b.Restricted(t.Context(), old); preau.KindOf(err) != preau.NotFound {
		t.Errorf("two generations later: %v, want not found", err)
	}
	if left := rows(t, b, "SELECT count(*) FROM catalogue_item WHERE live = 0 AND pack NOT IN (SELECT pack FROM catalogue_generation_pack)"); left != 0 {
		t.Errorf("%d items of forgotten packs are left", left)
	}
}

func rows(t *testing.T, b *box, query string) (n int) {
	t.Helper()
	err := b.db.Read(t.Context(), func(tx *sqlite.Tx) error { return tx.QueryRow(query).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRefresh_FetchesOnlyChangedPacks(t *testing.T) {
	o := newOrigin(t)
	a, z := item("a", notice.KindDocument, "A", nil), item("z", notice.KindDocument, "Z", func(it *notice.Item) { it.Service = "autre" })
	o.publish(a, z)
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	if n := o.source.packs(); n != 2 {
		t.Fatalf("%d packs fetched, want 2", n)
	}
	b.refresh(o, false)
	a.Title = "A, corrigé"
	o.publish(a)
	b.refresh(o, true)
	if n := o.source.packs(); n != 3 {
		t.Errorf("%d packs fetched in all, want 3", n)
	}
	o.publish() // dates only
	b.refresh(o, false)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"A, corrigé", "Z"}) {
		t.Errorf("%q", got)
	}
}

// TestRefresh_RefusedChangesNothing: an expired catalogue still serves what
// was verified.
func TestRefresh_RefusedChangesNothing(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	b.clock.now = o.now.AddDate(0, 2, 0)
	_, err := b.Refresh(t.Context(), o.source)
	if trust.ReasonOf(err) != trust.Expired || preau.KindOf(err) != preau.Expired || preau.RemedyOf(err) == "" {
		t.Fatalf("%v", err)
	}
	b.restart()
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Un"}) {
		t.Errorf("%q", got)
	}
	if !strings.Contains(err.Error(), "still serves") {
		t.Errorf("%v does not say that the box still serves", err)
	}
}

func TestRefresh_AlteredPackIsRefused(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"))
	packs, err := filepath.Glob(filepath.Join(o.out, "targets/packs/*/*.json"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	raw, err := os.ReadFile(packs[0])
	o.check(err)
	o.check(os.WriteFile(packs[0], []byte(strings.Replace(string(raw), "Un", "Xx", 1)), 0o600))
	b := newBox(t, o)
	if _, err := b.Refresh(t.Context(), o.source); trust.ReasonOf(err) != trust.Mixed {
		t.Fatalf("%v", err)
	}
	o.check(os.WriteFile(packs[0], raw, 0o600))
	b.refresh(o, true)
}

// TestRefresh_InterruptedResumes stops at every fetch in turn; the packs that
// were taken are not fetched again.
func TestRefresh_InterruptedResumes(t *testing.T) {
	o := newOrigin(t)
	for _, s := range []string{"a", "b", "c"} {
		o.publish(item(s, notice.KindDocument, s, func(it *notice.Item) { it.Service = s }))
	}
	b := newBox(t, o)
	b.disk.all = true
	for stop := 1; ; stop++ {
		n := 0
		ctx, cancel := context.WithCancel(t.Context())
		o.source.before = func(string) error {
			if n++; n == stop {
				cancel()
				return context.Canceled
			}
			return nil
		}
		_, err := b.Refresh(ctx, o.source)
		cancel()
		b.restart()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", stop, err)
		}
		if got := b.titles(catalogue.Query{}); len(got) != 0 {
			t.Fatalf("stopped at %d: readers see %q", stop, got)
		}
	}
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
	if rows(t, b, "SELECT count(*) FROM catalogue_pack") != 3 {
		t.Error("packs are held twice")
	}
}

func TestRefresh_NeedsARootAndOneAtATime(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"))
	b := newBox(t, o)
	var inner error
	o.source.before = func(string) error {
		if inner == nil {
			_, inner = b.Refresh(t.Context(), o.source)
		}
		return nil
	}
	b.refresh(o, true)
	if preau.KindOf(inner) != preau.Busy {
		t.Errorf("a second refresh: %v, want busy", inner)
	}
	b.root = nil
	b.restart()
	if _, err := b.Refresh(t.Context(), o.source); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
		t.Errorf("without a root: %v", err)
	}
	if got := b.titles(catalogue.Query{}); len(got) != 1 {
		t.Errorf("without a root what is held is served: %q", got)
	}
}

// TestIngest_TornPackIsRemoved: a process killed between two batches leaves a
// pack that is not complete; the next refresh takes it anew.
func TestIngest_TornPackIsRemoved(t *testing.T) {
	o := newOrigin(t)
	o.publish(film("f1", "Un"))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	err := b.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for _, q := range []string{
			"DELETE FROM catalogue_generation",
			"UPDATE catalogue_item SET live = 0",
			"UPDATE catalogue_pack SET complete = 0",
			"DELETE FROM catalogue_asset WHERE n > 0",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	o.check(err)
	b.restart()
	b.refresh(o, true)
	if n := rows(t, b, "SELECT count(*) FROM catalogue_asset"); n != 3 {
		t.Errorf("%d assets, want 3", n)
	}
}
