package attendance_test

import (
	"context"
	"testing"
	"time"

	"preau"
	"preau/edge/attendance"
)

// missing takes the roll of lessons of pupil 3 on days of September, absent
// morning and afternoon.
func (s *school) missing(t *testing.T, days ...int) {
	t.Helper()
	for _, day := range days {
		for _, hour := range []int{8, 9, 14} {
			start := time.Date(2026, 9, day, hour, 0, 0, 0, paris)
			s.take(t, attendance.Register{ID: preau.NewID(), Lesson: preau.NewID(), Class: "6a", Teacher: "claire", Start: start, At: s.clock.Now(),
				Marks: marks{"6a-03": {State: attendance.Absent}, "6a-04": {State: attendance.Late, Minutes: 5}}})
		}
	}
}

var september = [2]time.Time{time.Date(2026, 9, 1, 0, 0, 0, 0, paris), time.Date(2026, 10, 1, 0, 0, 0, 0, paris)}

// TestAlerts_FourThenTen: the thresholds count half-days of the month without
// a reason that counts.
func TestAlerts_FourThenTen(t *testing.T) {
	s := open(t)
	pids := []string{"6a-03", "6a-04"}
	alerts := func() []attendance.Alert {
		t.Helper()
		found, err := s.Alerts(t.Context(), pids, s.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	s.missing(t, 7)
	if got := alerts(); len(got) != 0 {
		t.Fatalf("two half-days: %v", got)
	}
	s.missing(t, 8)
	if got := alerts(); len(got) != 1 || got[0] != (attendance.Alert{Person: "6a-03", HalfDays: 4, Level: attendance.FirstAlert}) {
		t.Fatalf("four half-days: %v", got)
	}
	if err := s.Justify(t.Context(), "cpe", "6a-03", attendance.Half{Day: "2026-09-08"}, "maladie"); err != nil {
		t.Fatal(err)
	}
	if got := alerts(); len(got) != 0 {
		t.Fatalf("three without a reason: %v", got)
	}
	if err := s.Justify(t.Context(), "cpe", "6a-03", attendance.Half{Day: "2026-09-08"}, "convenance"); err != nil {
		t.Fatal(err)
	}
	if got := alerts(); len(got) != 1 {
		t.Fatalf("a reason that does not count: %v", got)
	}
	s.missing(t, 9, 10, 11)
	if got := alerts(); len(got) != 1 || got[0].Level != attendance.SecondAlert || got[0].HalfDays != 10 {
		t.Fatalf("ten half-days: %v", got)
	}
	if missed, err := s.Missed(t.Context(), "6a-04", september[0], september[1]); err != nil || len(missed) != 0 {
		t.Errorf("being late is counted as absence: %v, %v", missed, err)
	}
}

// TestJustify_ApartFromTheRoll: a reason edits no register; another one voids
// the first.
func TestJustify_ApartFromTheRoll(t *testing.T) {
	s := open(t)
	s.missing(t, 7)
	before, _ := s.facts(t)
	for _, reason := range []string{"sans-motif", "transport", "transport"} {
		if err := s.Justify(t.Context(), "cpe", "6a-03", attendance.Half{Day: "2026-09-07", Afternoon: true}, reason); err != nil {
			t.Fatal(err)
		}
	}
	after, all := s.facts(t)
	if len(after) != len(before)+1 {
		t.Errorf("%d facts stand after three reasons, want one more than %d (of %d)", len(after), len(before), all)
	}
	missed, err := s.Missed(t.Context(), "6a-03", september[0], september[1])
	if err != nil || len(missed) != 2 || missed[0].Reason != "" || missed[0].Lessons != 2 || missed[1].Reason != "transport" || !missed[1].Legitimate() {
		t.Errorf("%+v, %v", missed, err)
	}
	for _, bad := range []struct {
		half   attendance.Half
		reason string
	}{{attendance.Half{Day: "2026-09-07"}, "grippe"}, {attendance.Half{Day: "lundi"}, "maladie"}} {
		if err := s.Justify(t.Context(), "cpe", "6a-03", bad.half, bad.reason); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestNotices_QueuedAtOnceAndTakenBack: an absence is signalled, once, to the
// first responsible person; coming late takes it back.
func TestNotices_QueuedAtOnceAndTakenBack(t *testing.T) {
	s := open(t)
	s.Guardians(func(_ context.Context, pid string) ([]string, error) {
		if pid == "6a-05" {
			return nil, nil // nobody to tell
		}
		return []string{"parent-of-" + pid, "other"}, nil
	})
	version := s.Version()
	first := s.take(t, s.roll(marks{"6a-03": {State: attendance.Absent}, "6a-05": {State: attendance.Absent}, "6a-06": {State: attendance.Late}}))
	if s.Version() == version {
		t.Error("the page of the day is not told")
	}
	s.take(t, first.Register) // sent again
	notices, err := s.Notices(t.Context(), s.clock.Now())
	if err != nil || len(notices) != 1 || notices[0].Guardian != "parent-of-6a-03" || notices[0].TakenBack {
		t.Fatalf("%+v, %v", notices, err)
	}
	late := s.roll(marks{"6a-03": {State: attendance.Late, Minutes: 20}, "6a-05": {State: attendance.Absent}, "6a-06": {State: attendance.Late}})
	late.Replaces = first.ID
	s.take(t, late)
	if notices, err = s.Notices(t.Context(), s.clock.Now()); err != nil || len(notices) != 1 || !notices[0].TakenBack {
		t.Errorf("%+v, %v", notices, err)
	}
}

// TestSettle_OneTapKeepsBoth: a clash is shown until somebody decides.
func TestSettle_OneTapKeepsBoth(t *testing.T) {
	s := open(t)
	s.take(t, s.roll(marks{"6a-03": {State: attendance.Absent}}))
	s.clock.add(time.Minute)
	other := s.roll(marks{"6a-04": {State: attendance.Absent}})
	other.Teacher = "bruno"
	if _, err := s.Take(t.Context(), other); preau.KindOf(err) != preau.Conflict {
		t.Fatal(err)
	}
	clashes, err := s.Clashes(t.Context(), s.clock.Now().Add(-time.Hour))
	if err != nil || len(clashes) != 1 || clashes[0].Other.Teacher != "bruno" || clashes[0].Current.Teacher != "claire" {
		t.Fatalf("%+v, %v", clashes, err)
	}
	s.clock.add(time.Minute)
	settled, err := s.Settle(t.Context(), other.ID, preau.NewID(), "cpe", s.clock.Now())
	if err != nil || settled.Marks["6a-04"].State != attendance.Absent || len(settled.Marks) != 1 {
		t.Fatalf("%+v, %v", settled, err)
	}
	if clashes, err = s.Clashes(t.Context(), s.clock.Now().Add(-time.Hour)); err != nil || len(clashes) != 0 {
		t.Errorf("still a clash: %+v, %v", clashes, err)
	}
	if _, err := s.Settle(t.Context(), preau.NewID(), preau.NewID(), "cpe", s.clock.Now()); preau.KindOf(err) != preau.NotFound {
		t.Errorf("settled nothing: %v", err)
	}
}
