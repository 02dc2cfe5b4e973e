package timetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Day lists a teacher's lessons of the day that now falls in, planned or
// already started, in order.
func (t *Timetable) Day(ctx context.Context, teacher string, now time.Time) ([]Lesson, error) {
	return t.day(ctx, "teacher", teacher, now)
}

// ClassDay lists a class's lessons of the day.
func (t *Timetable) ClassDay(ctx context.Context, class string, now time.Time) ([]Lesson, error) {
	return t.day(ctx, "class", class, now)
}

// All lists the lessons of the whole school that day: the principal's page.
func (t *Timetable) All(ctx context.Context, now time.Time) ([]Lesson, error) {
	return t.day(ctx, "", "", now)
}

// day reads by teacher, by class, or all; by is never outside text.
func (t *Timetable) day(ctx context.Context, by, id string, now time.Time) (lessons []Lesson, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		lessons, err = t.lessonsOf(tx, by, id, now.In(t.zone))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read timetable: %w", err)
	}
	return lessons, nil
}

func (t *Timetable) lessonsOf(tx *sqlite.Tx, by, id string, day time.Time) ([]Lesson, error) {
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, t.zone)
	where, args := "", []any{midnight.UnixMilli(), midnight.AddDate(0, 0, 1).UnixMilli()}
	if by != "" {
		where, args = " AND "+by+" = ?", append(args, id)
	}
	lessons, err := t.started(tx, `starts >= ? AND starts < ?`+where, args...)
	if err != nil {
		return nil, err
	}
	planned, err := t.planned(tx, by, id, day)
	if err != nil {
		return nil, err
	}
	for _, p := range planned {
		if !slices.ContainsFunc(lessons, func(l Lesson) bool { return l.ID == p.ID }) {
			lessons = append(lessons, p)
		}
	}
	slices.SortFunc(lessons, func(a, b Lesson) int { return a.Start.Compare(b.Start) })
	return lessons, nil
}

func (t *Timetable) planned(tx *sqlite.Tx, by, id string, day time.Time) ([]Lesson, error) {
	where, args := "", []any{int(day.Weekday())}
	if by != "" {
		where, args = " AND "+by+" = ?", append(args, id)
	}
	rows, err := tx.Query(`SELECT source, key, class, teacher, subject, room, weekday, from_minute, minutes FROM slot WHERE weekday = ?`+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lessons []Lesson
	for rows.Next() {
		var source string
		var s Slot
		if err := rows.Scan(&source, &s.Key, &s.Class, &s.Teacher, &s.Subject, &s.Room, &s.Weekday, &s.From, &s.Minutes); err != nil {
			return nil, err
		}
		lessons = append(lessons, t.lessonOf(source, s, day))
	}
	return lessons, rows.Err()
}

func (t *Timetable) started(tx *sqlite.Tx, where string, args ...any) ([]Lesson, error) {
	rows, err := tx.Query(`SELECT id, class, teacher, subject, room, starts, ends, planned FROM lesson WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lessons []Lesson
	for rows.Next() {
		var l Lesson
		var id []byte
		var starts, ends int64
		if err := rows.Scan(&id, &l.Class, &l.Teacher, &l.Subject, &l.Room, &starts, &ends, &l.Planned); err != nil {
			return nil, err
		}
		copy(l.ID[:], id)
		l.Start, l.End = time.UnixMilli(starts).In(t.zone), time.UnixMilli(ends).In(t.zone)
		lessons = append(lessons, l)
	}
	return lessons, rows.Err()
}

// Lesson finds a lesson by id: started, or planned for today.
func (t *Timetable) Lesson(ctx context.Context, id preau.ID) (l Lesson, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		l, err = t.find(tx, id)
		return err
	})
	if errors.Is(err, errNoLesson) {
		return l, preau.E(preau.NotFound, "no such lesson", "Choose it again on the page of your day.", nil)
	}
	if err != nil {
		return l, fmt.Errorf("read lesson: %w", err)
	}
	return l, nil
}

func (t *Timetable) find(tx *sqlite.Tx, id preau.ID) (Lesson, error) {
	lessons, err := t.started(tx, `id = ?`, id[:])
	if err != nil || len(lessons) == 1 {
		return first(lessons), err
	}
	// A roll taken before midnight may arrive after it.
	for _, day := range []time.Time{tx.Now, tx.Now.AddDate(0, 0, -1)} {
		planned, err := t.planned(tx, "", "", day.In(t.zone))
		if err != nil {
			return Lesson{}, err
		}
		if i := slices.IndexFunc(planned, func(l Lesson) bool { return l.ID == id }); i >= 0 {
			return planned[i], nil
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
