package live_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"preau"
	"preau/edge/live"
	"preau/edge/live/protocol"
)

// packHub knows one item: a pack of three pages.
func packHub(t *testing.T, o live.Options) *live.Hub {
	t.Helper()
	o.Clock, o.Log, o.Authorise, o.Events = preau.SystemClock(), slog.New(slog.NewTextHandler(io.Discard, nil)), who, &recorder{}
	o.Items = func(context.Context, string, bool) (live.Item, error) {
		return live.Item{Kind: "app", Title: "Le volcan", Pages: 3}, nil
	}
	hub, err := live.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return hub
}

func failures(s *screen) (all []*protocol.Failure) {
	for _, m := range s.all() {
		if f, ok := m.(*protocol.Failure); ok {
			all = append(all, f)
		}
	}
	return all
}

// TestPack_IsAtOneOfItsPages: all screens are at the same page of a pack, late
// comers and those of a box that restarted too. A page that is not the pack's
// is refused, whoever asks for it, and changes nothing.
func TestPack_IsAtOneOfItsPages(t *testing.T) {
	db := newDB(t)
	b := serve(t, packHub(t, live.Options{DB: db}))
	b.start("r1")
	prof, wall, p1 := b.join(teacher("t1")), b.join(board("b1", "r1")), b.join(pupil("p1"))
	at := func(page int, screens ...*screen) {
		t.Helper()
		for _, s := range screens {
			b.wait("the page", func() bool {
				st := s.Here().State
				return st.Pupils != nil && st.Boards != nil && st.Pupils.Page == page && st.Boards.Page == page && st.Pupils.Pages == 3
			})
		}
	}
	do := func(s *screen, m protocol.Message) error {
		t.Helper()
		_, err := s.Do(t.Context(), m)
		return err
	}
	// What is no message at all is refused without its ref: nobody waits for one.
	refused := func(what string, kind preau.Kind, s *screen, m protocol.Message) {
		t.Helper()
		before := failures(s)
		if err := s.Send(m); err != nil {
			t.Fatal(err)
		}
		b.wait("an answer to "+what, func() bool { return len(failures(s)) > len(before) })
		if got := failures(s)[len(before)]; got.Kind != kind.String() {
			t.Errorf("%s: %+v, want a refusal of kind %s", what, got, kind)
		}
	}
	b.wait("them", func() bool { return prof.Here().Room != nil && wall.Here().Room != nil && p1.Here().Room != nil })
	refused("a page after the last", preau.Invalid, prof, &protocol.Open{Item: "pack", Page: 4})
	if err := do(prof, &protocol.Open{Item: "pack", Page: 2}); err != nil {
		t.Fatal(err)
	}
	at(2, prof, wall, p1)
	if err := do(prof, &protocol.Seek{Position: 3}); err != nil {
		t.Fatal(err)
	}
	at(3, prof, wall, p1)
	launch := prof.Here().State.Boards.Launch
	for what, m := range map[string]protocol.Message{
		"open after the last": &protocol.Open{Item: "pack", Page: 4}, "open far beyond": &protocol.Open{Item: "pack", Page: protocol.MaxPages},
		"open out of bounds": &protocol.Open{Item: "pack", Page: protocol.MaxPages + 1}, "open before the first": &protocol.Open{Item: "pack", Page: -1},
		"seek after the last": &protocol.Seek{Position: 4}, "seek far beyond": &protocol.Seek{Position: protocol.MaxPosition}, "seek before the first": &protocol.Seek{Position: -1},
		"ink on a page that is not there": &protocol.Draw{Launch: launch, Page: 4, Strokes: []protocol.Stroke{{ID: "s", Tool: "pen", Color: "#ffd400", Width: .01, Points: []float64{0, 0, .5}}}},
	} {
		refused(what, preau.Invalid, prof, m)
	}
	refused("a pupil who turns the page", preau.Forbidden, p1, &protocol.Seek{Position: 1})
	refused("a board that turns the page", preau.Forbidden, wall, &protocol.Seek{Position: 1})
	if err := do(prof, &protocol.Draw{Launch: launch, Page: 3, Strokes: []protocol.Stroke{{ID: "s", Tool: "pen", Color: "#ffd400", Width: .01, Points: []float64{0, 0, .5}}}}); err != nil {
		t.Errorf("ink on its last page: %v", err)
	}
	at(3, prof, wall, p1, b.join(pupil("late")))

	b.close()
	b = serve(t, packHub(t, live.Options{DB: db}))
	back := b.join(pupil("p2"))
	b.wait("the page after a restart", func() bool {
		s := back.Here().State.Pupils
		return s != nil && s.Launch == launch && s.Page == 3 && s.Pages == 3
	})
	if layers := back.Here().State.Ink; len(layers) != 1 || layers[0].Page != 3 {
		t.Errorf("ink after a restart: %+v", layers)
	}
	again := b.join(teacher("t1"))
	b.wait("the teacher", func() bool { return again.Here().Room != nil })
	refused("seek after a restart", preau.Invalid, again, &protocol.Seek{Position: 4})
}

// TestPack_OfAPupilAlone: one pupil is at a page of its own, and shows it on
// the boards.
func TestPack_OfAPupilAlone(t *testing.T) {
	b := serve(t, packHub(t, live.Options{DB: newDB(t)}))
	b.start("r1")
	prof, wall, p1, p2 := b.join(teacher("t1")), b.join(board("b1", "r1")), b.join(pupil("p1")), b.join(pupil("p2"))
	b.wait("them", func() bool {
		return prof.Here().Room != nil && wall.Here().Room != nil && p1.Here().Room != nil && p2.Here().Room != nil
	})
	only := []string{"p1"}
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "pack", To: protocol.ToPupils, For: only, Page: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := prof.Do(t.Context(), &protocol.Seek{To: protocol.ToPupils, For: only, Position: 3}); err != nil {
		t.Fatal(err)
	}
	b.wait("the pupil's page", func() bool { s := p1.Here().Mine.Stage; return s != nil && s.Page == 3 && s.Pages == 3 })
	if _, err := prof.Do(t.Context(), &protocol.Seek{To: protocol.ToPupils, For: only, Position: 4}); err == nil {
		t.Error("a pupil is led to a page that is not there")
	}
	if _, err := prof.Do(t.Context(), &protocol.ShareAsk{Person: "p1"}); err != nil {
		t.Fatal(err)
	}
	b.wait("the request", func() bool { return p1.Here().Mine.Share != nil })
	if err := p1.Send(&protocol.Share{ID: p1.Here().Mine.Share.ID, Yes: true, Item: "pack", Position: 3}); err != nil {
		t.Fatal(err)
	}
	b.wait("its page on the boards", func() bool { s := wall.Here().State.Boards; return s != nil && s.Page == 3 })
	if s := p2.Here().State.Pupils; s != nil || p2.Here().Mine.Stage != nil {
		t.Errorf("another pupil sees %+v", s)
	}
}
