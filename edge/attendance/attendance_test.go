package attendance_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }
func (c *clock) add(d time.Duration)     { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type school struct {
	*attendance.Attendance
	journal *journal.Journal
	clock   *clock
	lesson  preau.ID
}

var paris = time.FixedZone("CEST", 2*3600)

func open(t *testing.T) *school {
	t.Helper()
	s := &school{clock: &clock{t: time.Date(2026, 9, 14, 8, 5, 0, 0, paris)}, lesson: preau.NewID()}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), s.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.journal, err = journal.Open(t.Context(), db, s.clock); err != nil {
		t.Fatal(err)
	}
	pupils := func(_ context.Context, class string) (pids []string, _ error) {
		for i := range 30 {
			pids = append(pids, fmt.Sprintf("%s-%02d", class, i))
		}
		return pids, nil
	}
	if s.Attendance, err = attendance.Open(t.Context(), db, s.journal, pupils, paris); err != nil {
		t.Fatal(err)
	}
	return s
}

type marks = map[string]attendance.Mark

func (s *school) roll(m marks) attendance.Register {
	return attendance.Register{ID: preau.NewID(), Lesson: s.lesson, Class: "6a", Teacher: "claire", Start: s.clock.Now().Add(-5 * time.Minute), At: s.clock.Now(), Marks: m}
}

func (s *school) take(t *testing.T, r attendance.Register) attendance.Taken {
	t.Helper()
	taken, err := s.Take(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// facts reads the attendance stream as "verb actor" lines, in order, and
// leaves out what was voided and the voiding itself.
func (s *school) facts(t *testing.T) (standing []string, all int) {
	t.Helper()
	sts, err := s.journal.Range(t.Context(), preau.StreamAttendance, s.journal.Epoch(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	voided := map[preau.ID]bool{}
	for _, st := range sts {
		voided[st.Voids] = true
	}
	for _, st := range sts {
		if st.Verb == journal.VerbVoided {
			if st.Voids.IsZero() || st.Object != st.Voids.String() {
				t.Errorf("voiding statement %+v names nothing", st)
			}
		} else if !voided[st.ID] {
			standing = append(standing, st.Verb[strings.LastIndex(st.Verb, "/")+1:]+" "+st.Actor)
		}
	}
	return standing, len(sts)
}

func (s *school) want(t *testing.T, all int, standing ...string) {
	t.Helper()
	got, n := s.facts(t)
	if fmt.Sprint(got) != fmt.Sprint(standing) || n != all {
		t.Fatalf("%d statements, standing %q; want %d, %q", n, got, all, standing)
	}
}

func TestTake_EmptyRollIsRecorded(t *testing.T) {
	s := open(t)
	taken := s.take(t, s.roll(nil))
	if taken.Expected != 30 || taken.Present != 30 {
		t.Fatalf("%+v", taken.Counts)
	}
	s.want(t, 1, "register-closed claire")
	st, err := s.journal.ByID(t.Context(), taken.ID)
	if err != nil || string(st.Result) != `{"expected":30,"present":30,"absent":0,"late":0,"left":0,"other":0}` {
		t.Fatalf("%s, %v", st.Result, err)
	}
}

func TestTake_TwiceCountsOnce(t *testing.T) {
	s := open(t)
	r := s.roll(marks{"6a-03": {State: "absent"}, "6a-07": {State: "late", Minutes: 10}, "6a-08": {State: "present"}})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := s.Take(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.clock.add(time.Hour)
	if taken := s.take(t, r); taken.Absent != 1 || taken.Late != 1 || taken.Present != 29 {
		t.Fatalf("%+v", taken.Counts)
	}
	s.want(t, 3, "register-closed claire", "absent 6a-03", "late 6a-07")
	r.Marks = marks{"6a-09": {State: "absent"}}
	if _, err := s.Take(t.Context(), r); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("an id used again: %v", err)
	}
}

func TestTake_CorrectionVoidsOnlyWhatChanged(t *testing.T) {
	s := open(t)
	first := s.take(t, s.roll(marks{"6a-01": {State: "absent"}, "6a-02": {State: "absent"}, "6a-03": {State: "infirmary"}}))
	s.want(t, 4, "register-closed claire", "absent 6a-01", "absent 6a-02", "infirmary 6a-03")
	s.clock.add(20 * time.Minute)
	second := s.roll(marks{"6a-01": {State: "late", Minutes: 20}, "6a-02": {State: "absent"}, "6a-03": {State: "infirmary"}})
	second.Replaces = first.ID
	s.take(t, second)
	s.want(t, 4+4, "absent 6a-02", "infirmary 6a-03", "register-closed claire", "late 6a-01")
	third := s.roll(nil)
	third.Replaces = second.ID
	s.take(t, third)
	s.want(t, 8+5, "register-closed claire")
	if _, err := s.Take(t.Context(), second); err != nil {
		t.Fatalf("a correction sent again: %v", err)
	}
	current, _, ok, err := s.Of(t.Context(), s.lesson)
	if err != nil || !ok || current.ID != third.ID || current.Absent != 0 {
		t.Fatalf("%+v %v %v", current, ok, err)
	}
}

func TestTake_TwoPeopleDisagreeAndNothingIsLost(t *testing.T) {
	s := open(t)
	hers := s.take(t, s.roll(marks{"6a-01": {State: "absent"}}))
	agreeing := s.roll(marks{"6a-01": {State: "absent"}})
	agreeing.Teacher = "idriss"
	if taken := s.take(t, agreeing); taken.ID != hers.ID {
		t.Fatalf("a second roll that agrees became %v", taken.ID)
	}
	his := s.roll(marks{"6a-02": {State: "absent"}})
	his.Teacher = "idriss"
	for range 2 { // sent twice
		_, err := s.Take(t.Context(), his)
		clash, ok := errors.AsType[*attendance.ClashError](err)
		if preau.KindOf(err) != preau.Conflict || !ok || clash.Theirs.ID != hers.ID || clash.Yours.ID != his.ID || clash.Yours.Marks["6a-02"].State != "absent" {
			t.Fatalf("%v: want both rolls", err)
		}
	}
	s.want(t, 2, "register-closed claire", "absent 6a-01")
	current, clashes, ok, err := s.Of(t.Context(), s.lesson)
	if err != nil || !ok || current.ID != hers.ID || len(clashes) != 1 || clashes[0].Teacher != "idriss" {
		t.Fatalf("%v %v %v %v", current.ID, clashes, ok, err)
	}
	s.clock.add(time.Minute)
	decided := s.roll(marks{"6a-01": {State: "absent"}, "6a-02": {State: "absent"}})
	decided.Replaces = hers.ID
	s.take(t, decided)
	s.want(t, 5, "absent 6a-01", "register-closed claire", "absent 6a-02")
	if _, clashes, _, _ := s.Of(t.Context(), s.lesson); len(clashes) != 0 {
		t.Fatalf("still %d clashes", len(clashes))
	}
}

func TestReopen_LeavesThePlaceToTheOtherRoll(t *testing.T) {
	s := open(t)
	hers := s.take(t, s.roll(marks{"6a-01": {State: "absent"}}))
	his := s.roll(marks{"6a-02": {State: "absent"}})
	his.Teacher = "idriss"
	if _, err := s.Take(t.Context(), his); preau.KindOf(err) != preau.Conflict {
		t.Fatal(err)
	}
	if _, err := s.Reopen(t.Context(), hers.ID, "claire"); err != nil {
		t.Fatal(err)
	}
	s.take(t, his)
	s.want(t, 6, "register-closed idriss", "absent 6a-02")
	corrected := s.roll(nil)
	corrected.Replaces = his.ID
	s.take(t, corrected)
	s.want(t, 9, "register-closed claire")
}

func TestTake_ACorrectionMayComeFirstOrFollowAConfirmation(t *testing.T) {
	s := open(t)
	first := s.roll(marks{"6a-01": {State: "absent"}})
	correction := s.roll(marks{"6a-02": {State: "absent"}})
	correction.Replaces = first.ID
	s.take(t, correction)
	if taken := s.take(t, first); taken.ID != correction.ID {
		t.Fatalf("the roll that was overtaken counts: %v", taken.ID)
	}
	s.want(t, 2, "register-closed claire", "absent 6a-02")
	confirms := s.roll(marks{"6a-02": {State: "absent"}})
	confirms.Teacher = "idriss"
	s.take(t, confirms)
	his := s.roll(nil)
	his.Teacher, his.Replaces = "idriss", confirms.ID
	s.take(t, his)
	s.want(t, 5, "register-closed idriss")
}

func TestReopen_WithinAMinuteByItsAuthor(t *testing.T) {
	s := open(t)
	taken := s.take(t, s.roll(marks{"6a-01": {State: "absent"}}))
	if _, err := s.Reopen(t.Context(), taken.ID, "idriss"); preau.KindOf(err) != preau.Forbidden {
		t.Fatalf("by somebody else: %v", err)
	}
	s.clock.add(9 * time.Second)
	for range 2 { // tapped twice
		if got, err := s.Reopen(t.Context(), taken.ID, "claire"); err != nil || len(got.Marks) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	s.want(t, 4)
	if _, _, ok, _ := s.Of(t.Context(), s.lesson); ok {
		t.Fatal("the lesson still has a roll")
	}
	again := s.take(t, s.roll(nil))
	s.want(t, 5, "register-closed claire")
	s.clock.add(2 * time.Minute)
	if _, err := s.Reopen(t.Context(), again.ID, "claire"); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("too late: %v", err)
	}
	if _, err := s.Reopen(t.Context(), preau.NewID(), "claire"); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("unknown: %v", err)
	}
}

func TestTake_RefusesWhatIsNoRoll(t *testing.T) {
	s := open(t)
	for name, spoil := range map[string]func(*attendance.Register){
		"somebody of another class": func(r *attendance.Register) { r.Marks = marks{"5b-01": {State: "absent"}} },
		"unknown state":             func(r *attendance.Register) { r.Marks = marks{"6a-01": {State: "asleep"}} },
		"endless":                   func(r *attendance.Register) { r.Marks = marks{"6a-01": {State: "late", Minutes: 100000}} },
		"no id":                     func(r *attendance.Register) { r.ID = preau.ID{} },
		"no time":                   func(r *attendance.Register) { r.At = time.Time{} },
		"last year":                 func(r *attendance.Register) { r.At = r.At.AddDate(-1, 0, 0) },
	} {
		r := s.roll(nil)
		spoil(&r)
		if _, err := s.Take(t.Context(), r); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, preau.RemedyOf(err))
		}
	}
	s.want(t, 0)
	fast := s.roll(nil)
	fast.At = fast.At.Add(3 * time.Hour)
	if taken := s.take(t, fast); !taken.At.Equal(s.clock.Now()) {
		t.Fatalf("a tablet of the future dated the roll %v", taken.At)
	}
}

func TestHalfDays_CountOnceAHalfDay(t *testing.T) {
	s := open(t)
	roll := func(hour int, m marks) {
		t.Helper()
		s.lesson = preau.NewID()
		r := s.roll(m)
		day := s.clock.Now().In(paris)
		r.Start = time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, paris)
		s.take(t, r)
	}
	out := marks{"6a-01": {State: "absent"}, "6a-02": {State: "late"}}
	roll(8, out)
	roll(9, out)
	roll(14, out)
	s.clock.add(24 * time.Hour)
	roll(10, nil)
	roll(15, out)
	from := s.clock.Now().AddDate(0, 0, -7)
	missed, err := s.HalfDays(t.Context(), "6a-01", from, s.clock.Now().AddDate(0, 0, 1))
	if err != nil || len(missed) != 3 || missed[0].Lessons != 2 || missed[0].Afternoon || !missed[1].Afternoon || !missed[2].Afternoon {
		t.Fatalf("%+v, %v", missed, err)
	}
	if late, _ := s.HalfDays(t.Context(), "6a-02", from, s.clock.Now()); len(late) != 0 {
		t.Fatalf("late counted as absent: %+v", late)
	}
	if day, err := s.Day(t.Context(), s.clock.Now()); err != nil || len(day) != 2 || day[1].Absent != 1 {
		t.Fatalf("%+v, %v", day, err)
	}
}
