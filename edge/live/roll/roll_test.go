package roll_test

import (
	"fmt"
	"testing"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/roll"
)

func enter(r *roll.Roll, id string, role protocol.Role, version int64) {
	r.Enter(protocol.Member{ID: id, Role: role, Name: "Name of " + id}, 100*version, version)
}

func TestRoll_TellsEachChangeOnceAndKeepsThoseWhoLeft(t *testing.T) {
	r := roll.New()
	enter(r, "p1", protocol.RolePupil, 1)
	enter(r, "p1", protocol.RolePupil, 2) // a second tablet
	enter(r, "b1", protocol.RoleBoard, 3)
	if n, at := r.Count(); n != (protocol.Count{Pupils: 1}) || at != 1 {
		t.Errorf("count %+v at %d", n, at)
	}
	if !r.Hear("p1", &protocol.Hand{Up: true}, 500, 0, 4) || r.Hear("stranger", &protocol.Hand{Up: true}, 500, 0, 5) {
		t.Error("whoever is on the roll is heard, and nobody else")
	}
	r.Hear("p1", &protocol.Hand{Up: true}, 900, 0, 6)
	if m, _ := r.Of("p1"); m.Hand != 500 || m.Since != 500 {
		t.Errorf("a second hand lost the place: %+v", m)
	}
	if n, at := r.Count(); n != (protocol.Count{Pupils: 1, Hands: 1}) || at != 4 {
		t.Errorf("count %+v at %d", n, at)
	}
	r.Hear("p1", &protocol.Ack{Seq: 99}, 1000, 7, 7)
	r.Hear("p1", &protocol.Status{Mood: protocol.MoodStuck}, 1100, 7, 8)
	r.Hear("p1", &protocol.Status{Mood: protocol.MoodStuck, Position: 4}, 1900, 7, 9)
	if m, _ := r.Of("p1"); m.Acked != 7 || m.Since != 1100 || m.Position != 4 {
		t.Errorf("after its words %+v", m)
	}
	if news := r.News(7); len(news) != 1 || news[0].ID != "p1" {
		t.Errorf("news %+v", news)
	}
	if news := r.News(9); len(news) != 0 {
		t.Errorf("news twice: %+v", news)
	}
	r.Change("p1", 10, func(m *protocol.Member) { m.Offer = &protocol.Offer{Item: "essay"} })
	if r.Withdraw("poem", 11) || !r.Withdraw("essay", 12) || r.Withdraw("essay", 13) {
		t.Error("an offer ends when its item is shown, once")
	}
	if r.Leave("p1", 2000, 14) || !r.Leave("p1", 2100, 15) {
		t.Error("the last line of two is the end")
	}
	if m, known := r.Of("p1"); !known || m.Online || m.Hand != 0 || m.Seen != 2100 {
		t.Errorf("one who left is %+v", m)
	}
	if n, at := r.Count(); n != (protocol.Count{}) || at != 15 {
		t.Errorf("count %+v at %d", n, at)
	}
}

func TestStaff_IsNeverEmptyNorWithoutBound(t *testing.T) {
	s, r := roll.NewStaff([]string{"t1"}), roll.New()
	if err := s.Remove("t1", 1); preau.KindOf(err) != preau.Conflict {
		t.Errorf("the last one left: %v", err)
	}
	for n := 2; n <= roll.MaxTeachers; n++ {
		if err := s.Add(fmt.Sprint("t", n), "", int64(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add("t99", "", 20); preau.KindOf(err) != preau.TooLarge {
		t.Errorf("one too many: %v", err)
	}
	if err := s.Add("t2", "Mme Diallo", 21); err != nil || len(s.IDs()) != roll.MaxTeachers || s.At(r) != 21 {
		t.Errorf("one who is there: %v, %d, at %d", err, len(s.IDs()), s.At(r))
	}
	enter(r, "t1", protocol.RoleTeacher, 22)
	if s.At(r) != 22 {
		t.Error("who comes is no news")
	}
	list := s.List(r).Teachers
	if list[0] != (protocol.Colleague{ID: "t1", Name: "Name of t1", Online: true}) || list[1] != (protocol.Colleague{ID: "t2", Name: "Mme Diallo"}) {
		t.Errorf("list %+v", list[:2])
	}
}
