package timetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Day lists a teacher's lessons of the day that now falls in, planned or
// already started, in order. A cancelled one is not among them; see Agenda.
func (t *Timetable) Day(ctx context.Context, teacher string, now time.Time) ([]Lesson, error) {
	return t.day(ctx, now, func(l Lesson) bool { return !l.Cancelled && slices.Contains(l.Staff(), teacher) })
}

// ClassDay lists a class's lessons of the day.
func (t *Timetable) ClassDay(ctx context.Context, class string, now time.Time) ([]Lesson, error) {
	return t.day(ctx, now, func(l Lesson) bool { return !l.Cancelled && l.Class == class })
}

// All lists the lessons of the whole school that day: the principal's page.
func (t *Timetable) All(ctx context.Context, now time.Time) ([]Lesson, error) {
	return t.day(ctx, now, func(l Lesson) bool { return !l.Cancelled })
}

// Filter chooses lessons; an empty field chooses all.
type Filter struct {
	Classes []string
	Teacher string // gives it, or is replaced
	Room    string
}

func (f Filter) takes(l Lesson) bool {
	return (len(f.Classes) == 0 || slices.Contains(f.Classes, l.Class)) && (f.Room == "" || strings.EqualFold(f.Room, l.Room)) &&
		(f.Teacher == "" || f.Teacher == l.Replaces || slices.Contains(l.Staff(), f.Teacher))
}

const maxDays = 400

// Agenda lists the lessons of some days, cancelled ones too.
func (t *Timetable) Agenda(ctx context.Context, from time.Time, days int, f Filter) (lessons []Lesson, err error) {
	if days < 1 || days > maxDays {
		return nil, preau.E(preau.Invalid, "an agenda is of a day to a year", "Ask for fewer days.", nil)
	}
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		lessons, err = t.between(tx, from.In(t.zone), days, f.takes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read timetable: %w", err)
	}
	return lessons, nil
}

func (t *Timetable) day(ctx context.Context, now time.Time, takes func(Lesson) bool) (lessons []Lesson, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		lessons, err = t.between(tx, now.In(t.zone), 1, takes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read timetable: %w", err)
	}
	return lessons, nil
}

func (t *Timetable) midnight(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, t.zone)
}

// between lists lessons of days in order: what was started wins over what
// was planned, and changes over both.
func (t *Timetable) between(tx *sqlite.Tx, from time.Time, days int, takes func(Lesson) bool) ([]Lesson, error) {
	first := t.midnight(from)
	end := first.AddDate(0, 0, days)
	planned, err := t.planned(tx, first, end)
	if err != nil {
		return nil, err
	}
	if err := t.change(tx, planned, first, end); err != nil {
		return nil, err
	}
	started, err := t.started(tx, `starts >= ? AND starts < ?`, first.UnixMilli(), end.UnixMilli())
	if err != nil {
		return nil, err
	}
	at := map[preau.ID]int{}
	for i, l := range planned {
		at[l.ID] = i
	}
	for _, l := range started {
		if i, both := at[l.ID]; both {
			l.Reason = planned[i].Reason
			planned[i] = l
		} else {
			planned = append(planned, l)
		}
	}
	planned = slices.DeleteFunc(planned, func(l Lesson) bool {
		return l.Start.Before(first) || !l.Start.Before(end) || !takes(l)
	})
	slices.SortStableFunc(planned, func(a, b Lesson) int { return a.Start.Compare(b.Start) })
	return planned, nil
}

// planned lists what slots and calendars plan, changed or not.
func (t *Timetable) planned(tx *sqlite.Tx, first, end time.Time) ([]Lesson, error) {
	var needed [7]bool
	for day, n := first, 0; n < 7 && day.Before(end); day, n = day.AddDate(0, 0, 1), n+1 {
		needed[day.Weekday()] = true
	}
	week, err := t.slots(tx, needed)
	if err != nil {
		return nil, err
	}
	var lessons []Lesson
	for day := first; day.Before(end); day = day.AddDate(0, 0, 1) {
		_, closed := t.calendar.Closed(day)
		monday := mondayOf(day)
		for _, s := range week.slots[day.Weekday()] {
			if (s.Holidays || !closed) && (s.Alternance == "" || week.given[alternanceAt{s.source, s.Alternance, monday}]) {
				lessons = append(lessons, t.lessonOf(s.source, s.Slot, day))
			}
		}
	}
	events, err := t.events(tx, `starts >= ? AND starts < ?`, first.UnixMilli(), end.UnixMilli())
	return append(lessons, events...), err
}

type sourced struct {
	Slot
	source string
}

type alternanceAt struct{ source, code, monday string }

type weekly struct {
	slots [7][]sourced
	given map[alternanceAt]bool
}

// slots reads the lessons of the weekdays needed.
func (t *Timetable) slots(tx *sqlite.Tx, needed [7]bool) (w weekly, err error) {
	var days []string
	for day, need := range needed {
		if need {
			days = append(days, strconv.Itoa(day))
		}
	}
	w.given = map[alternanceAt]bool{}
	err = each(tx, func(scan func(...any) error) error {
		var a alternanceAt
		err := scan(&a.source, &a.code, &a.monday)
		w.given[a] = true
		return err
	}, `SELECT source, code, monday FROM alternance`)
	if err != nil {
		return w, err
	}
	err = each(tx, func(scan func(...any) error) error {
		var s sourced
		var others string
		err := scan(&s.source, &s.Key, &s.Class, &s.Teacher, &s.Subject, &s.Room, &s.Weekday, &s.From, &s.Minutes, &s.Alternance, &others, &s.Holidays)
		s.Others = strings.Fields(others)
		w.slots[s.Weekday%7] = append(w.slots[s.Weekday%7], s)
		return err
	}, `SELECT source, key, class, teacher, subject, room, weekday, from_minute, minutes, alternance, others, holidays FROM slot
		WHERE weekday IN (`+strings.Join(days, ",")+`)`)
	return w, err
}

func (t *Timetable) started(tx *sqlite.Tx, where string, args ...any) (lessons []Lesson, err error) {
	err = each(tx, func(scan func(...any) error) error {
		var l Lesson
		var id []byte
		var starts, ends int64
		var others string
		if err := scan(&id, &l.Class, &l.Teacher, &l.Subject, &l.Room, &starts, &ends, &l.Planned, &others, &l.Replaces, &l.Cancelled); err != nil {
			return err
		}
		copy(l.ID[:], id)
		l.Others = strings.Fields(others)
		l.Start, l.End = time.UnixMilli(starts).In(t.zone), time.UnixMilli(ends).In(t.zone)
		lessons = append(lessons, l)
		return nil
	}, `SELECT id, class, teacher, subject, room, starts, ends, planned, others, replaces, cancelled FROM lesson WHERE `+where, args...)
	return lessons, err
}

// Lesson finds a lesson by id: started, or planned within the weeks around
// today.
func (t *Timetable) Lesson(ctx context.Context, id preau.ID) (l Lesson, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		l, err = t.find(tx, id)
		return err
	})
	if errors.Is(err, errNoLesson) {
		return l, noLesson()
	}
	if err != nil {
		return l, fmt.Errorf("read lesson: %w", err)
	}
	return l, nil
}

// around is how far from today a lesson is found by its id alone: a cahier is
// completed after the holidays, work is given for after them.
const around = 35 // days

func (t *Timetable) find(tx *sqlite.Tx, id preau.ID) (Lesson, error) {
	lessons, err := t.started(tx, `id = ?`, id[:])
	if err != nil || len(lessons) == 1 {
		return first(lessons), err
	}
	for _, reach := range []int{1, around} { // nearly always yesterday or today
		near, err := t.between(tx, tx.Now.In(t.zone).AddDate(0, 0, -reach), 2*reach, func(l Lesson) bool { return l.ID == id })
		if err != nil || len(near) > 0 {
			return first(near), err
		}
	}
	return Lesson{}, errNoLesson
}

func first(lessons []Lesson) Lesson {
	if len(lessons) == 0 {
		return Lesson{}
	}
	return lessons[0]
}

// each runs fn on every row.
func each(tx *sqlite.Tx, fn func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Closed names why there are no lessons that day, or nothing.
func (t *Timetable) Closed(day time.Time) string {
	why, _ := t.calendar.Closed(day.In(t.zone))
	return why
}
