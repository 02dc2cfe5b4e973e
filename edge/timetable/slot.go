package timetable

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Slot is a lesson that comes back every week, or in the weeks of its
// alternation.
type Slot struct {
	Key            string // its name in the source
	Class, Teacher string
	Subject, Room  string
	Weekday        time.Weekday
	From           int // minutes after midnight, local time
	Minutes        int

	Alternance string   // code of the weeks in which it is given; empty: all
	Others     []string // further teachers
	Holidays   bool     // given in the holidays too
}

// Alternance is a list of weeks: « semaine A », or any other.
type Alternance struct {
	Code, Name string
	Weeks      []time.Time // the Mondays
}

// Week is what one source knows of the weekly timetable.
type Week struct {
	Slots       []Slot
	Alternances []Alternance
}

// Bounds of a timetable: five times the largest school.
const (
	maxSlots  = 10_000
	maxWeeks  = 100
	maxText   = 200 // bytes of a subject, a room, a reason
	maxOthers = 10
)

// Apply replaces the week that source gave before. Lessons already started
// stay.
func (t *Timetable) Apply(ctx context.Context, source string, slots []Slot) error {
	return t.ApplyWeek(ctx, source, Week{Slots: slots})
}

// ApplyWeek replaces the week, alternations with it.
func (t *Timetable) ApplyWeek(ctx context.Context, source string, w Week) error {
	if err := w.check(source); err != nil {
		return err
	}
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error { return t.applyWeek(tx, source, w) })
	if err != nil {
		return fmt.Errorf("apply timetable: %w", err)
	}
	return nil
}

func (t *Timetable) applyWeek(tx *sqlite.Tx, source string, w Week) error {
	for _, table := range []string{"slot", "alternance"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE source = ?`, source); err != nil {
			return err
		}
	}
	for _, s := range w.Slots {
		if _, err := tx.Exec(`INSERT INTO slot VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, source, s.Key, s.Class, s.Teacher, s.Subject, s.Room,
			int(s.Weekday), s.From, s.Minutes, s.Alternance, strings.Join(s.Others, " "), s.Holidays); err != nil {
			return err
		}
	}
	for _, a := range w.Alternances {
		for _, monday := range a.Weeks {
			if _, err := tx.Exec(`INSERT INTO alternance VALUES (?,?,?,?) ON CONFLICT DO NOTHING`, source, a.Code, a.Name, monday.Format(time.DateOnly)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w Week) check(source string) error {
	if source == "" || len(w.Slots) > maxSlots || len(w.Alternances) > maxWeeks {
		return preau.E(preau.Invalid, "the timetable has no source, or more lessons than any school", "Check the exported file.", nil)
	}
	known := map[string]bool{"": true}
	for _, a := range w.Alternances {
		if a.Code == "" || known[a.Code] || len(a.Weeks) > maxWeeks {
			return preau.E(preau.Invalid, fmt.Sprintf("alternation %.40q has no code, comes twice, or has more weeks than a year", a.Code), "Correct it in the source.", nil)
		}
		known[a.Code] = true
		for _, monday := range a.Weeks {
			if monday.Weekday() != time.Monday {
				return preau.E(preau.Invalid, fmt.Sprintf("a week of alternation %.40q begins on a %s", a.Code, monday.Weekday()), "Give its Monday.", nil)
			}
		}
	}
	keys := map[string]bool{}
	for _, s := range w.Slots {
		if s.Key == "" || keys[s.Key] || s.Class == "" || s.Teacher == "" || s.Weekday < 0 || s.Weekday > 6 || s.From < 0 || s.Minutes < 5 ||
			s.From+s.Minutes > 24*60 || len(s.Others) > maxOthers || len(s.Subject) > maxText || len(s.Room) > maxText {
			return preau.E(preau.Invalid, fmt.Sprintf("lesson %.40q of the timetable is not a lesson", s.Key), "Correct its day, hour or length in the source.", nil)
		}
		if !known[s.Alternance] {
			return preau.E(preau.Invalid, fmt.Sprintf("lesson %.40q is given in the weeks %.40q, which the timetable does not list", s.Key, s.Alternance),
				"Export the alternations with the lessons.", nil)
		}
		keys[s.Key] = true
	}
	return nil
}

// lessonOf is the lesson that a slot is on a day. Its id follows from both,
// so that nobody needs to have started it.
func (t *Timetable) lessonOf(source string, s Slot, day time.Time) Lesson {
	start := time.Date(day.Year(), day.Month(), day.Day(), s.From/60, s.From%60, 0, 0, t.zone)
	end := time.Date(day.Year(), day.Month(), day.Day(), (s.From+s.Minutes)/60, (s.From+s.Minutes)%60, 0, 0, t.zone)
	return Lesson{ID: idOf(source, s.Key, start.Format(time.DateOnly)), Class: s.Class, Teacher: s.Teacher, Others: s.Others, Subject: s.Subject, Room: s.Room,
		Start: start, End: end, Planned: true}
}

func idOf(source, key, day string) (id preau.ID) {
	sum := sha256.Sum256([]byte("preau lesson\x00" + source + "\x00" + key + "\x00" + day))
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made our own way
	return id
}

// mondayOf is the Monday of the week that a day is in.
func mondayOf(day time.Time) string {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7).Format(time.DateOnly)
}
