package shelf_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/notice"
	"preau/media/shelf"
)

func (w *world) want(wish shelf.Wish) {
	w.t.Helper()
	w.check(w.Want(w.t.Context(), wish))
}

func TestDefault_EverythingWhenEverythingFits(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000), doc("b", 2000), doc("c", 3000))
	w.must()
	w.wantHere("a", "b", "c")
	st, err := w.Status(t.Context())
	if err != nil || st.Held.Files != 3 || st.Missing.Files != 0 || st.LeftOut.Files != 0 || st.Floor != floor {
		t.Fatalf("%+v, %v", st, err)
	}
	if g, err := w.items.Current(t.Context()); err != nil || !g.Whole {
		t.Fatalf("%+v, %v", g, err)
	}
}

// TestWish_ByScopeAndPart asks for one thing after the other on a new box.
func TestWish_ByScopeAndPart(t *testing.T) {
	film := func(id, service string) notice.Item {
		return thing(id, func(it *notice.Item) {
			it.Kind, it.Service, it.Levels = notice.KindVideo, service, []string{"urn:l:6e"}
		},
			notice.Asset{Role: notice.RoleMain, Mime: "application/octet-stream", File: id + "1080", Size: 9000, Height: 1080},
			notice.Asset{Role: notice.RoleRendition, Mime: "application/octet-stream", File: id + "360", Size: 3000, Height: 360},
			notice.Asset{Role: notice.RoleRendition, Mime: "application/octet-stream", File: id + "720", Size: 6000, Height: 720},
			file(notice.RoleSubtitles, id+".vtt", 100), file(notice.RoleSignLanguage, id+"lsf", 4000),
			file(notice.RoleAudioDesc, id+"ad", 2000), file(notice.RoleAnswerKey, id+"key", 500))
	}
	for name, c := range map[string]struct {
		wishes []shelf.Wish
		film   []string // files of the film "f"
		here   []string
	}{
		"one service":       {[]shelf.Wish{{Scope: shelf.Service, Name: "autre"}}, nil, []string{"g"}},
		"one item":          {[]shelf.Wish{{Scope: shelf.Item, Name: ark("d")}}, nil, []string{"d"}},
		"a level by name":   {[]shelf.Wish{{Scope: shelf.Level, Name: "6e"}}, nil, []string{"f", "g"}},
		"a kind":            {[]shelf.Wish{{Scope: shelf.Kind, Name: notice.KindDocument}}, nil, []string{"d"}},
		"subtitles only":    {[]shelf.Wish{{Scope: shelf.All, Parts: shelf.Parts{Only: []string{"subtitles"}}}}, []string{"subtitles"}, nil},
		"360p only":         {[]shelf.Wish{{Scope: shelf.All, Parts: shelf.Parts{Only: []string{"media"}, Height: 360}}}, []string{"rendition-3"}, []string{"d", "f", "g"}},
		"smallest, if less": {[]shelf.Wish{{Scope: shelf.All, Parts: shelf.Parts{Only: []string{"media"}, Height: 144}}}, []string{"rendition-3"}, []string{"d", "f", "g"}},
		"without LSF, audio description, teachers' files": {
			[]shelf.Wish{{Scope: shelf.All, Parts: shelf.Parts{Without: []string{"lsf", "audio-description", "teacher"}, Height: 720}}},
			[]string{"rendition-3", "rendition-7", "subtitles"}, []string{"d", "f", "g"}},
		"the most specific decides": {[]shelf.Wish{
			{Scope: shelf.All, Parts: shelf.Parts{Only: []string{"subtitles"}}},
			{Scope: shelf.Item, Name: ark("f"), Parts: shelf.Parts{Only: []string{"lsf"}}},
		}, []string{"sign-language"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(film("f", "les-fondamentaux"), film("g", "autre"), doc("d", 700))
			if _, err := w.items.Refresh(t.Context(), folder(w)); err != nil {
				t.Fatal(err)
			}
			for _, wish := range c.wishes {
				w.want(wish)
			}
			w.must()
			w.wantHere(c.here...)
			if got := w.files("f"); c.film != nil && !slices.Equal(got, c.film) {
				t.Errorf("of the film: %q, want %q", got, c.film)
			}
			if g, err := w.items.Current(t.Context()); err != nil || !g.Whole {
				t.Errorf("what was chosen is here, and the catalogue waits: %+v, %v", g, err)
			}
			w.open() // the choice is kept
			if st, err := w.Status(t.Context()); err != nil || len(st.Wishes) != len(c.wishes) || st.Missing.Files != 0 {
				t.Errorf("after a start: %+v, %v", st, err)
			}
		})
	}
}

func TestWish_WrongOnesAreRefused(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 10))
	w.must()
	for name, err := range map[string]error{
		"scope":    w.Want(t.Context(), shelf.Wish{Scope: "world"}),
		"service":  w.Want(t.Context(), shelf.Wish{Scope: shelf.Service, Name: "nobody"}),
		"level":    w.Want(t.Context(), shelf.Wish{Scope: shelf.Level, Name: "7e"}),
		"all":      w.Want(t.Context(), shelf.Wish{Scope: shelf.All, Name: "x"}),
		"part":     w.Want(t.Context(), shelf.Wish{Scope: shelf.All, Parts: shelf.Parts{Only: []string{"smell"}}}),
		"height":   w.Want(t.Context(), shelf.Wish{Scope: shelf.All, Parts: shelf.Parts{Height: -1}}),
		"priority": w.Want(t.Context(), shelf.Wish{Scope: shelf.All, Priority: 1000}),
		"unwant":   w.Unwant(t.Context(), shelf.Item, ark("a")),
		"pin":      w.PinIt(t.Context(), shelf.Pin{Scope: shelf.All}),
		"unpin":    w.Unpin(t.Context(), shelf.Pin{Scope: shelf.Item, Name: ark("a")}),
		"quota":    w.SetQuota(t.Context(), -1),
	} {
		if err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPlan_TellsSizesFirst and changes nothing.
func TestPlan_TellsSizesFirst(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000), thing("b", func(it *notice.Item) { it.Service = "autre" }, file(notice.RoleMain, "b", 4000)))
	w.must()
	w.publish(doc("c", 2500))
	if _, err := w.items.Refresh(t.Context(), folder(w)); err != nil {
		t.Fatal(err)
	}
	free, err := w.free()
	w.check(err)
	p, err := w.Plan(t.Context(), shelf.Suppose{})
	if err != nil || p.Fetch.Files != 1 || p.Fetch.Bytes != 2500 || len(p.Packs) != 1 || p.Evict.Files != 0 || !p.All || p.FreeAfter != int64(free)-2500 {
		t.Fatalf("%+v, %v", p, err)
	}
	quota := int64(5000)
	p, err = w.Plan(t.Context(), shelf.Suppose{Quota: &quota, Wishes: []shelf.Wish{{Scope: shelf.Service, Name: "les-fondamentaux", Priority: 1}}})
	if err != nil || p.Fetch.Bytes != 2500 || p.Evict.Bytes != 4000 || p.NotAsked.Files != 1 || p.All || p.FreeAfter != int64(free)+1500 {
		t.Fatalf("%+v, %v", p, err)
	}
	if st, err := w.Status(t.Context()); err != nil || len(st.Wishes) != 0 || st.Quota != 0 {
		t.Fatalf("a plan left something behind: %+v, %v", st, err)
	}
	w.wantHere("a", "b")
}

// TestNeeds_OfTomorrowComeFirst: the disk has room for one of four.
func TestNeeds_OfTomorrowComeFirst(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000), doc("b", 1000), doc("c", 1000),
		thing("set", func(it *notice.Item) { it.Kind = notice.KindCollection }),
		thing("d", func(it *notice.Item) { it.PartOf, it.Ordinal = ark("set"), 1 }, file(notice.RoleMain, "d", 1000)))
	w.disk = floor + 2000
	w.needs = []shelf.Need{{Item: ark("b"), At: w.now.Add(48 * time.Hour)}, {Item: ark("set"), At: w.now.Add(24 * time.Hour)}}
	w.must()
	w.wantHere("b", "d", "set")
	wants, err := w.Wanted(t.Context(), 0)
	if err != nil || len(wants) != 0 {
		t.Fatalf("%v, %v", wants, err)
	}
	// Another class needs another item sooner than they do theirs.
	w.needs = []shelf.Need{{Item: ark("c"), At: w.now}, {Item: ark("set"), At: w.now.Add(24 * time.Hour)}}
	w.must()
	w.wantHere("c", "d", "set")
	// In a plan with room for all the needed one is only fetched first.
	w2 := newWorld(t)
	w2.publish(doc("a", 1000), doc("b", 1000))
	w2.needs = []shelf.Need{{Item: ark("b"), At: w2.now}}
	if _, err := w2.items.Refresh(t.Context(), folder(w2)); err != nil {
		t.Fatal(err)
	}
	if wants, err := w2.Wanted(t.Context(), 1); err != nil || wants[0].Digest != w2.digest("b", notice.RoleMain) {
		t.Errorf("%v, %v", wants, err)
	}
}

// TestEviction_ByValue fills a shelf and asks what leaves for something new:
// never what is pinned, open in a lesson, read now, or kept by something else.
func TestEviction_ByValue(t *testing.T) {
	w := newWorld(t)
	w.disk = floor + 6000
	w.publish(doc("big", 2000), doc("lesson", 1000), doc("other", 500), doc("pinned", 1000), doc("small", 500), doc("used", 1000))
	w.must()
	w.wantHere("big", "lesson", "other", "pinned", "small", "used")
	w.check(w.PinIt(t.Context(), shelf.Pin{Scope: shelf.Item, Name: ark("pinned")}))
	w.Used(w.digest("used", notice.RoleMain))
	w.check(w.Flush(t.Context()))
	w.now = w.now.Add(3 * time.Hour) // nobody reads any more
	err := w.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		return w.items.HoldIn(tx, "room", ark("lesson"), w.now.Add(time.Hour))
	})
	w.check(err)
	w.others = []blob.Digest{w.digest("other", notice.RoleMain)}
	w.publish(doc("new", 1800))
	w.want(shelf.Wish{Scope: shelf.All})
	w.check(errors.Join(refresh(w), w.Want(t.Context(), shelf.Wish{Scope: shelf.Item, Name: ark("new"), Priority: 10})))
	w.must()
	w.wantHere("lesson", "new", "other", "pinned", "small", "used")
	// What is no longer on the box says so.
	it, err := w.items.Item(t.Context(), ark("big"), false)
	if err != nil || it.Available || len(it.Missing) != 1 {
		t.Fatalf("what left is said to be here: %+v, %v", it, err)
	}
	if st, err := w.Status(t.Context()); err != nil || st.LeftOut.Files != 1 || st.LeftOut.Bytes != 2000 {
		t.Fatalf("%+v, %v", st, err)
	}
	// A full shelf does not churn.
	before := w.here()
	w.must()
	w.wantHere(before...)
	// The pin goes, the wish stays: the least used goes for the next.
	w.check(w.SetQuota(t.Context(), 4500))
	w.must()
	if st, err := w.Status(t.Context()); err != nil || st.Held.Bytes > 4500+500 { // "other" is kept by something else
		t.Fatalf("over its quota: %+v, %v", st, err)
	}
	if !slices.Contains(w.here(), "pinned") || !slices.Contains(w.here(), "lesson") || !slices.Contains(w.here(), "new") {
		t.Fatalf("left: %q", w.here())
	}
	w.check(w.Unpin(t.Context(), shelf.Pin{Scope: shelf.Item, Name: ark("pinned")}))
}

// TestEviction_OfWhatIsReadNowWaits.
func TestEviction_OfWhatIsReadNowWaits(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 1000), doc("b", 1000))
	w.must()
	w.Used(w.digest("a", notice.RoleMain))
	w.check(w.SetQuota(t.Context(), 100))
	w.must()
	w.wantHere("a")
	w.now = w.now.Add(3 * time.Hour)
	w.must()
	w.wantHere()
	w.check(w.SetQuota(t.Context(), 0))
	w.must()
	w.wantHere("a", "b")
}

// TestDedup_ABlobOfTwoPacksCountsOnce and stays while one of them wants it.
func TestDedup_ABlobOfTwoPacksCountsOnce(t *testing.T) {
	w := newWorld(t)
	in := func(id, service string) notice.Item {
		return thing(id, func(it *notice.Item) { it.Service = service }, file(notice.RoleMain, "same", 5000))
	}
	w.publish(in("a", "one"), in("b", "two"), doc("c", 700))
	p, err := w.Plan(t.Context(), shelf.Suppose{})
	w.check(err)
	if p.Fetch.Files != 0 {
		t.Fatalf("a plan before the first refresh: %+v", p)
	}
	w.check(refresh(w))
	if p, err = w.Plan(t.Context(), shelf.Suppose{}); err != nil || p.Fetch.Bytes != 5700 {
		t.Fatalf("%+v, %v", p, err)
	}
	w.must()
	w.want(shelf.Wish{Scope: shelf.Service, Name: "two"})
	w.check(w.SetQuota(t.Context(), 5000))
	w.must()
	w.wantHere("a", "b")
}

func TestUse_IsKeptByDayWithoutAWriteForEachRequest(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 10))
	w.must()
	d := w.digest("a", notice.RoleMain)
	count := func() (n, day int) {
		t.Helper()
		err := w.db.Read(t.Context(), func(tx *sqlite.Tx) error {
			return tx.QueryRow("SELECT count(*), coalesce(max(day), 0) FROM shelf_use").Scan(&n, &day)
		})
		w.check(err)
		return n, day
	}
	for range 1000 {
		w.Used(d)
	}
	if n, _ := count(); n != 0 {
		t.Fatal("a request wrote")
	}
	w.check(w.Flush(t.Context()))
	n, day := count()
	if n != 1 || day != int(w.now.Unix()/86400) {
		t.Fatalf("%d rows, day %d", n, day)
	}
	w.now = w.now.Add(24 * time.Hour)
	w.Used(d)
	w.check(w.Flush(t.Context()))
	if n, next := count(); n != 1 || next != day+1 {
		t.Fatalf("%d rows, day %d", n, next)
	}
}

// TestServe_NotesWhatWasUsedWhenItEnds.
func TestServe_NotesWhatWasUsedWhenItEnds(t *testing.T) {
	w := newWorld(t)
	w.publish(doc("a", 10))
	w.must()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx) }()
	w.Used(w.digest("a", notice.RoleMain))
	stop()
	w.check(<-done)
	var n int
	w.check(w.db.Read(t.Context(), func(tx *sqlite.Tx) error { return tx.QueryRow("SELECT count(*) FROM shelf_use").Scan(&n) }))
	if n != 1 {
		t.Fatalf("%d uses noted", n)
	}
}

// TestSwitch_ShowsNothingThatLacksFiles: what there is no room for of a new
// version is known before the switch that shows it.
func TestSwitch_ShowsNothingThatLacksFiles(t *testing.T) {
	w := newWorld(t)
	app := func(size int) notice.Item {
		part := file(notice.RoleFile, "part.js", size)
		part.Path = "part.js"
		return thing("b", func(it *notice.Item) { it.Kind = notice.KindApp }, file(notice.RoleMain, "a", 1000), part)
	}
	w.publish(doc("a", 1000))
	w.check(w.SetQuota(t.Context(), 2000))
	w.must()
	w.wantHere("a")
	w.publish(app(5000)) // what opens first is a's file
	w.check(refresh(w))  // in the hours of lessons nothing else follows
	w.wantHere("a")
}
