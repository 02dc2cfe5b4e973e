package stage_test

import (
	"testing"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// pack has three pages.
var pack = stage.Item{Kind: "app", Title: "Le volcan", Pages: 3}

func TestOpened_APackIsAtOneOfItsPages(t *testing.T) {
	for _, c := range []struct {
		item     stage.Item
		page     int
		position float64
		want     int // 0: refused
	}{
		{pack, 0, 0, 1}, {pack, 1, 0, 1}, {pack, 3, 0, 3}, {pack, 2, 3, 2},
		{pack, 0, 2, 2}, {pack, 0, 3.9, 3}, // what a pupil's tablet says of itself
		{pack, 4, 0, 0}, {pack, 0, 4, 0}, {pack, protocol.MaxPages, 0, 0}, {pack, 0, protocol.MaxPosition, 0},
		{stage.Item{Kind: "app", Pages: 1}, 2, 0, 0},
		{stage.Item{Kind: "document"}, 70, 0, 70}, // a PDF: its screens know how many there are
	} {
		s, err := stage.Opened(&protocol.Open{Item: "x", Page: c.page, Position: c.position}, c.item, "", 0, lead)
		switch {
		case c.want == 0:
			if preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
				t.Errorf("%+v: %+v %v, want a refusal", c, s, err)
			}
		case err != nil || s.Page != c.want || s.Position != float64(c.want) || s.Pages != c.item.Pages:
			t.Errorf("%+v: %+v %v", c, s, err)
		}
	}
	s, err := stage.Opened(&protocol.Open{Item: "x"}, stage.Item{Kind: "quiz", Pages: 1}, "", 0, lead)
	if err != nil || s.Page != 0 {
		t.Errorf("an exercise of one page: %+v %v", s, err)
	}
}

func TestApply_SeekStaysWithinAPack(t *testing.T) {
	three, err := stage.Opened(&protocol.Open{Item: "x"}, pack, "", 0, lead)
	if err != nil {
		t.Fatal(err)
	}
	two, err := stage.Opened(&protocol.Open{Item: "y"}, stage.Item{Kind: "app", Pages: 2}, "", 0, lead)
	if err != nil {
		t.Fatal(err)
	}
	st := protocol.State{Boards: three, Pupils: two}
	if after, events, err := stage.Apply(st, &protocol.Seek{Position: 3}, nil, 0, lead); preau.KindOf(err) != preau.Invalid || events != nil || after.Boards != three || after.Pupils != two {
		t.Errorf("a page that only the boards have: %+v %v", events, err)
	}
	st, events := apply(t, st, &protocol.Seek{Position: 3, To: protocol.ToBoards}, nil, 0)
	if len(events) != 1 || st.Boards.Page != 3 || st.Boards.Position != 3 || st.Boards.Launch != three.Launch || st.Pupils.Page != 1 {
		t.Errorf("got %+v %+v", st.Boards, st.Pupils)
	}
	if st, _ = apply(t, st, &protocol.Seek{Position: 0, To: protocol.ToBoards}, nil, 0); st.Boards.Page != 1 || st.Boards.Position != 1 {
		t.Errorf("before the first: %+v", st.Boards)
	}
	own := stage.Own{"p1": three, "p2": two}
	if changed, err := own.Apply(&protocol.Seek{Position: 3}, []string{"p1", "p2"}, nil, 0, lead); preau.KindOf(err) != preau.Invalid || changed != nil || own["p1"] != three {
		t.Errorf("pupils' own: %v %v", changed, err)
	}
	if _, err := own.Apply(&protocol.Seek{Position: 2}, []string{"p1", "p2"}, nil, 0, lead); err != nil || own["p1"].Page != 2 || own["p2"].Page != 2 {
		t.Errorf("pupils' own: %+v %v", own["p1"], err)
	}
}

// FuzzPages: whatever a teacher's remote sends, a pack is at one of its pages.
func FuzzPages(f *testing.F) {
	f.Add(3, []byte(`{"t":"open","item":"x","page":2}`), []byte(`{"t":"seek","position":3}`))
	f.Add(2, []byte(`{"t":"open","item":"x","position":2.5}`), []byte(`{"t":"seek","position":604800}`))
	f.Add(500, []byte(`{"t":"open","item":"x","page":100000,"position":7}`), []byte(`{"t":"play","position":9}`))
	f.Fuzz(func(t *testing.T, pages int, first, then []byte) {
		if pages < 2 || pages > 500 {
			return
		}
		cmd, err := protocol.Decode(first)
		open, ok := cmd.(*protocol.Open)
		if err != nil || !ok {
			return
		}
		s, err := stage.Opened(open, stage.Item{Kind: "app", Pages: pages}, "", 0, lead)
		if err != nil {
			return
		}
		within := func() {
			if s.Page < 1 || s.Page > pages || s.Pages != pages {
				t.Fatalf("page %d of %d", s.Page, pages)
			}
		}
		within()
		next, err := protocol.Decode(then)
		if err != nil {
			return
		}
		switch next.(type) {
		case *protocol.Play, *protocol.Pause, *protocol.Seek, *protocol.SetRate:
		default:
			return
		}
		if st, _, err := stage.Apply(protocol.State{Boards: s, Pupils: s}, next, nil, 0, lead); err == nil {
			if s = st.Boards; s == nil {
				s = st.Pupils
			}
			within()
		}
	})
}
