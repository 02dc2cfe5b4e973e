package timetable_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"preau/edge/timetable"
	"preau/edge/timetable/ical"
)

func TestFeed_OfAClassComesBackAsItIs(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 10, 12, 7, 0, 0, 0, zone), monday("m"))
	day, _ := tt.Day(t.Context(), "fr", c.now)
	if _, err := tt.Change(t.Context(), timetable.Change{Lesson: day[0].ID, Cancelled: true}); err != nil {
		t.Fatal(err)
	}
	same := func(id string) string { return id }
	feed, err := tt.Feed(t.Context(), "6A", c.now, 28, timetable.Filter{Classes: []string{"6A"}}, timetable.Labels{Class: same, Person: same, Cancelled: "Annulé :"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := feed.Write(&out); err != nil {
		t.Fatal(err)
	}
	back, err := ical.Parse(&out, zone)
	if err != nil || len(back.Events) != 2 { // two Mondays are holidays
		t.Fatalf("%+v, %v", back, err)
	}
	if e := back.Events[0]; !e.Cancelled || !strings.HasPrefix(e.Summary, "Annulé") || e.Location != "204" {
		t.Fatalf("%+v", e)
	}
	if e := back.Events[1]; e.Start.Format("01-02 15:04") != "11-02 08:00" || e.Start.UTC().Hour() != 7 {
		t.Fatalf("%v: the hour on the wall after the change of October", e.Start)
	}
	if room, _ := tt.Feed(t.Context(), "204", c.now, 28, timetable.Filter{Room: "204"}, timetable.Labels{Class: same, Person: same}); len(room.Events) != 2 {
		t.Fatalf("%+v", room)
	}
}
