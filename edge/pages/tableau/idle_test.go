package tableau

import (
	"testing"
	"time"

	"preau/edge/timetable"
)

func TestNextIn_IsTheLessonOfTheRoom(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 30, h, m, 0, 0, time.UTC) }
	day := []timetable.Lesson{
		{Room: "112", Subject: "Mathématiques", Start: at(8, 0), End: at(8, 55)},
		{Room: "204", Subject: "Français", Start: at(10, 5), End: at(11, 0)},
		{Room: "Salle 204", Subject: "Latin", Start: at(9, 0), End: at(9, 55)},
	}
	for _, c := range []struct {
		now  time.Time
		want string
	}{{at(8, 0), "Latin"}, {at(9, 54), "Latin"}, {at(9, 55), "Français"}, {at(10, 30), "Français"}, {at(11, 0), ""}} {
		got := ""
		if l := nextIn(day, "salle 204", c.now); l != nil {
			got = l.Subject
		}
		if got != c.want {
			t.Errorf("at %s: %q, want %q", c.now.Format("15:04"), got, c.want)
		}
	}
	if nextIn(day, "", at(8, 0)) != nil {
		t.Error("a board of no place has a lesson")
	}
}

func TestRests_WhenNobodyIsThere(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 30, h, m, 0, 0, time.UTC) } // a Monday
	day := []timetable.Lesson{{Start: at(9, 0), End: at(10, 0)}, {Start: at(8, 0), End: at(9, 0)}, {Start: at(15, 0), End: at(16, 0)}}
	for _, c := range []struct {
		now     time.Time
		lessons []timetable.Lesson
		closed  bool
		want    bool
	}{
		{at(6, 59), day, false, true}, {at(7, 0), day, false, false}, {at(12, 0), day, false, false}, {at(17, 0), day, false, false}, {at(17, 1), day, false, true},
		{at(6, 30), nil, false, true}, {at(12, 0), nil, false, false}, {at(19, 0), nil, false, true}, {at(12, 0), nil, true, true}, {at(12, 0).AddDate(0, 0, -1), nil, false, true},
	} {
		if got := rests(c.now, c.lessons, c.closed); got != c.want {
			t.Errorf("%s, %d lessons, closed %v: rests is %v", c.now.Format("Mon 15:04"), len(c.lessons), c.closed, got)
		}
	}
}

func TestHour_IsWrittenAsSaid(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 5, 0, 0, time.UTC)
	if fr, en := hour("fr", at), hour("en", at); fr != "10\u202fh\u202f05" || en != "10:05" {
		t.Errorf("%q %q", fr, en)
	}
}
