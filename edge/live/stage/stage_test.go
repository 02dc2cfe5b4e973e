package stage_test

import (
	"testing"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

const lead = 200

func open(t *testing.T, m *protocol.Open, now int64) *protocol.Stage {
	t.Helper()
	s, err := stage.Opened(m, stage.Item{Kind: "video", Title: "L'adjectif"}, "Mme Garnier", now, lead)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func apply(t *testing.T, st protocol.State, cmd protocol.Message, fresh *protocol.Stage, now int64) (protocol.State, []*protocol.StageSet) {
	t.Helper()
	after, events, err := stage.Apply(st, cmd, fresh, now, lead)
	if err != nil {
		t.Fatal(err)
	}
	return after, events
}

func TestWhere_FollowsTimeAndRate(t *testing.T) {
	s := &protocol.Stage{Position: 10, Playing: true, Rate: 1.5, At: 1000}
	for now, want := range map[int64]float64{0: 10, 1000: 10, 3000: 13} {
		if got := stage.Where(s, now); got != want {
			t.Errorf("at %d: got %v, want %v", now, got, want)
		}
	}
	s.Playing = false
	if got := stage.Where(s, 9000); got != 10 {
		t.Errorf("paused: got %v", got)
	}
}

func TestApply_AFilmFromOpenToClose(t *testing.T) {
	cmd := &protocol.Open{Item: "film", Position: 10, Playing: true}
	st, events := apply(t, protocol.State{}, cmd, open(t, cmd, 1000), 1000)
	if len(events) != 1 || events[0].To != protocol.ToAll || st.Boards != st.Pupils || st.Boards.At != 1200 || st.Boards.Rate != 1 {
		t.Fatalf("open: %+v %+v", st.Boards, events)
	}
	launch := st.Boards.Launch
	before := *st.Boards
	for _, c := range []struct {
		cmd      protocol.Message
		now      int64
		position float64
		at       int64
		playing  bool
		rate     float64
	}{
		{&protocol.Pause{}, 3200, 12, 3200, false, 1},
		{&protocol.Seek{Position: 30}, 4000, 30, 4000, false, 1},
		{&protocol.Play{}, 5000, 30, 5200, true, 1},
		{&protocol.SetRate{Rate: 2}, 6200, 31, 6200, true, 2},
		{&protocol.Seek{Position: 5}, 7000, 5, 7200, true, 2},
		{&protocol.Pause{Position: new(7.5)}, 9000, 7.5, 9000, false, 2},
	} {
		if st, events = apply(t, st, c.cmd, nil, c.now); len(events) != 1 || events[0].Why != protocol.KindOf(c.cmd) {
			t.Fatalf("%s: events %+v", protocol.KindOf(c.cmd), events)
		}
		s := st.Pupils
		if s.Position != c.position || s.At != c.at || s.Playing != c.playing || s.Rate != c.rate || s.Launch != launch || s != st.Boards {
			t.Errorf("%s: got %+v, want %+v", protocol.KindOf(c.cmd), s, c)
		}
	}
	if st, _ = apply(t, st, &protocol.Close{}, nil, 9500); st.Boards != nil || st.Pupils != nil {
		t.Errorf("after close: %+v", st)
	}
	if before.Position != 10 || before.At != 1200 {
		t.Error("an old stage was altered")
	}
	if _, _, err := stage.Apply(st, &protocol.Play{}, nil, 9600, lead); preau.KindOf(err) != preau.Conflict {
		t.Errorf("play on nothing: %v", err)
	}
}

func TestApply_BoardsAndPupilsMayDiffer(t *testing.T) {
	film, page := &protocol.Open{Item: "film", To: protocol.ToBoards, Playing: true}, &protocol.Open{Item: "page", To: protocol.ToPupils}
	st, _ := apply(t, protocol.State{}, film, open(t, film, 0), 0)
	if st.Pupils != nil {
		t.Fatal("the film is on the tablets")
	}
	st, _ = apply(t, st, page, open(t, page, 0), 0)
	st, events := apply(t, st, &protocol.Pause{}, nil, 5000)
	if len(events) != 2 || events[0].To != protocol.ToBoards || events[1].To != protocol.ToPupils || st.Boards.Item != "film" || st.Pupils.Item != "page" {
		t.Errorf("pause of all: %+v", events)
	}
	if st, events = apply(t, st, &protocol.Close{To: protocol.ToPupils}, nil, 6000); len(events) != 1 || st.Pupils != nil || st.Boards == nil {
		t.Errorf("close of one: %+v", events)
	}
}

func TestOpened_RefusesATimeFarFromTheBoxs(t *testing.T) {
	for at, ok := range map[int64]bool{50_000: true, 59_000: true, 39_000: false, 61_000: false} {
		_, err := stage.Opened(&protocol.Open{Item: "x", At: at}, stage.Item{}, "", 50_000, lead)
		if (err == nil) != ok {
			t.Errorf("at %d: %v", at, err)
		}
	}
}
