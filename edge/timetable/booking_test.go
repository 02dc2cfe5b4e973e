package timetable_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/roster/source"
	"preau/edge/timetable"
	"preau/internal/sqlite"
)

// take runs Take in a transaction of its own, as an import does.
func take(t *testing.T, tt *timetable.Timetable, c *clock, table *source.Timetable) (change source.TimetableChange) {
	t.Helper()
	names := timetable.Names{
		Person:  func(k string) string { return "pid-" + k },
		Class:   func(k string) string { return strings.TrimSuffix("c-"+k, "c-nobody") },
		Subject: func(k string) string { return "matière " + k },
	}
	err := timetable.WriteFor(t.Context(), tt, func(tx *sqlite.Tx) (err error) {
		change, err = tt.Take(tx, table, names)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func TestBook_RefusesWhatIsTaken(t *testing.T) {
	zone := france(t)
	tt, _ := school(t, time.Date(2026, 9, 7, 7, 0, 0, 0, zone), monday("m"))
	ctx := t.Context()
	for _, r := range []timetable.Resource{{Name: "Salle informatique", Kind: "room"}, {Name: "Chariot 2", Kind: "equipment"}} {
		if err := tt.AddResource(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := tt.Resources(ctx); err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	at := func(hour, minutes int) time.Time { return time.Date(2026, 9, 7, hour, minutes, 0, 0, zone) }
	first, err := tt.Book(ctx, timetable.Booking{Resources: []string{"salle Informatique", "Chariot 2"}, Teacher: "ma", Class: "6B", Purpose: "tableur", Start: at(10, 0), End: at(11, 0)})
	if err != nil || first.Resources[0] != "Salle informatique" {
		t.Fatalf("%+v, %v", first, err)
	}
	for name, c := range map[string]struct {
		b    timetable.Booking
		what string
	}{
		"booked room":       {timetable.Booking{Resources: []string{"Salle informatique"}, Teacher: "fr", Start: at(10, 30), End: at(11, 30)}, timetable.ClashRoom},
		"booked trolley":    {timetable.Booking{Resources: []string{"Chariot 2"}, Teacher: "fr", Start: at(9, 30), End: at(10, 1)}, timetable.ClashEquipment},
		"one's own trolley": {timetable.Booking{Resources: []string{"Chariot 2"}, Teacher: "ma", Class: "6B", Start: at(10, 0), End: at(11, 0)}, timetable.ClashEquipment},
		"room of a lesson":  {timetable.Booking{Resources: []string{"204"}, Teacher: "ma", Class: "6B", Start: at(8, 30), End: at(9, 0)}, timetable.ClashRoom},
	} {
		_, err := tt.Book(ctx, c.b)
		var clash timetable.Clashes
		if preau.KindOf(err) != preau.Conflict || preau.RemedyOf(err) == "" || !errors.As(err, &clash) || clash[0].What != c.what {
			t.Errorf("%s: %v", name, err)
		}
		if clash != nil && clash[0].Booked.Teacher+clash[0].Lesson.Teacher == "" {
			t.Errorf("%s: nobody has it: %+v", name, clash[0])
		}
	}
	if _, err := tt.Book(ctx, timetable.Booking{Resources: []string{"Salle informatique"}, Teacher: "fr", Start: at(11, 0), End: at(12, 0)}); err != nil {
		t.Fatalf("the hour after: %v", err)
	}
	if _, err := tt.Book(ctx, timetable.Booking{Resources: []string{"Piscine"}, Teacher: "fr", Start: at(14, 0), End: at(15, 0)}); preau.KindOf(err) != preau.NotFound {
		t.Fatal(err)
	}
	if err := tt.Unbook(ctx, first.ID, "fr"); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("cancelled by a stranger: %v", err)
	}
	if err := tt.Unbook(ctx, first.ID, "ma"); err != nil {
		t.Fatal(err)
	}
	if _, err := tt.Book(ctx, timetable.Booking{Resources: []string{"Chariot 2"}, Teacher: "fr", Start: at(10, 0), End: at(11, 0)}); err != nil {
		t.Fatalf("freed and still taken: %v", err)
	}
	if all, _ := tt.Bookings(ctx, at(0, 0), 1); len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	day, _ := tt.Day(ctx, "fr", at(8, 0))
	if _, err := tt.Change(ctx, timetable.Change{Lesson: day[0].ID, Room: "Chariot 2", Start: at(10, 0), End: at(11, 0)}); preau.KindOf(err) != preau.Conflict {
		t.Error("moved onto a booked thing")
	}
}

func TestBook_OfTwentyAtOnceOneWins(t *testing.T) {
	zone := france(t)
	tt, _ := school(t, time.Date(2026, 9, 7, 7, 0, 0, 0, zone), monday("m"))
	start := time.Date(2026, 9, 8, 10, 0, 0, 0, zone)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		wg.Go(func() {
			_, err := tt.Book(t.Context(), timetable.Booking{Resources: []string{"204"}, Teacher: "fr", Start: start, End: start.Add(time.Hour)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if preau.KindOf(err) != preau.Conflict {
				t.Error(err)
			}
		})
	}
	if wg.Wait(); won != 1 {
		t.Fatalf("%d won", won)
	}
}

func TestWrite_KeepsEveryVersion(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 9, 0, 0, 0, zone), monday("m"))
	ctx := t.Context()
	day, _ := tt.Day(ctx, "fr", c.now)
	e := timetable.Entry{Lesson: day[0].ID, Content: "Le conte", Work: "Lire p. 12", Due: "2026-09-14", By: "fr"}
	draft, err := tt.Write(ctx, e, 0)
	if err != nil || draft.Version != 1 || draft.Class != "6A" || draft.Day != "2026-09-07" {
		t.Fatalf("%+v, %v", draft, err)
	}
	if work, _ := tt.Work(ctx, []string{"6A"}, c.now); len(work) != 0 {
		t.Fatal("a pupil sees a draft")
	}
	e.Published = true
	if _, err := tt.Write(ctx, e, 0); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("written over a version nobody saw: %v", err)
	}
	if got, err := tt.Write(ctx, e, 1); err != nil || got.Version != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if again, err := tt.Write(ctx, e, 1); err != nil || again.Version != 2 {
		t.Fatalf("%+v, %v: the same form sent twice", again, err)
	}
	if work, _ := tt.Work(ctx, []string{"6B", "6A"}, c.now); len(work) != 1 || work[0].Work != "Lire p. 12" {
		t.Fatalf("%+v", work)
	}
	if work, _ := tt.Work(ctx, []string{"6A"}, c.now.AddDate(0, 0, 8)); len(work) != 0 {
		t.Fatal("work that was due last week")
	}
	if all, _ := tt.History(ctx, day[0].ID); len(all) != 2 || all[0].Version != 2 || all[1].Published {
		t.Fatalf("%+v", all)
	}
	if got, _ := tt.Cahier(ctx, "6A", c.now.AddDate(0, 0, -7), c.now, false); len(got) != 1 || got[0].Content != "Le conte" {
		t.Fatalf("%+v", got)
	}
	// Two weeks later the lesson is still found, started or not.
	c.now = c.now.AddDate(0, 0, 21)
	last, _ := tt.Day(ctx, "fr", c.now.AddDate(0, 0, -14))
	if _, err := tt.Write(ctx, timetable.Entry{Lesson: last[0].ID, Content: "rattrapé", By: "fr"}, 0); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]timetable.Entry{
		"nothing": {Lesson: day[0].ID}, "no day": {Lesson: day[0].ID, Work: "x"}, "before": {Lesson: day[0].ID, Work: "x", Due: "2026-09-01"},
		"long": {Lesson: day[0].ID, Content: strings.Repeat("x", 9000)}, "unknown": {Lesson: preau.NewID(), Content: "x"},
	} {
		if _, err := tt.Write(ctx, bad, 0); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSay_AStatementForEachAct: the journal hears of what is written, changed
// and booked, and not of drafts, reasons or who is absent.
func TestSay_AStatementForEachAct(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 7, 0, 0, 0, zone), monday("m"))
	var said []string
	tt.Record(func(_ *sqlite.Tx, sts ...*preau.Statement) error {
		st := sts[0]
		said = append(said, st.Actor+" "+st.Verb[strings.LastIndex(st.Verb, "/")+1:]+" "+st.ObjectKind)
		if strings.Contains(string(st.Context), "secret") {
			t.Errorf("%s", st.Context)
		}
		return nil
	})
	day, _ := tt.Day(t.Context(), "fr", c.now)
	id := day[0].ID
	do := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := tt.Write(t.Context(), timetable.Entry{Lesson: id, Content: "secret draft", By: "fr"}, 0)
	do(err)
	_, err = tt.Write(t.Context(), timetable.Entry{Lesson: id, Content: "Le conte", Published: true, By: "fr"}, 1)
	do(err)
	_, err = tt.Change(t.Context(), timetable.Change{Lesson: id, Cancelled: true, Reason: "secret", By: "dir"})
	do(err)
	b, err := tt.Book(t.Context(), timetable.Booking{Resources: []string{"204"}, Teacher: "fr", Purpose: "secret", By: "fr", Start: c.now.Add(9 * time.Hour), End: c.now.Add(10 * time.Hour)})
	do(err)
	do(tt.Unbook(t.Context(), b.ID, "fr"))
	if want := "fr save lesson,fr shared lesson,dir withdrawn lesson,fr save booking,fr withdrawn booking"; strings.Join(said, ",") != want {
		t.Fatalf("%v", said)
	}
}

func TestPurge_TakesOnlyWhatIsOld(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 7, 0, 0, 0, zone), monday("m"))
	ctx := t.Context()
	day, _ := tt.Day(ctx, "fr", c.now)
	if _, err := tt.Write(ctx, timetable.Entry{Lesson: day[0].ID, Content: "x", By: "fr"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := tt.Book(ctx, timetable.Booking{Resources: []string{"204"}, Teacher: "fr", Start: c.now.Add(9 * time.Hour), End: c.now.Add(10 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := tt.Change(ctx, timetable.Change{Lesson: day[0].ID, Cancelled: true}); err != nil {
		t.Fatal(err)
	}
	if n, err := tt.Purge(ctx, c.now, c.now); err != nil || n != 0 {
		t.Fatalf("%d gone, %v: nothing is old yet", n, err)
	}
	later := c.now.AddDate(1, 0, 0)
	if n, err := tt.Purge(ctx, later, c.now); err != nil || n != 2 {
		t.Fatalf("%d gone, %v: want the booking and the change", n, err)
	}
	if e, _ := tt.Entry(ctx, day[0].ID); e.Version != 1 {
		t.Fatal("the cahier went too early")
	}
	if n, err := tt.Purge(ctx, later, later); err != nil || n != 1 {
		t.Fatalf("%d gone, %v", n, err)
	}
}
