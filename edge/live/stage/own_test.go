package stage_test

import (
	"fmt"
	"slices"
	"testing"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

func TestOwn_ACommandTouchesThoseItNames(t *testing.T) {
	o := stage.Own{}
	cmd := &protocol.Open{Item: "help", To: protocol.ToPupils, For: []string{"p1", "p2"}, Playing: true}
	if changed, err := o.Apply(cmd, cmd.For, open(t, cmd, 1000), 1000, lead); err != nil || len(changed) != 2 || o["p1"] != o["p2"] {
		t.Fatalf("open: %v %v", changed, err)
	}
	before := *o["p1"]
	if changed, err := o.Apply(&protocol.Pause{}, []string{"p1", "p3"}, nil, 3200, lead); err != nil || !slices.Equal(changed, []string{"p1"}) {
		t.Fatalf("pause: %v %v", changed, err)
	}
	if o["p1"].Playing || o["p1"].Position != 2 || *o["p2"] != before {
		t.Errorf("after the pause of one: %+v, the other %+v", o["p1"], o["p2"])
	}
	if _, err := o.Apply(&protocol.Play{}, []string{"p3"}, nil, 4000, lead); preau.KindOf(err) != preau.Conflict {
		t.Errorf("play for one who has none: %v", err)
	}
	if changed, err := o.Apply(&protocol.Close{}, []string{"p1", "p2"}, nil, 5000, lead); err != nil || len(changed) != 2 || len(o) != 0 {
		t.Errorf("close: %v %v, left %v", changed, err, o)
	}
}

func TestOwn_AreBounded(t *testing.T) {
	o := stage.Own{}
	cmd := &protocol.Open{Item: "help"}
	s := open(t, cmd, 0)
	for n := range stage.MaxOwn {
		if _, err := o.Apply(cmd, []string{fmt.Sprint(n)}, s, 0, lead); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Apply(cmd, []string{"one more"}, s, 0, lead); preau.KindOf(err) != preau.TooLarge || len(o) != stage.MaxOwn {
		t.Errorf("one more: %v, %d", err, len(o))
	}
	if gone := o.Clear(); len(gone) != stage.MaxOwn || len(o) != 0 {
		t.Errorf("%d cleared, %d left", len(gone), len(o))
	}
}

func TestTimed_FromStartToItsEnd(t *testing.T) {
	step := func(old *protocol.Timer, cmd protocol.Message, now int64) *protocol.Timer {
		t.Helper()
		next, err := stage.Timed(old, cmd, now)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	began := step(nil, &protocol.TimerStart{Seconds: 60}, 1000)
	held := step(began, &protocol.TimerPause{}, 21_000)
	if began.Ends != 61_000 || began.Paused || held.Left != 40_000 || held.Ends != 0 || !held.Paused || held.ID != began.ID {
		t.Errorf("began %+v, held %+v", began, held)
	}
	if again := step(held, &protocol.TimerPause{}, 30_000); *again != *held {
		t.Errorf("a second pause: %+v", again)
	}
	on := step(held, &protocol.TimerGo{}, 100_000)
	if on.Ends != 140_000 || on.Left != 0 || on.Paused {
		t.Errorf("gone on %+v", on)
	}
	if late := step(on, &protocol.TimerPause{}, 150_000); late.Left != 0 || !late.Paused {
		t.Errorf("held after its end: %+v", late)
	}
	if gone := step(on, &protocol.TimerStop{}, 150_000); gone != nil {
		t.Errorf("stopped: %+v", gone)
	}
	if stage.Running(on, on.Ends+stage.Afterglow) != on || stage.Running(on, on.Ends+stage.Afterglow+1) != nil || stage.Running(held, 1<<40) != held {
		t.Error("it stays on the screens for a minute, and for good when it is held")
	}
	if _, err := stage.Timed(on, &protocol.TimerGo{}, on.Ends+stage.Afterglow+1); preau.KindOf(err) != preau.Conflict {
		t.Errorf("go on of one that is long over: %v", err)
	}
}

func TestStage_OfADocumentIsAPage(t *testing.T) {
	doc := func(m *protocol.Open) *protocol.Stage {
		t.Helper()
		s, err := stage.Opened(m, stage.Item{Kind: "document"}, "", 0, lead)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := doc(&protocol.Open{Item: "x", Page: 4, Plan: "pl", Step: 2, Of: 9}); s.Page != 4 || s.Position != 4 || s.Plan != "pl" || s.Step != 2 || s.Of != 9 {
		t.Errorf("opened at a page: %+v", s)
	}
	s := doc(&protocol.Open{Item: "x", Position: 3})
	if s.Page != 3 {
		t.Errorf("opened at a position: %+v", s)
	}
	st, _ := apply(t, protocol.State{Boards: s, Pupils: s}, &protocol.Seek{Position: 7}, nil, 1000)
	if st.Boards.Page != 7 || st.Boards.Position != 7 {
		t.Errorf("turned to %+v", st.Boards)
	}
}
