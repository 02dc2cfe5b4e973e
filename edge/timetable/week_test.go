package timetable_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the real rules of the summer hour, wherever the test runs

	"preau"
	"preau/edge/roster/source"
	"preau/edge/timetable"
	"preau/edge/timetable/holidays"
)

func france(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// school is a timetable of one lesson a week, in French hours.
func school(t *testing.T, now time.Time, slots ...timetable.Slot) (*timetable.Timetable, *clock) {
	t.Helper()
	tt, c := open(t, now)
	if err := tt.Apply(t.Context(), "demo", nil); err != nil {
		t.Fatal(err)
	}
	if err := tt.Apply(t.Context(), "siecle", slots); err != nil {
		t.Fatal(err)
	}
	calendar, err := holidays.For("0750654D")
	if err != nil {
		t.Fatal(err)
	}
	tt.Follow(calendar)
	return tt, c
}

func monday(key string) timetable.Slot {
	return timetable.Slot{Key: key, Class: "6A", Teacher: "fr", Subject: "Français", Room: "204", Weekday: time.Monday, From: 8 * 60, Minutes: 55}
}

func TestAgenda_KeepsTheHourOnTheWallWhenClocksChange(t *testing.T) {
	zone := france(t)
	sunday := monday("night")
	sunday.Weekday, sunday.From, sunday.Minutes = time.Sunday, 60, 3*60 // 01:00 to 04:00: across the change
	tt, _ := school(t, time.Date(2026, 9, 1, 8, 0, 0, 0, zone), monday("m"), sunday)
	for _, first := range []string{"2027-03-22", "2026-10-12"} {
		day, _ := time.ParseInLocation(time.DateOnly, first, zone)
		got, err := tt.Agenda(t.Context(), day, 14, timetable.Filter{Classes: []string{"6A"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range got {
			if l.Start.Weekday() == time.Monday && (l.Start.Hour() != 8 || l.End.Sub(l.Start) != 55*time.Minute) {
				t.Errorf("%s: from %v to %v", first, l.Start, l.End)
			}
			if l.Start.Weekday() == time.Sunday {
				if l.Start.Hour() != 1 || l.End.Hour() != 4 {
					t.Errorf("%s: night from %v to %v", first, l.Start, l.End)
				}
			}
		}
	}
	// The last Sunday of March has 23 hours, and its lesson one hour less.
	day := time.Date(2027, 3, 28, 0, 0, 0, 0, zone)
	got, _ := tt.Agenda(t.Context(), day, 1, timetable.Filter{})
	if len(got) != 1 || got[0].End.Sub(got[0].Start) != 2*time.Hour {
		t.Fatalf("%+v", got)
	}
	if mondays, _ := tt.Agenda(t.Context(), day.AddDate(0, 0, 1), 1, timetable.Filter{}); len(mondays) != 0 {
		t.Fatal("a lesson on Easter Monday")
	}
	if mondays, _ := tt.Agenda(t.Context(), day.AddDate(0, 0, -6), 1, timetable.Filter{}); len(mondays) != 1 || mondays[0].Start.UTC().Hour() != 7 {
		t.Fatalf("%+v", mondays)
	}
}

func TestAgenda_AlternatesAndRestsInHolidays(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 8, 0, 0, 0, zone))
	a, b := monday("a"), monday("b")
	a.Alternance, b.Alternance, b.Subject = "SA", "SB", "Latin"
	week := timetable.Week{Slots: []timetable.Slot{a, b}, Alternances: []timetable.Alternance{{Code: "SA", Name: "Semaine A"}, {Code: "SB", Name: "Semaine B"}}}
	for i := range 40 {
		w := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*i)
		week.Alternances[i%2].Weeks = append(week.Alternances[i%2].Weeks, w)
	}
	if err := tt.ApplyWeek(t.Context(), "siecle", week); err != nil {
		t.Fatal(err)
	}
	got, err := tt.Agenda(t.Context(), c.now, 70, timetable.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var days []string
	for _, l := range got {
		days = append(days, l.Start.Format("01-02 ")+l.Subject)
	}
	want := []string{"09-07 Français", "09-14 Latin", "09-21 Français", "09-28 Latin", "10-05 Français", "10-12 Latin", "11-02 Français", "11-09 Latin"}
	if !slices.Equal(days, want) { // 10-19 and 10-26 are holidays
		t.Fatalf("%v", days)
	}
	week.Slots[0].Alternance = "SC"
	if err := tt.ApplyWeek(t.Context(), "siecle", week); preau.KindOf(err) != preau.Invalid {
		t.Fatalf("%v: a lesson in weeks that nobody lists", err)
	}
	c.now = time.Date(2026, 10, 19, 8, 0, 0, 0, zone)
	if l, err := tt.EnsureLesson(t.Context(), "fr", "6A"); err != nil || l.Planned {
		t.Fatalf("%+v, %v: a lesson nobody planned can always be started", l, err)
	}
}

func TestChange_CancelsAndSubstitutes(t *testing.T) {
	zone := france(t)
	other := monday("o")
	other.Class, other.Teacher, other.Room = "6B", "ma", "112"
	tt, c := school(t, time.Date(2026, 9, 7, 7, 30, 0, 0, zone), monday("m"), other)
	ctx := t.Context()
	day, _ := tt.Day(ctx, "fr", c.now)
	id := day[0].ID
	for what, change := range map[string]timetable.Change{
		timetable.ClashStaff: {Lesson: id, Teacher: "ma"}, timetable.ClashRoom: {Lesson: id, Teacher: "doc", Room: "112"},
	} {
		_, err := tt.Change(ctx, change)
		var clash timetable.Clashes
		if preau.KindOf(err) != preau.Conflict || !errors.As(err, &clash) || clash[0].What != what || clash[0].Lesson.Class != "6B" {
			t.Errorf("%s: %v", what, err)
		}
	}
	l, err := tt.Change(ctx, timetable.Change{Lesson: id, Teacher: "doc", Room: "CDI", Reason: "stage"})
	if err != nil || l.Teacher != "doc" || l.Replaces != "fr" || l.Room != "CDI" {
		t.Fatalf("%+v, %v", l, err)
	}
	if day, _ := tt.Day(ctx, "doc", c.now); len(day) != 1 || day[0].ID != id {
		t.Fatalf("the substitute sees %+v", day)
	}
	if day, _ := tt.Day(ctx, "fr", c.now); len(day) != 0 {
		t.Fatal("the absent teacher still has the lesson")
	}
	if started, err := tt.Start(ctx, id); err != nil || started.Teacher != "doc" || started.Replaces != "fr" {
		t.Fatalf("%+v, %v", started, err)
	}
	if _, err := tt.Change(ctx, timetable.Change{Lesson: id, Cancelled: true, Reason: "grève"}); err != nil {
		t.Fatal(err)
	}
	if day, _ := tt.ClassDay(ctx, "6A", c.now); len(day) != 0 {
		t.Fatal("cancelled and still there")
	}
	agenda, _ := tt.Agenda(ctx, c.now, 1, timetable.Filter{Teacher: "fr"})
	if len(agenda) != 1 || !agenda[0].Cancelled || agenda[0].Reason != "grève" {
		t.Fatalf("%+v", agenda)
	}
	if back, err := tt.Change(ctx, timetable.Change{Lesson: id}); err != nil || back.Teacher != "fr" || back.Cancelled {
		t.Fatalf("%+v, %v: taken back", back, err)
	}
	if day, _ := tt.Day(ctx, "fr", c.now); len(day) != 1 || day[0].Teacher != "fr" {
		t.Fatalf("%+v", day)
	}
	ten := time.Date(2026, 9, 7, 10, 0, 0, 0, zone)
	if l, err := tt.Change(ctx, timetable.Change{Lesson: id, Start: ten, End: ten.Add(time.Hour)}); err != nil || l.Start.Hour() != 10 {
		t.Fatalf("%+v, %v: moved within the day", l, err)
	}
	if day, _ := tt.Day(ctx, "fr", c.now); len(day) != 1 || day[0].Start.Hour() != 10 {
		t.Fatalf("%+v", day)
	}
	if _, err := tt.Change(ctx, timetable.Change{Lesson: id, Start: ten.AddDate(0, 0, 1), End: ten.AddDate(0, 0, 1).Add(time.Hour)}); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
		t.Fatalf("%v: a lesson of two days", err)
	}
	if _, err := tt.Change(ctx, timetable.Change{Lesson: preau.NewID(), Cancelled: true}); preau.KindOf(err) != preau.NotFound {
		t.Fatal(err)
	}
}

func TestChange_ClassClashesWithItsGroups(t *testing.T) {
	zone := france(t)
	group := monday("g")
	group.Class, group.Teacher, group.Room, group.From = "6A-LV", "en", "105", 9*60
	tt, c := school(t, time.Date(2026, 9, 7, 7, 30, 0, 0, zone), monday("m"), group)
	tt.Kin(func(_ context.Context, class string) ([]string, error) {
		return map[string][]string{"6A": {"6A-LV"}, "6A-LV": {"6A"}}[class], nil
	})
	day, _ := tt.Day(t.Context(), "fr", c.now)
	nine := time.Date(2026, 9, 7, 9, 30, 0, 0, zone)
	_, err := tt.Change(t.Context(), timetable.Change{Lesson: day[0].ID, Start: nine, End: nine.Add(time.Hour)})
	var clash timetable.Clashes
	if !errors.As(err, &clash) || clash[0].What != timetable.ClashClass || clash[0].Name != "6A-LV" {
		t.Fatalf("%v", err)
	}
}

func TestTake_SecondTimeChangesNothing(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 7, 30, 0, 0, zone))
	weeks := []time.Time{time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)}
	table := &source.Timetable{Source: "edt", Alternances: []source.Alternance{{Code: "A", Name: "Semaine A", Weeks: weeks}},
		Slots: []source.Slot{{Day: 1, Start: 480, Minutes: 55, Class: "6A", Subject: "020700", Teachers: []string{"t2", "t1"}, Room: "204", Alternance: "A"},
			{Day: 1, Start: 540, Minutes: 55, Class: "nobody", Subject: "020700", Teachers: []string{"t1"}}}}
	if got := take(t, tt, c, table); got != (source.TimetableChange{Added: 1, Unknown: 1}) {
		t.Fatalf("%+v", got)
	}
	if got := take(t, tt, c, table); !got.Empty() {
		t.Fatalf("%+v", got)
	}
	day, _ := tt.Day(t.Context(), "pid-t2", c.now)
	if len(day) != 1 || day[0].Subject != "matière 020700" || len(day[0].Others) != 1 {
		t.Fatalf("%+v", day)
	}
	table.Alternances[0].Weeks = append(weeks, weeks[0].AddDate(0, 0, 14))
	if got := take(t, tt, c, table); got != (source.TimetableChange{Changed: 1, Unknown: 1}) {
		t.Fatalf("a week more: %+v", got)
	}
	table.Slots[0].Room = "205"
	if got := take(t, tt, c, table); got != (source.TimetableChange{Changed: 1, Unknown: 1}) {
		t.Fatalf("%+v", got)
	}
	start := time.Date(2026, 9, 8, 8, 0, 0, 0, zone)
	events := &source.Timetable{Source: "ical", Events: []source.Event{{UID: "u", Recurrence: "1", Start: start, End: start.Add(time.Hour), Class: "6A", Teachers: []string{"t1"}, Name: "Sortie"},
		{UID: "u", Recurrence: "2", Start: start.AddDate(0, 0, 7), End: start.AddDate(0, 0, 7).Add(time.Hour), Class: "6A", Teachers: []string{"t1"}, Name: "Sortie"}}}
	if got := take(t, tt, c, events); got.Added != 2 {
		t.Fatalf("%+v", got)
	}
	if got := take(t, tt, c, events); !got.Empty() {
		t.Fatalf("%+v", got)
	}
	events.Events[1].Cancelled = true
	if got := take(t, tt, c, events); got.Changed != 1 {
		t.Fatalf("%+v", got)
	}
	c.now = start.AddDate(0, 0, 1)
	events.Events = events.Events[1:] // the first one is past: nobody takes it away
	if got := take(t, tt, c, events); !got.Empty() {
		t.Fatalf("%+v", got)
	}
	if day, _ := tt.ClassDay(t.Context(), "c-6A", start); len(day) != 1 || day[0].Subject != "Sortie" {
		t.Fatalf("%+v", day)
	}
}
