package live_test

import (
	"bytes"
	"errors"
	"testing"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

func (b *box) do(s *screen, m protocol.Message) {
	b.t.Helper()
	if _, err := s.Do(b.t.Context(), m); err != nil {
		b.t.Fatalf("%s: %v", protocol.KindOf(m), err)
	}
}

// member is what a teacher's screen knows of one by what it heard.
func (s *screen) member(id string) (found protocol.Member) {
	for _, m := range s.all() {
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

func item(s *screen) string {
	if st := s.Stage(); st != nil {
		return st.Item
	}
	return ""
}

func TestOwn_APupilsStageWinsUntilClosedOrUntilTheNextForAll(t *testing.T) {
	rec := &recorder{}
	b := serve(t, newHub(t, newDB(t), live.Limits{}, rec))
	b.start("r1")
	prof, ines, tom, wall := b.join(teacher("t1")), b.join(pupil("p1")), b.join(pupil("p2")), b.join(board("b1", "r1"))
	b.do(prof, &protocol.Open{Item: "film"})
	b.do(prof, &protocol.Open{Item: "help", To: protocol.ToPupils, For: []string{"p1", "p9"}, Playing: true})
	b.wait("her own stage", func() bool { return item(ines) == "help" })
	if item(tom) != "film" || item(wall) != "film" || tom.Here().Mine.Stage != nil {
		t.Errorf("Tom sees %q, the board %q", item(tom), item(wall))
	}
	b.wait("the teacher to know", func() bool { return prof.member("p1").Stage == ines.Stage().Launch })
	if l := rec.opened(); len(l) != 2 || l[1].Screens != 1 || l[1].Only != 2 || l[1].To != protocol.ToPupils {
		t.Errorf("recorded %+v", l)
	}
	b.do(prof, &protocol.Pause{To: protocol.ToPupils, For: []string{"p1"}})
	b.wait("her pause", func() bool { return !ines.Stage().Playing })
	b.do(prof, &protocol.Seek{To: protocol.ToPupils, Position: 3}) // for all: hers stays
	late := b.join(pupil("p9"))
	b.wait("one who comes late", func() bool { return item(late) == "help" && late.Stage().Playing })
	b.wait("the teacher to know of the late one", func() bool { return prof.member("p9").Stage != "" })
	b.do(prof, &protocol.Close{To: protocol.ToPupils, For: []string{"p1"}})
	b.wait("her stage closed", func() bool { return item(ines) == "film" && ines.Stage().Position == 3 })
	b.wait("the teacher to know of the close", func() bool { return prof.member("p1").Stage == "" })
	if _, err := prof.Do(t.Context(), &protocol.Play{To: protocol.ToPupils, For: []string{"p1"}}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("play on no stage of her own: %v", err)
	}
	b.do(prof, &protocol.Open{Item: "film2", To: protocol.ToBoards})
	if item(late) != "help" {
		t.Error("an open on the boards cleared a tablet's")
	}
	b.do(prof, &protocol.Open{Item: "page", Page: 4})
	b.wait("all on the page", func() bool { return item(late) == "page" && late.Here().Mine.Stage == nil && late.Stage().Page == 4 })
}

func TestOwn_SurvivesARestartAndMeetsThePupilOnEntry(t *testing.T) {
	db := newDB(t)
	first := serve(t, newHub(t, db, live.Limits{}, nil))
	first.start("r1")
	prof, ines := first.join(teacher("t1")), first.join(pupil("p1"))
	first.do(prof, &protocol.Open{Item: "help", To: protocol.ToPupils, For: []string{"p1", "p2"}})
	first.wait("it", func() bool { return item(ines) == "help" })
	before := *ines.Stage()
	addr := first.srv.Listener.Addr().String()
	first.close()
	second := serveAt(t, newHub(t, db, live.Limits{}, nil), addr)
	epoch := ines.Here().Epoch
	second.wait("her back", func() bool { return ines.Here().Epoch != epoch && item(ines) == "help" })
	if *ines.Stage() != before {
		t.Errorf("after the restart %+v, before %+v", ines.Stage(), before)
	}
	tom := second.join(pupil("p2"))
	second.wait("Tom's", func() bool { return item(tom) == "help" })
	second.wait("the teacher back", func() bool { return prof.Here().Epoch == ines.Here().Epoch })
	second.do(prof, &protocol.Open{Item: "film"})
	second.wait("the film", func() bool { return item(tom) == "film" })
	if third := newHub(t, db, live.Limits{}, nil); third.Mine("r1", "p1").Stage != nil {
		t.Error("a cleared stage came back")
	}
}

func TestTimer_RunsPausesAndStopsOnAllScreens(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, wall := b.join(teacher("t1")), b.join(board("b1", "r1"))
	b.do(prof, &protocol.TimerStart{Seconds: 300, Text: "Exercice 4"})
	shown := func() *protocol.Timer { return wall.Here().State.Timer }
	b.wait("the timer", func() bool { return shown() != nil })
	if tm := shown(); tm.Text != "Exercice 4" || tm.Ends-wall.Now() < 298_000 || tm.Ends-wall.Now() > 301_000 || tm.Paused {
		t.Errorf("timer %+v", tm)
	}
	b.do(prof, &protocol.TimerPause{})
	b.wait("its pause", func() bool {
		tm := shown()
		return tm.Paused && tm.Ends == 0 && tm.Left > 290_000 && tm.Left <= 300_000
	})
	late := b.join(pupil("p1"))
	if tm := late.Here().State.Timer; tm == nil || *tm != *shown() {
		t.Errorf("one who comes late sees %+v", tm)
	}
	b.do(prof, &protocol.TimerGo{})
	b.wait("its going on", func() bool { return !shown().Paused && shown().Ends > 0 })
	b.do(prof, &protocol.TimerStop{})
	b.wait("its end", func() bool { return shown() == nil })
	if _, err := prof.Do(t.Context(), &protocol.TimerGo{}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("go without a timer: %v", err)
	}
}

func TestShare_OpensAPupilsPageWithItsYesAndNoName(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, ines, wall := b.join(teacher("t1")), b.join(pupil("p1")), b.join(board("b1", "r1"))
	b.do(prof, &protocol.ShareAsk{Person: "p1"})
	asked := func() *protocol.ShareAsked { return ines.Here().Mine.Share }
	b.wait("the request", func() bool { return asked() != nil })
	if asked().By != "Name of t1" || prof.member("p1").Share != "asked" {
		t.Errorf("asked %+v, member %+v", asked(), prof.member("p1"))
	}
	send := func(m *protocol.Share) {
		t.Helper()
		if err := ines.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	first := asked().ID
	send(&protocol.Share{ID: first})
	b.wait("her no", func() bool { return asked() == nil && prof.member("p1").Share == "no" })
	if wall.Stage() != nil {
		t.Error("no opened something")
	}
	send(&protocol.Share{ID: first, Yes: true, Item: "essay"})
	b.wait("the refusal of an old request", func() bool { return count[*protocol.Failure](ines) == 1 })
	b.do(prof, &protocol.ShareAsk{Person: "p1"})
	b.wait("the next request", func() bool { return asked() != nil })
	send(&protocol.Share{ID: asked().ID, Yes: true, Item: "answer key"})
	b.wait("the refusal of what she may not see", func() bool { return count[*protocol.Failure](ines) == 2 })
	if wall.Stage() != nil {
		t.Error("a pupil opened a paper of the staff's")
	}
	send(&protocol.Share{ID: asked().ID, Yes: true, Item: "essay", Page: 2})
	b.wait("her page on the board", func() bool { return item(wall) == "essay" && wall.Stage().Page == 2 && wall.Stage().By == "Name of t1" })
	if ines.Stage() != nil {
		t.Error("it opened on the tablets too")
	}
	send(&protocol.Share{Yes: true, Item: "poem"})
	b.wait("her offer", func() bool { o := prof.member("p1").Offer; return o != nil && o.Item == "poem" })
	b.do(prof, &protocol.Open{To: protocol.ToBoards, Item: "poem"})
	b.wait("the offer taken", func() bool { return prof.member("p1").Offer == nil && item(wall) == "poem" })
	for _, m := range wall.all() {
		if text, _ := protocol.Encode(m); len(text) == 0 || containsName(text) {
			t.Errorf("the board was told %s", text)
		}
	}
	if _, err := prof.Do(t.Context(), &protocol.ShareAsk{Person: "p7"}); !errors.Is(err, client.KindError(preau.NotFound)) {
		t.Errorf("a request to nobody: %v", err)
	}
}

func TestTeachers_InviteHandOverAndTheLastOneStays(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof, mate := b.join(teacher("t1")), b.join(teacher("t2"))
	if mate.Here().Room != nil {
		t.Fatal("a colleague was let in unasked")
	}
	if _, err := prof.Do(t.Context(), &protocol.Leave{}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("the last teacher left: %v", err)
	}
	b.do(prof, &protocol.Invite{Person: "t2"})
	b.wait("the colleague", func() bool { return mate.Here().Room != nil })
	last := func(s *screen) (list []protocol.Colleague) {
		for _, m := range s.all() {
			if x, ok := m.(*protocol.Teachers); ok {
				list = x.Teachers
			}
		}
		return list
	}
	b.wait("both on the list", func() bool {
		l := last(prof)
		return len(l) == 2 && l[1] == protocol.Colleague{ID: "t2", Name: "Name of t2", Online: true}
	})
	b.do(mate, &protocol.Open{Item: "film"})
	ines, wall := b.join(pupil("p1")), b.join(board("b1", "r1"))
	b.do(prof, &protocol.ShareAsk{Person: "p1"})
	b.wait("the request", func() bool { return ines.Here().Mine.Share != nil })
	b.do(prof, &protocol.Leave{})
	if err := ines.Send(&protocol.Share{ID: ines.Here().Mine.Share.ID, Yes: true, Item: "essay"}); err != nil {
		t.Fatal(err)
	}
	b.wait("the refusal of a request whose teacher has left", func() bool { return count[*protocol.Failure](ines) == 1 })
	if item(wall) != "film" {
		t.Errorf("the board shows %q", item(wall))
	}
	b.wait("the one who handed over to be out", func() bool { return prof.Here().Room == nil })
	b.wait("the list of one", func() bool { l := last(mate); return len(l) == 1 && l[0].ID == "t2" })
	if _, err := prof.Do(t.Context(), &protocol.Open{Item: "x"}); !errors.Is(err, client.KindError(preau.NotFound)) {
		t.Errorf("one who left commands: %v", err)
	}
	b.do(mate, &protocol.End{})
}

// containsName reports whether a message has a pupil's name or id in it.
func containsName(text []byte) bool {
	for _, word := range []string{`Name of p`, `"p1"`} {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}
