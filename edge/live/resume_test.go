package live_test

import (
	"fmt"
	"testing"
	"time"

	"preau/edge/live"
	"preau/edge/live/protocol"
)

// events lists the numbers of the events a screen heard, in order.
func events(s *screen) (out []int64) {
	for _, m := range s.all() {
		switch m := m.(type) {
		case *protocol.StageSet:
			out = append(out, m.Seq)
		case *protocol.AttentionSet:
			out = append(out, m.Seq)
		}
	}
	return out
}

func (b *box) attention(n int) {
	b.t.Helper()
	for i := range n {
		if _, err := b.hub.Command(b.t.Context(), "r1", live.Identity{Role: protocol.RoleTeacher, Person: "t1"}, &protocol.Attention{On: i%2 == 0}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestResume_AfterACutNothingIsMissedNorDoubled(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	ines := b.join(pupil("p1"))
	b.attention(3)
	for range 3 {
		b.wait("what came so far", func() bool { return len(events(ines)) > 0 })
		b.srv.CloseClientConnections()
		b.hub.Disconnect(protocol.CloseTryLater, func(live.Identity) bool { return true })
		b.attention(4)
	}
	b.wait("all events", func() bool { return len(events(ines)) >= 15 })
	for i, seq := range events(ines) {
		if seq != int64(i+1) {
			t.Fatalf("heard %v", events(ines))
		}
	}
	if n := count[*protocol.Welcome](ines); n < 2 {
		t.Fatalf("%d welcomes: the line was never cut", n)
	}
}

func TestResume_TooFarBehindStartsFromTheState(t *testing.T) {
	b := newBox(t, live.Limits{Events: 8})
	b.start("r1")
	ws, _, err := b.dial(pupil("p1"))
	if err != nil {
		t.Fatal(err)
	}
	b.attention(21)
	for _, c := range []struct {
		seq     int64
		resumed bool
	}{{20, true}, {13, true}, {12, false}, {99, false}} {
		epoch := int64(0)
		for range 2 { // the first hello tells the epoch
			if err := ws.WriteMessage(1, fmt.Appendf(nil, `{"t":"hello","epoch":%d,"seq":%d}`, epoch, c.seq)); err != nil {
				t.Fatal(err)
			}
			var w *protocol.Welcome
			for w == nil {
				_, data, err := ws.ReadMessage()
				if err != nil {
					t.Fatal(err)
				}
				m, err := protocol.DecodeServer(data)
				if err != nil {
					t.Fatal(err)
				}
				w, _ = m.(*protocol.Welcome)
			}
			if epoch != 0 && (w.Resumed != c.resumed || (w.State == nil) != c.resumed || w.Seq != 21) {
				t.Errorf("from %d: got %+v, want resumed %v", c.seq, w, c.resumed)
			}
			epoch = w.Epoch
		}
		ws.Close()
		if ws, _, err = b.dial(pupil("p1")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRestart_TheClassIsBackByItselfWithinFiveSeconds(t *testing.T) {
	db := newDB(t)
	first := serve(t, newHub(t, db, live.Limits{}, nil))
	first.start("r1")
	prof, ines, wall := first.join(teacher("t1")), first.join(pupil("p1")), first.join(board("b1", "r1"))
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "film", Position: 30, Playing: true}); err != nil {
		t.Fatal(err)
	}
	before := prof.Here()
	addr := first.srv.Listener.Addr().String()
	first.close()

	began := time.Now()
	second := serveAt(t, newHub(t, db, live.Limits{}, nil), addr)
	for name, s := range map[string]*screen{"teacher": prof, "pupil": ines, "board": wall} {
		second.wait("the "+name, func() bool { h := s.Here(); return h.Room != nil && h.Epoch != before.Epoch })
		if st := s.Stage(); st == nil || *st != *before.State.Boards || s.Here().Room.ID != "r1" {
			t.Errorf("%s shows %+v after the restart, want %+v", name, st, before.State.Boards)
		}
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	// One stage still: a command to all stays one event.
	n := count[*protocol.StageSet](ines)
	if _, err := prof.Do(t.Context(), &protocol.Pause{}); err != nil {
		t.Fatal(err)
	}
	second.wait("the pause", func() bool { st := ines.Stage(); return st != nil && !st.Playing })
	if got := count[*protocol.StageSet](ines); got != n+1 {
		t.Errorf("%d events of one command", got-n)
	}
	// An ended room does not come back.
	if err := second.hub.End(t.Context(), "r1", live.Identity{}); err != nil {
		t.Fatal(err)
	}
	if third := newHub(t, db, live.Limits{}, nil); len(third.Rooms()) != 0 {
		t.Errorf("rooms after the end: %v", third.Rooms())
	}
}
