package timetable_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/timetable"
	"preau/internal/sqlite"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }

func open(t testing.TB, now time.Time) (*timetable.Timetable, *clock) {
	t.Helper()
	c := &clock{now}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tt, err := timetable.Open(t.Context(), db, now.Location())
	if err != nil {
		t.Fatal(err)
	}
	if err := tt.Apply(t.Context(), "demo", timetable.DemoWeek("a", "b", "fr", "ma")); err != nil {
		t.Fatal(err)
	}
	return tt, c
}

// paris is two hours ahead, without needing the zone database.
var paris = time.FixedZone("CEST", 2*3600)

func TestDay_ListsPlannedAndStartedOnce(t *testing.T) {
	tt, c := open(t, time.Date(2026, 9, 14, 8, 5, 0, 0, paris))
	day, err := tt.Day(t.Context(), "fr", c.now)
	if err != nil || len(day) != 8 || day[0].Subject != "Français" || day[0].Room != "204" || day[0].Class != "a" {
		t.Fatalf("%d lessons, %+v, %v", len(day), day[0], err)
	}
	if want := time.Date(2026, 9, 14, 8, 0, 0, 0, paris); !day[0].Start.Equal(want) {
		t.Fatalf("starts %v, want %v", day[0].Start, want)
	}
	got, err := tt.EnsureLesson(t.Context(), "fr", "a")
	if err != nil || got.ID != day[0].ID || !got.Planned {
		t.Fatalf("%+v, %v: want the lesson under way", got, err)
	}
	if again, _ := tt.Day(t.Context(), "fr", c.now); len(again) != 8 || again[0].ID != day[0].ID {
		t.Fatalf("%d lessons after one started", len(again))
	}
	if all, _ := tt.All(t.Context(), c.now); len(all) != 16 {
		t.Fatalf("%d lessons in the school", len(all))
	}
}

func TestEnsureLesson_OutOfTimetableIsOneHoweverManyTap(t *testing.T) {
	tt, c := open(t, time.Date(2026, 9, 14, 20, 30, 40, 0, paris))
	ids := make([]preau.ID, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			l, err := tt.EnsureLesson(t.Context(), "fr", "b")
			if err != nil || l.Planned {
				t.Errorf("%+v, %v", l, err)
			}
			ids[i] = l.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatal("two lessons for one class and one hour")
		}
	}
	if day, _ := tt.ClassDay(t.Context(), "b", c.now); len(day) != 9 { // 8 planned, 1 not
		t.Fatalf("%d lessons", len(day))
	}
	if l, err := tt.Lesson(t.Context(), ids[0]); err != nil || l.Class != "b" {
		t.Fatalf("%+v, %v", l, err)
	}
}

func TestEnsureLesson_AMinuteBeforeTheBellIsTheNextLesson(t *testing.T) {
	tt, c := open(t, time.Date(2026, 9, 14, 8, 56, 0, 0, paris))
	l, err := tt.EnsureLesson(t.Context(), "fr", "b")
	if err != nil || !l.Planned || l.Start.Hour() != c.now.Add(10*time.Minute).Hour() {
		t.Fatalf("%+v, %v", l, err)
	}
}

func TestLesson_UnknownAndYesterday(t *testing.T) {
	tt, c := open(t, time.Date(2026, 9, 14, 17, 0, 0, 0, paris))
	if _, err := tt.Lesson(t.Context(), preau.NewID()); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("%v, want not found", err)
	}
	day, _ := tt.Day(t.Context(), "ma", c.now)
	c.now = c.now.Add(10 * time.Hour)
	if l, err := tt.Start(t.Context(), day[7].ID); err != nil || l.ID != day[7].ID {
		t.Fatalf("%+v, %v: a roll that arrives after midnight needs its lesson", l, err)
	}
	if _, err := tt.Start(t.Context(), preau.NewID()); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("%v, want not found", err)
	}
}

func TestApply_RefusesWhatIsNoLesson(t *testing.T) {
	tt, _ := open(t, time.Now())
	for name, s := range map[string]timetable.Slot{
		"no class": {Key: "k", Teacher: "t", Minutes: 55},
		"too long": {Key: "k", Class: "c", Teacher: "t", From: 23 * 60, Minutes: 120},
		"no day":   {Key: "k", Class: "c", Teacher: "t", Weekday: 7, Minutes: 55},
	} {
		if err := tt.Apply(t.Context(), "x", []timetable.Slot{s}); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
