package live_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

var t1 = live.Identity{Role: protocol.RoleTeacher, Person: "t1"}

func line(id string, points ...float64) protocol.Stroke {
	return protocol.Stroke{ID: id, Tool: "pen", Color: "#ffd400", Width: 0.006, Points: points}
}

// opened shows a film and returns its launch.
func opened(t *testing.T, s *screen) string {
	t.Helper()
	before := ""
	if st := s.Stage(); st != nil {
		before = st.Launch
	}
	if _, err := s.Do(t.Context(), &protocol.Open{Item: "film"}); err != nil {
		t.Fatal(err)
	}
	wait(t, "the film", func() bool { return s.Stage() != nil && s.Stage().Launch != before })
	return s.Stage().Launch
}

// shows waits until screens show the strokes, and no other.
func (b *box) shows(what string, want []string, screens ...*screen) {
	b.t.Helper()
	for i, s := range screens {
		b.wait(fmt.Sprintf("%s on screen %d: %v, shows %v", what, i, want, strokes(s)), func() bool { return slices.Equal(strokes(s), want) })
	}
}

func strokes(s *screen) (all []string) {
	for _, l := range s.Here().State.Ink {
		for _, st := range l.Strokes {
			all = append(all, fmt.Sprint(st.ID, len(st.Points)/3))
		}
	}
	return all
}

func TestInk_IsOnEveryScreenAndOnThoseThatComeLate(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, ines, tableau := b.join(teacher("t1")), b.join(pupil("p1")), b.join(board("b1", "r1"))
	launch := opened(t, prof)
	do := func(m protocol.Message) {
		t.Helper()
		if _, err := prof.Do(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	do(&protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("a", .1, .1, .5)}})
	do(&protocol.Draw{Launch: launch, More: true, Strokes: []protocol.Stroke{{ID: "a", Points: []float64{.2, .2, .5, .3, .3, .5}}}})
	do(&protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("b", 1, 1, 1)}})
	b.shows("drawn", []string{"a3", "b1"}, prof, ines, tableau)
	b.shows("drawn before it came", []string{"a3", "b1"}, b.join(pupil("p2")))
	do(&protocol.Rub{Launch: launch, IDs: []string{"b"}})
	b.shows("rubbed out", []string{"a3"}, prof, ines, tableau)
	if _, err := prof.Do(t.Context(), &protocol.Draw{Launch: "another", Strokes: []protocol.Stroke{line("c", 0, 0, 0)}}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("drawing over what is not shown: %v", err)
	}
	if _, err := ines.Do(t.Context(), &protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("c", 0, 0, 0)}}); !errors.Is(err, client.KindError(preau.Forbidden)) {
		t.Errorf("a pupil draws: %v", err)
	}
	opened(t, prof)
	b.shows("of the film before", nil, prof, ines, tableau)
	if kept, err := b.hub.Ink().Annotations(t.Context(), "t1"); err != nil || len(kept) != 1 || kept[0].Launch != launch || kept[0].Strokes != 1 {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

func TestInk_TheBoardDrawsOnlyWhileItsTeacherLetsIt(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, ines, tableau := b.join(teacher("t1")), b.join(pupil("p1")), b.join(board("b1", "r1"))
	launch := opened(t, prof)
	draw := &protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("a", .5, .5, .5)}}
	refused := func(what string, m protocol.Message) {
		t.Helper()
		if _, err := tableau.Do(t.Context(), m); !errors.Is(err, client.KindError(preau.Forbidden)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("drawing without chalk", draw)
	if _, err := prof.Do(t.Context(), &protocol.Chalk{On: true}); err != nil {
		t.Fatal(err)
	}
	b.wait("the chalk", func() bool { return tableau.Here().State.Chalk })
	if _, err := tableau.Do(t.Context(), draw); err != nil {
		t.Fatal(err)
	}
	b.shows("drawn on the board", []string{"a1"}, prof, ines, tableau)
	if err := tableau.Send(&protocol.Point{Launch: launch, X: .5, Y: .5}); err != nil {
		t.Fatal(err)
	}
	b.wait("the spot", func() bool { return ines.Here().Point != nil })
	refused("rubbing all out", &protocol.Rub{Launch: launch})
	if _, err := tableau.Do(t.Context(), &protocol.Rub{Launch: launch, IDs: []string{"a"}}); err != nil {
		t.Error(err)
	}
	b.shows("rubbed out on the board", nil, prof, ines, tableau)
	if _, err := prof.Do(t.Context(), &protocol.Chalk{}); err != nil {
		t.Fatal(err)
	}
	refused("drawing after", draw)
	if kept, err := b.hub.Ink().Annotations(t.Context(), "b1"); err != nil || len(kept) != 0 {
		t.Errorf("a board keeps %+v, %v", kept, err)
	}
}

func TestInk_DoesNotDriveStagesOutOfWhatIsKept(t *testing.T) {
	b := newBox(t, live.Limits{Events: 64})
	b.start("r1")
	prof, ines := b.join(teacher("t1")), b.join(pupil("p1"))
	launch := opened(t, prof)
	b.wait("the film", func() bool { return ines.Stage() != nil })
	b.srv.CloseClientConnections()
	b.hub.Disconnect(protocol.CloseTryLater, func(live.Identity) bool { return true })
	b.attention(1)
	const pieces = 200
	if _, err := b.hub.Command(t.Context(), "r1", t1, &protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("a", 0, 0, 0)}}); err != nil {
		t.Fatal(err)
	}
	for range pieces {
		if _, err := b.hub.Command(t.Context(), "r1", t1, &protocol.Draw{Launch: launch, More: true, Strokes: []protocol.Stroke{{ID: "a", Points: []float64{.5, .5, .5}}}}); err != nil {
			t.Fatal(err)
		}
	}
	b.shows("after the cut", []string{fmt.Sprint("a", pieces+1)}, prof, ines)
	if got := events(ines); len(got) != 2 {
		t.Errorf("heard of the stages %v, want the film and the attention", got)
	}
}

func TestInk_ComesBackWithTheBox(t *testing.T) {
	db := newDB(t)
	first := serve(t, newHub(t, db, live.Limits{}, &recorder{}))
	first.start("r1")
	prof := first.join(teacher("t1"))
	launch := opened(t, prof)
	if _, err := prof.Do(t.Context(), &protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("a", .1, .2, .3)}}); err != nil {
		t.Fatal(err)
	}
	// A piece that nobody waits for is on the disk when the box has stopped.
	if err := prof.Send(&protocol.Draw{Launch: launch, More: true, Strokes: []protocol.Stroke{{ID: "a", Points: []float64{.4, .5, .6}}}}); err != nil {
		t.Fatal(err)
	}
	first.shows("before", []string{"a2"}, prof)
	before := prof.Here().State.Ink
	first.close()
	again := serve(t, newHub(t, db, live.Limits{}, &recorder{}))
	ines := again.join(pupil("p1"))
	again.shows("after", []string{"a2"}, ines)
	if after := ines.Here().State.Ink; !reflect.DeepEqual(after, before) {
		t.Errorf("was %+v, is %+v", before, after)
	}
	if _, err := again.hub.Command(t.Context(), "r1", t1, &protocol.Draw{Launch: launch, More: true, Strokes: []protocol.Stroke{{ID: "a", Points: []float64{1, 1, 1}}}}); err != nil {
		t.Error(err)
	}
	again.shows("and goes on", []string{"a3"}, ines)
}
