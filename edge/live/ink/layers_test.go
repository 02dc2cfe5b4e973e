package ink_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"preau"
	"preau/edge/live/ink"
	"preau/edge/live/protocol"
)

var film = ink.Key{Launch: "l1", To: protocol.ToAll}

func pen(id string, points ...float64) protocol.Stroke {
	return protocol.Stroke{ID: id, Tool: "pen", Color: "#ffd400", Width: 0.006, Points: points}
}

func draw(t *testing.T, l *ink.Layers, k ink.Key, more bool, strokes ...protocol.Stroke) {
	t.Helper()
	if _, err := l.Draw(k, "t1", "item", strokes, more); err != nil {
		t.Fatal(err)
	}
}

func TestLayers_AStrokeInPiecesIsTheStrokeSentWhole(t *testing.T) {
	var pieces, whole ink.Layers
	draw(t, &pieces, film, false, pen("a", .1, .2, .5), pen("b", 0, 0, 0))
	draw(t, &pieces, film, true, protocol.Stroke{ID: "a", Points: []float64{.3, .4, .5}}, protocol.Stroke{ID: "b", Points: []float64{1, 1, 1}})
	draw(t, &pieces, film, true, protocol.Stroke{ID: "a", Points: []float64{.5, .6, 1}})
	draw(t, &whole, film, false, pen("a", .1, .2, .5, .3, .4, .5, .5, .6, 1), pen("b", 0, 0, 0, 1, 1, 1))
	if got, want := pieces.All(), whole.All(); !reflect.DeepEqual(got, want) {
		t.Errorf("in pieces %+v\nwhole %+v", got, want)
	}
	// Sent again, whole, it is there once.
	draw(t, &pieces, film, false, pen("a", .1, .2, .5, .3, .4, .5, .5, .6, 1))
	if got, want := pieces.All(), whole.All(); !reflect.DeepEqual(got, want) {
		t.Errorf("sent again %+v\nwhole %+v", got, want)
	}
}

func TestLayers_RubTakesAwayWhatItNames(t *testing.T) {
	var l ink.Layers
	boards := ink.Key{Launch: "l1", To: protocol.ToBoards}
	page := ink.Key{Launch: "l1", To: protocol.ToAll, Page: 2}
	draw(t, &l, film, false, pen("a", 0, 0, 0), pen("b", 0, 0, 0))
	draw(t, &l, boards, false, pen("c", 0, 0, 0))
	draw(t, &l, page, false, pen("a", 0, 0, 0))
	if l.Rub("l1", 0, []string{"x"}) {
		t.Error("what is not there was rubbed out")
	}
	if !l.Rub("l1", 0, []string{"a", "c"}) || fmt.Sprint(ids(l.All())) != "[b a]" {
		t.Errorf("after a rub of two: %v", ids(l.All()))
	}
	if _, err := l.Draw(film, "t1", "item", []protocol.Stroke{{ID: "a", Points: []float64{1, 1, 1}}}, true); preau.KindOf(err) != preau.Conflict {
		t.Errorf("the next piece of what was rubbed out: %v", err)
	}
	if !l.Rub("l1", 0, nil) || !l.Rub("l1", 2, nil) || len(l.All()) != 0 {
		t.Errorf("after a rub of all: %+v", l.All())
	}
	draw(t, &l, film, false, pen("a", 0, 0, 0)) // undone: it is back
	if len(l.All()) != 1 {
		t.Error("what was rubbed out cannot be drawn again")
	}
}

func ids(layers []protocol.Layer) (all []string) {
	for _, l := range layers {
		for _, s := range l.Strokes {
			all = append(all, s.ID)
		}
	}
	return all
}

func TestLayers_Bounds(t *testing.T) {
	long := make([]float64, 3*512)
	for name, c := range map[string]struct {
		fill func(l *ink.Layers, n int) error
		most int
	}{
		"points a stroke": {func(l *ink.Layers, n int) error {
			s := pen("a", long...)
			_, err := l.Draw(film, "t", "i", []protocol.Stroke{s}, n > 0)
			return err
		}, ink.MaxPoints/512 + 1},
		"strokes a layer": {func(l *ink.Layers, n int) error {
			_, err := l.Draw(film, "t", "i", []protocol.Stroke{pen(fmt.Sprint(n), 0, 0, 0)}, false)
			return err
		}, ink.MaxStrokes + 1},
		"bytes a layer": {func(l *ink.Layers, n int) error {
			_, err := l.Draw(film, "t", "i", []protocol.Stroke{pen(fmt.Sprint(n), long...)}, false)
			return err
		}, ink.MaxBytes/(7*len(long)) + 1},
		"bytes a room": {func(l *ink.Layers, n int) error {
			_, err := l.Draw(ink.Key{Launch: "l", Page: n + 1}, "t", "i", []protocol.Stroke{pen("a", long...)}, false)
			return err
		}, ink.MaxRoom/(7*len(long)) + 1},
	} {
		t.Run(name, func(t *testing.T) {
			var l ink.Layers
			for n := range c.most {
				if err := c.fill(&l, n); err != nil {
					if preau.KindOf(err) != preau.Conflict || preau.RemedyOf(err) == "" {
						t.Errorf("refused with %v", err)
					}
					before, _ := json.Marshal(l.All())
					if c.fill(&l, n) == nil {
						t.Error("refused once, then accepted")
					}
					if after, _ := json.Marshal(l.All()); string(after) != string(before) {
						t.Error("what was refused changed something")
					}
					return
				}
			}
			t.Errorf("%d were accepted", c.most)
		})
	}
}

func TestCheck_RefusesWhatNoScreenSends(t *testing.T) {
	for name, change := range map[string]func(*protocol.Stroke){
		"no id":         func(s *protocol.Stroke) { s.ID = "" },
		"a long id":     func(s *protocol.Stroke) { s.ID = strings.Repeat("a", 33) },
		"a strange id":  func(s *protocol.Stroke) { s.ID = "<b>" },
		"no tool":       func(s *protocol.Stroke) { s.Tool = "" },
		"a brush":       func(s *protocol.Stroke) { s.Tool = "brush" },
		"red":           func(s *protocol.Stroke) { s.Color = "red" },
		"#12345g":       func(s *protocol.Stroke) { s.Color = "#12345g" },
		"too thin":      func(s *protocol.Stroke) { s.Width = 0.001 },
		"too wide":      func(s *protocol.Stroke) { s.Width = 0.06 },
		"no width":      func(s *protocol.Stroke) { s.Width = math.NaN() },
		"no point":      func(s *protocol.Stroke) { s.Points = nil },
		"half a point":  func(s *protocol.Stroke) { s.Points = []float64{0, 0} },
		"outside":       func(s *protocol.Stroke) { s.Points = []float64{0, 1.1, 0} },
		"not a number":  func(s *protocol.Stroke) { s.Points = []float64{0, math.NaN(), 0} },
		"a long stroke": func(s *protocol.Stroke) { s.Points = make([]float64, 3*ink.MaxPoints+3) },
	} {
		s := pen("a", 0, 0, 0)
		if err := ink.Check(s, false); err != nil {
			t.Fatal(err)
		}
		change(&s)
		if ink.Check(s, false) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestLayers_KeepForgetsScreensNotWhatIsToBeKept(t *testing.T) {
	var l ink.Layers
	draw(t, &l, film, false, pen("a", 0, 0, 0))
	draw(t, &l, ink.Key{Launch: "l2", To: protocol.ToAll}, false, pen("b", 0, 0, 0))
	l.Keep("l2")
	if got := ids(l.All()); fmt.Sprint(got) != "[b]" {
		t.Errorf("left on screen: %v", got)
	}
	changes := l.Take()
	if len(changes) != 2 || changes[0].Stroke.ID != "a" || changes[1].Stroke.ID != "b" || changes[0].Owner != "t1" {
		t.Fatalf("to be kept: %+v", changes)
	}
	if again := l.Take(); len(again) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
	l.Untake(changes)
	if again := l.Take(); !reflect.DeepEqual(again, changes) {
		t.Errorf("given back %+v, got %+v", changes, again)
	}
}

// FuzzLayers plays any sequence of messages: bounds hold, and what the store
// would have been told, in order, is what the layers hold.
func FuzzLayers(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0x41, 9, 0x82, 1, 0, 0, 0xc0, 7})
	f.Add([]byte("draw, rub, draw again, keep, take"))
	f.Fuzz(func(t *testing.T, script []byte) {
		var l ink.Layers
		kept := map[string]ink.Change{}
		name := func(c ink.Change) string { return fmt.Sprint(c.Key, c.Stroke.ID) }
		store := func() {
			for _, c := range l.Take() {
				if kept[name(c)] = c; len(c.Stroke.Points) == 0 {
					delete(kept, name(c))
				}
			}
		}
		for len(script) >= 2 {
			op, arg := script[0], int(script[1])
			script = script[2:]
			k := ink.Key{Launch: fmt.Sprint(arg % 2), Page: arg % 3}
			id := fmt.Sprint(arg % 7)
			switch op >> 5 {
			case 0, 1:
				_, _ = l.Draw(k, "t", "i", []protocol.Stroke{pen(id, float64(arg)/200, .5, .5)}, false) // refused: nothing changes
			case 2, 3:
				n := min(len(script), arg)
				points := make([]float64, n*int(op&3))
				for i := range points {
					points[i] = float64(script[i%n]) / 250
				}
				_, _ = l.Draw(k, "t", "i", []protocol.Stroke{pen(id, points...)}, op&1 == 0)
			case 4:
				l.Rub(k.Launch, k.Page, []string{id})
			case 5:
				l.Rub(k.Launch, k.Page, nil)
			case 6:
				store()
			case 7:
				store()
				l.Keep(k.Launch)
				for n, c := range kept {
					if c.Key.Launch != k.Launch {
						delete(kept, n) // off the screens: the store has it, the room does not
					}
				}
			}
		}
		store()
		here := map[string]protocol.Stroke{}
		for _, layer := range l.All() {
			text, err := json.Marshal(layer.Strokes)
			if err != nil || len(text) > ink.MaxBytes || len(layer.Strokes) > ink.MaxStrokes {
				t.Fatalf("a layer of %d bytes and %d strokes, %v", len(text), len(layer.Strokes), err)
			}
			for _, s := range layer.Strokes {
				if err := ink.Check(s, false); err != nil {
					t.Fatalf("holds %+v: %v", s, err)
				}
				here[fmt.Sprint(ink.Key{Launch: layer.Launch, To: layer.To, Page: layer.Page}, s.ID)] = s
			}
		}
		if len(here) != len(kept) {
			t.Fatalf("the room has %d strokes, the store %d", len(here), len(kept))
		}
		for n, s := range here {
			if !reflect.DeepEqual(kept[n].Stroke, s) {
				t.Fatalf("the room has %+v, the store %+v", s, kept[n].Stroke)
			}
		}
	})
}
