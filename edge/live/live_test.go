package live_test

import (
	"errors"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

func TestOpen_ReachesEveryScreenAndIsRecordedBeforeOK(t *testing.T) {
	rec := &recorder{}
	b := serve(t, newHub(t, newDB(t), live.Limits{}, rec))
	b.start("r1")
	prof, wall, ines := b.join(teacher("t1")), b.join(board("b1", "r1")), b.join(pupil("p1"))
	b.wait("three in the room", func() bool { _, m, _ := b.hub.Look("r1"); return len(m) == 3 })

	seq, err := prof.Do(t.Context(), &protocol.Open{Item: "film", Position: 12, Playing: true})
	if err != nil {
		t.Fatal(err)
	}
	got := rec.opened()
	if len(got) != 1 || got[0].Item != "film" || got[0].By.Person != "t1" || got[0].Screens != 3 || got[0].Room != "r1" {
		t.Fatalf("recorded %+v by the time of ok", got)
	}
	for name, s := range map[string]*screen{"teacher": prof, "board": wall, "pupil": ines} {
		b.wait("the film on the "+name+"'s screen", func() bool { return s.Here().Seq == seq })
		st := s.Stage()
		if st == nil || st.Item != "film" || st.Position != 12 || !st.Playing || st.Rate != 1 || st.Title != "L'adjectif" || st.Launch != got[0].ID.String() {
			t.Errorf("%s shows %+v", name, st)
		}
	}
	if _, err := prof.Do(t.Context(), &protocol.Pause{}); err != nil {
		t.Fatal(err)
	}
	b.wait("the pause", func() bool { st := ines.Stage(); return st != nil && !st.Playing })
	if _, err := prof.Do(t.Context(), &protocol.Close{To: protocol.ToPupils}); err != nil {
		t.Fatal(err)
	}
	b.wait("the pupils' film to close", func() bool { return ines.Stage() == nil })
	if wall.Stage() == nil {
		t.Error("the board's film closed too")
	}
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "missing"}); !errors.Is(err, client.KindError(preau.NotFound)) {
		t.Errorf("an unknown item: got %v, want not-found", err)
	}
}

func TestOpen_ThatCannotBeRecordedSaysSo(t *testing.T) {
	rec := &recorder{fail: preau.E(preau.Full, "the disk is full", "Remove packs.", nil)}
	b := serve(t, newHub(t, newDB(t), live.Limits{}, rec))
	b.start("r1")
	prof := b.join(teacher("t1"))
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "film"}); !errors.Is(err, client.KindError(preau.Full)) {
		t.Fatalf("got %v, want full", err)
	}
	b.wait("the film all the same", func() bool { return prof.Stage() != nil })
}

func TestRoles_AreEnforcedByTheServer(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof := b.join(teacher("t1"))
	for _, s := range []*screen{b.join(pupil("p1")), b.join(board("b1", "r1"))} {
		for _, m := range []protocol.Message{&protocol.Open{Item: "x"}, &protocol.End{}, &protocol.Attention{On: true}, &protocol.Lower{Person: "p1"}} {
			if _, err := s.Do(t.Context(), m); !errors.Is(err, client.KindError(preau.Forbidden)) {
				t.Errorf("%s by a %s: got %v, want forbidden", protocol.KindOf(m), s.Here().You.Role, err)
			}
		}
	}
	if st, _, _ := b.hub.Look("r1"); st.Boards != nil || st.Attention {
		t.Errorf("the room changed: %+v", st)
	}
	if n := count[*protocol.StageSet](prof); n != 0 {
		t.Errorf("%d events came of it", n)
	}
	if _, err := b.hub.Command(t.Context(), "r1", live.Identity{Role: protocol.RolePupil, Person: "p1", Group: "6B"}, &protocol.Open{Item: "x"}); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("Command by a pupil: %v", err)
	}
}

func TestRooms_OfOthersCannotBeEntered(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	for name, h := range map[string]map[string][]string{"another teacher": teacher("t2"), "a pupil of another class": as("pupil", "p9", "5A//"),
		"an unpaired board": board("b9", "")} {
		ws, _, err := b.dial(h)
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.WriteMessage(1, []byte(`{"t":"hello","room":"r1"}`)); err != nil {
			t.Fatal(err)
		}
		welcomed, refused := false, false
		for !welcomed || !refused {
			_, data, err := ws.ReadMessage()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch m, _ := protocol.DecodeServer(data); m := m.(type) {
			case *protocol.Welcome:
				if welcomed = true; m.Room != nil || m.State != nil {
					t.Errorf("%s was let into %+v", name, m.Room)
				}
			case *protocol.Failure:
				refused = m.Kind == "not-found"
			}
		}
	}
}

func TestLobby_ScreensEnterWhenTheirRoomOpensAndLeaveWhenItEnds(t *testing.T) {
	rec := &recorder{}
	b := serve(t, newHub(t, newDB(t), live.Limits{}, rec))
	ines, wall := b.join(pupil("p1")), b.join(board("b1", ""))
	if ines.Here().Room != nil {
		t.Fatal("a room before the lesson")
	}
	b.start("r1")
	b.wait("the class to enter", func() bool { r := ines.Here().Room; return r != nil && r.ID == "r1" })
	b.hub.Move("b1", "r1")
	b.wait("the board to enter", func() bool { return wall.Here().Room != nil })

	prof := b.join(teacher("t1"))
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "film"}); err != nil {
		t.Fatal(err)
	}
	if _, err := prof.Do(t.Context(), &protocol.End{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*screen{ines, wall, prof} {
		b.wait("the end", func() bool { return count[*protocol.Ended](s) == 1 && s.Here().Room == nil && s.Stage() == nil })
	}
	if len(rec.ended) != 1 || len(b.hub.Rooms()) != 0 {
		t.Errorf("ended %v, rooms %v", rec.ended, b.hub.Rooms())
	}
	// The next lesson of the same class needs nothing of anyone.
	b.start("r2")
	b.start("r3") // and replaces one that was forgotten
	b.wait("the class in the latest room", func() bool { r := ines.Here().Room; return r != nil && r.ID == "r3" })
	if n := len(b.hub.Rooms()); n != 1 {
		t.Errorf("%d rooms of one class", n)
	}
}

func TestPresence_TeacherSeesWhoBoardSeesHowMany(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, wall := b.join(teacher("t1")), b.join(board("b1", "r1"))
	ines, tom := b.join(pupil("p1")), b.join(pupil("p2"))
	for _, m := range []protocol.Message{&protocol.Hand{Up: true}, &protocol.Status{Item: "film", Position: 7, Progress: 0.5, Mood: protocol.MoodStuck}} {
		if err := ines.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	find := func(id string) (found protocol.Member) {
		for _, m := range prof.all() {
			if p, ok := m.(*protocol.Presence); ok {
				for _, x := range p.Members {
					if x.ID == id {
						found = x
					}
				}
			}
		}
		return found
	}
	b.wait("her hand and her place", func() bool {
		m := find("p1")
		return m.Hand > 0 && m.Position == 7 && m.Mood == protocol.MoodStuck && m.Name == "Name of p1" && m.Online
	})
	last := func() (c protocol.Count) {
		for _, m := range wall.all() {
			if x, ok := m.(*protocol.Count); ok {
				c = *x
			}
		}
		return c
	}
	b.wait("the board's count", func() bool { return last() == protocol.Count{Pupils: 2, Hands: 1} })
	if count[*protocol.Presence](wall)+count[*protocol.Presence](tom) != 0 {
		t.Error("names went to a board or a pupil")
	}
	if _, err := prof.Do(t.Context(), &protocol.Lower{Person: "p1"}); err != nil {
		t.Fatal(err)
	}
	b.wait("her hand down", func() bool { return find("p1").Hand == 0 })
	b.hub.Disconnect(protocol.CloseSignedOut, func(w live.Identity) bool { return w.Person == "p2" })
	b.wait("Tom to be gone", func() bool { m := find("p2"); return m.ID == "p2" && !m.Online })
	if err := <-tom.end; err == nil {
		t.Error("a client that was signed out came back")
	}
}

func TestClock_ClientLearnsTheBoxsTime(t *testing.T) {
	b := newBox(t, live.Limits{})
	s := b.join(pupil("p1"))
	b.wait("five pongs", func() bool { return count[*protocol.Pong](s) >= 5 })
	if d := s.Now() - time.Now().UnixMilli(); d < -20 || d > 20 {
		t.Errorf("the client is %d ms off on the same machine", d)
	}
}
