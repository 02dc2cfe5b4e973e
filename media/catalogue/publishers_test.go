package catalogue_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue"
	"preau/media/catalogue/keyring"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
)

// studio is a publisher with keys of its own.
type studio struct {
	o         *origin
	name, dir string
}

// studio makes one, and the owner delegates to it.
func (o *origin) studio(name string, keys, threshold int) *studio {
	o.t.Helper()
	s := &studio{o, name, filepath.Join(o.t.TempDir(), name)}
	file, err := publisher.Init(s.dir, publisher.InitOptions{Keys: keys, Threshold: threshold, Publisher: name, Now: o.now})
	o.check(err)
	s.handOver(file)
	return s
}

func (s *studio) handOver(file string) {
	s.o.t.Helper()
	b, err := os.ReadFile(file)
	s.o.check(err)
	g, err := keyring.ParseGrant(b)
	s.o.check(err)
	s.o.repo(func(r *publisher.Repository) {
		_, err := r.Delegate(s.o.t.Context(), g)
		s.o.check(err)
	})
}

func (o *origin) repo(fn func(r *publisher.Repository)) {
	o.t.Helper()
	r, err := publisher.Open(o.t.Context(), o.dir)
	o.check(err)
	defer r.Close()
	fn(r)
}

// sign adds items in the publisher's folder and signs; it returns the delivery.
func (s *studio) sign(items ...notice.Item) string {
	s.o.t.Helper()
	r, err := publisher.Open(s.o.t.Context(), s.dir)
	s.o.check(err)
	defer r.Close()
	in := s.o.t.TempDir()
	for _, it := range items {
		folder := filepath.Join(in, strings.ReplaceAll(it.ID, "/", "_"))
		s.o.check(os.Mkdir(folder, 0o700))
		it.Publisher = s.name
		raw, err := json.Marshal(it)
		s.o.check(err)
		s.o.check(os.WriteFile(filepath.Join(folder, "item.json"), raw, 0o600))
		for _, a := range it.Assets {
			s.o.check(os.WriteFile(filepath.Join(folder, a.File), []byte(a.File), 0o600))
		}
	}
	if len(items) > 0 {
		if checked, err := r.Add(s.o.t.Context(), []string{in}, publisher.AddOptions{}); err != nil {
			s.o.t.Fatalf("%v %+v", err, checked)
		}
	}
	_, err = r.Sign(s.o.t.Context(), publisher.SignOptions{Now: s.o.now, As: s.name})
	s.o.check(err)
	out := filepath.Join(s.o.t.TempDir(), "delivery")
	_, err = r.Publish(s.o.t.Context(), out, s.o.now)
	s.o.check(err)
	return out
}

func (s *studio) deliver(items ...notice.Item) {
	s.o.t.Helper()
	delivery := s.sign(items...)
	s.o.repo(func(r *publisher.Repository) {
		_, err := r.Receive(s.o.t.Context(), delivery, s.o.now)
		s.o.check(err)
	})
}

func TestPublishers_EachSignsItsOwnAndTheBoxHasAll(t *testing.T) {
	o := newOrigin(t)
	lune, soleil := o.studio("lune", 2, 2), o.studio("soleil", 1, 1)
	lune.deliver(item("l1", notice.KindDocument, "Lune une", nil))
	soleil.deliver(item("s1", notice.KindDocument, "Soleil un", nil))
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre un", "Lune une", "Soleil un"}) {
		t.Fatalf("%q", got)
	}
	b.refresh(o, false)
	b.restart()
	b.refresh(o, false)

	// One publisher's correction costs its own files only.
	o.source.fetched = map[string]int{}
	lune.deliver(item("l2", notice.KindDocument, "Lune deux", nil))
	o.publish()
	b.refresh(o, true)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre un", "Lune deux", "Lune une", "Soleil un"}) {
		t.Fatalf("%q", got)
	}
	for name := range o.source.fetched {
		if strings.Contains(name, "soleil") && !strings.HasSuffix(name, "index.json") {
			t.Errorf("fetched %s, which did not change", name)
		}
	}
}

// TestPublishers_OneRefusedSparesTheOthers: a publisher's keys change and it
// has not signed again. Its items stay as they were, the others are renewed,
// and the technician reads whose part is not and what to do.
func TestPublishers_OneRefusedSparesTheOthers(t *testing.T) {
	o := newOrigin(t)
	lune := o.studio("lune", 1, 1)
	lune.deliver(item("l1", notice.KindDocument, "Lune une", nil))
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)

	r, err := publisher.Open(t.Context(), lune.dir)
	o.check(err)
	rotated, err := r.Rotate(publisher.RotateOptions{Rotation: keyring.Rotation{Role: "lune", Now: o.now}})
	o.check(err)
	o.check(r.Close())
	lune.handOver(rotated.Hand)
	o.publish(item("c2", notice.KindDocument, "Centre deux", nil))
	for range 2 { // the second time nothing is new, and it is said again
		_, err = b.Refresh(t.Context(), o.source)
		if trust.ReasonOf(err) != trust.Signature || !strings.Contains(err.Error(), "publisher lune: its part of the catalogue is not signed by enough of its keys") ||
			preau.RemedyOf(err) != "Tell the catalogue's owner to have lune sign and deliver again. What the box holds of it stays; the other publishers' items are renewed." {
			t.Fatalf("%v → %s", err, preau.RemedyOf(err))
		}
		if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre deux", "Centre un", "Lune une"}) {
			t.Fatalf("%q", got)
		}
		s, err := b.Status(t.Context())
		if err != nil || len(s.Refused) != 1 || s.Refused[0].Publisher != "lune" || s.Refused[0].Reason != "signature" {
			t.Fatalf("%+v, %v", s.Refused, err)
		}
		b.restart()
	}
	lune.deliver(item("l2", notice.KindDocument, "Lune deux", nil))
	o.publish()
	b.refresh(o, true)
	if s, err := b.Status(t.Context()); err != nil || len(s.Refused) != 0 || len(b.titles(catalogue.Query{})) != 4 {
		t.Fatalf("%+v, %v", s.Refused, err)
	}
}

// TestPublishers_RevokedLeavesTheBox: and its deliveries are taken no more.
func TestPublishers_RevokedLeavesTheBox(t *testing.T) {
	o := newOrigin(t)
	lune := o.studio("lune", 1, 1)
	lune.deliver(item("l1", notice.KindDocument, "Lune une", nil))
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	delivery := lune.sign(item("l2", notice.KindDocument, "Lune deux", nil))
	o.repo(func(r *publisher.Repository) {
		o.check(r.Revoke(t.Context(), "lune"))
		if _, err := r.Receive(t.Context(), delivery, o.now); preau.KindOf(err) != preau.NotFound {
			t.Errorf("a delivery after: %v", err)
		}
	})
	o.publish()
	b.refresh(o, true)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre un"}) {
		t.Errorf("%q", got)
	}
}

// TestPublishers_OneIDHasOnePublisher: the owner refuses the second to claim
// it; were it published all the same, boxes keep the first.
func TestPublishers_OneIDHasOnePublisher(t *testing.T) {
	o := newOrigin(t)
	lune, soleil := o.studio("lune", 1, 1), o.studio("soleil", 1, 1)
	same := item("same", notice.KindDocument, "De la lune", nil)
	lune.deliver(same)
	soleil.deliver(item("s1", notice.KindDocument, "Soleil un", nil))
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	same.Title = "Du soleil"
	delivery := soleil.sign(same)
	o.repo(func(r *publisher.Repository) {
		_, err := r.Receive(t.Context(), delivery, o.now)
		if e, ok := preau.KindOf(err), strings.Contains(err.Error(), "soleil delivers ark:/99999/same, which is an item of lune already"); e != preau.Conflict || !ok {
			t.Fatalf("%v", err)
		}
	})
	db, err := sqlite.Open(t.Context(), filepath.Join(o.dir, "items.db"), preau.SystemClock())
	o.check(err)
	o.check(db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec("DELETE FROM publisher_received")
		return err
	}))
	o.check(db.Close())
	o.repo(func(r *publisher.Repository) {
		_, err := r.Receive(t.Context(), delivery, o.now)
		o.check(err)
	})
	o.publish(item("c2", notice.KindDocument, "Centre deux", nil))
	_, err = b.Refresh(t.Context(), o.source)
	if preau.KindOf(err) != preau.Conflict || !strings.Contains(err.Error(), "publisher soleil: it signed ark:/99999/same, which lune has already") || preau.RemedyOf(err) == "" {
		t.Fatalf("%v", err)
	}
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre deux", "Centre un", "De la lune", "Soleil un"}) {
		t.Errorf("%q", got)
	}
}

// TestPublishers_TheOwnerHandsOver: what the owner signed, a publisher signs
// from now on, byte for byte; boxes that hold it go over to the publisher's.
func TestPublishers_TheOwnerHandsOver(t *testing.T) {
	o := newOrigin(t)
	mine := item("l1", notice.KindDocument, "Lune une", func(it *notice.Item) { it.Publisher = "lune" })
	o.publish(mine, item("c1", notice.KindDocument, "Centre un", func(it *notice.Item) { it.Service = "centre" })) // a pack of its own
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	o.repo(func(r *publisher.Repository) {
		_, err := r.Stock().Remove(t.Context(), []string{mine.ID})
		o.check(err)
	})
	lune := o.studio("lune", 1, 1)
	lune.deliver(mine)
	o.publish()
	b.refresh(o, true)
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre un", "Lune une"}) {
		t.Fatalf("%q", got)
	}
	if got := rows(t, b, "SELECT count(DISTINCT substr(sha256, 1, 64)) FROM catalogue_pack WHERE slug = (SELECT slug FROM catalogue_pack WHERE publisher = 'lune')"); got != 1 {
		t.Fatalf("%d different packs: the test no longer has the same bytes signed twice", got)
	}
	b.refresh(o, false)
}

// TestFrozen_WhatWasVerifiedIsStillServed: after the summer the catalogue is
// past its date; lessons go on, and the message says so.
func TestFrozen_WhatWasVerifiedIsStillServed(t *testing.T) {
	o := newOrigin(t)
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	b.clock.now = o.now.AddDate(0, 2, 0)
	b.restart()
	_, err := b.Refresh(t.Context(), o.source)
	if trust.ReasonOf(err) != trust.Expired || !strings.Contains(err.Error(), "the catalogue offered is past its date; the box still serves what was verified") {
		t.Fatalf("%v", err)
	}
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre un"}) {
		t.Errorf("%q", got)
	}
}

// TestPublishers_NobodyTakesAnID: not even one that comes first in the
// catalogue's order.
func TestPublishers_NobodyTakesAnID(t *testing.T) {
	o := newOrigin(t)
	lune, soleil := o.studio("lune", 1, 1), o.studio("soleil", 1, 1)
	same := item("same", notice.KindDocument, "Du soleil", nil)
	soleil.deliver(same)
	lune.deliver(item("l1", notice.KindDocument, "Lune une", nil))
	o.publish(item("c1", notice.KindDocument, "Centre un", nil))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	same.Title = "De la lune"
	delivery := lune.sign(same)
	db, err := sqlite.Open(t.Context(), filepath.Join(o.dir, "items.db"), preau.SystemClock())
	o.check(err)
	o.check(db.Write(t.Context(), func(tx *sqlite.Tx) error { // else the owner refuses it
		_, err := tx.Exec("DELETE FROM publisher_received")
		return err
	}))
	o.check(db.Close())
	o.repo(func(r *publisher.Repository) {
		_, err := r.Receive(t.Context(), delivery, o.now)
		o.check(err)
	})
	o.publish(item("c2", notice.KindDocument, "Centre deux", nil))
	_, err = b.Refresh(t.Context(), o.source)
	if preau.KindOf(err) != preau.Conflict || !strings.Contains(err.Error(), "publisher lune: it signed ark:/99999/same, which soleil has already") {
		t.Errorf("%v", err)
	}
	if got := b.titles(catalogue.Query{}); !slices.Equal(got, []string{"Centre deux", "Centre un", "Du soleil", "Lune une"}) {
		t.Errorf("%q", got)
	}
}
