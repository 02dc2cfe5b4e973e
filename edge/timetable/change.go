package timetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Change is what is not as planned with one lesson, one day. A zero field is
// as planned.
type Change struct {
	Lesson     preau.ID
	Cancelled  bool
	Teacher    string // the substitute
	Room       string
	Start, End time.Time // both, or none
	Reason     string
	By         string // pid
}

// Change records that a lesson is cancelled, given by a substitute, moved to
// another room or hour; a second change replaces the first, and one that
// changes nothing takes it back. What would clash is refused.
func (t *Timetable) Change(ctx context.Context, c Change) (l Lesson, err error) {
	if len(c.Reason) > maxText || len(c.Room) > maxText || c.Start.IsZero() != c.End.IsZero() ||
		!c.Start.IsZero() && (!c.Start.Before(c.End) || c.End.Sub(c.Start) > 12*time.Hour) {
		return l, preau.E(preau.Invalid, "the change of the lesson is not one", "Give a reason of a line, and both hours or none.", nil)
	}
	kin := kinOf(ctx, t.kin)
	err = t.db.Write(ctx, func(tx *sqlite.Tx) error {
		planned, err := t.plannedOne(tx, c.Lesson)
		if err != nil {
			return err
		}
		day := t.midnight(planned.Start).Format(time.DateOnly)
		if !c.Start.IsZero() && c.Start.In(t.zone).Format(time.DateOnly) != day {
			return preau.E(preau.Invalid, "the lesson would move to another day", "Cancel it, and start one out of timetable on that day.", nil)
		}
		if l = c.apply(planned); !l.Cancelled && !same(l, planned) {
			if err := t.refuseClash(tx, kin, want{lesson: l}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`DELETE FROM change WHERE lesson = ?`, c.Lesson[:]); err != nil {
			return err
		}
		if l.Cancelled || !same(l, planned) {
			var starts, ends int64
			if !c.Start.IsZero() {
				starts, ends = c.Start.UnixMilli(), c.End.UnixMilli()
			}
			if _, err := tx.Exec(`INSERT INTO change VALUES (?,?,?,?,?,?,?,?,?,?)`, c.Lesson[:], day, c.Cancelled, c.Teacher, c.Room, starts, ends,
				c.Reason, c.By, tx.Now.UnixMilli()); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`UPDATE lesson SET teacher = ?, room = ?, starts = ?, ends = ?, replaces = ?, cancelled = ? WHERE id = ?`,
			l.Teacher, l.Room, l.Start.UnixMilli(), l.End.UnixMilli(), l.Replaces, l.Cancelled, c.Lesson[:])
		if err != nil {
			return err
		}
		verb := journal.VerbSaved
		if l.Cancelled {
			verb = journal.VerbWithdrawn
		}
		return t.say(tx, c.By, verb, "lesson", c.Lesson, map[string]any{"group": l.Class, "day": day, "replaced": l.Replaces != "", "room": l.Room})
	})
	switch {
	case errors.Is(err, errNoLesson):
		return Lesson{}, noLesson()
	case preau.KindOf(err) == preau.Conflict, err != nil && preau.KindOf(err) == preau.Invalid:
		return Lesson{}, err
	case err != nil:
		return Lesson{}, fmt.Errorf("change lesson: %w", err)
	}
	return l, nil
}

func same(a, b Lesson) bool {
	return a.Teacher == b.Teacher && a.Room == b.Room && a.Start.Equal(b.Start) && a.End.Equal(b.End)
}

func (c Change) apply(l Lesson) Lesson {
	l.Cancelled, l.Reason = c.Cancelled, c.Reason
	if c.Teacher != "" && c.Teacher != l.Teacher {
		l.Replaces, l.Teacher = l.Teacher, c.Teacher
	}
	if c.Room != "" {
		l.Room = c.Room
	}
	if !c.Start.IsZero() {
		l.Start, l.End = c.Start, c.End
	}
	return l
}

// plannedOne finds a lesson as the timetable plans it; one out of timetable
// as it was started.
func (t *Timetable) plannedOne(tx *sqlite.Tx, id preau.ID) (Lesson, error) {
	now := t.midnight(tx.Now.In(t.zone))
	planned, err := t.planned(tx, now.AddDate(0, 0, -around), now.AddDate(0, 0, around))
	if err != nil {
		return Lesson{}, err
	}
	if i := slices.IndexFunc(planned, func(l Lesson) bool { return l.ID == id }); i >= 0 {
		return planned[i], nil
	}
	l, err := t.find(tx, id)
	if err == nil && l.Replaces != "" {
		l.Teacher, l.Replaces = l.Replaces, ""
	}
	l.Cancelled = false
	return l, err
}

// change applies what is recorded to lessons planned between two midnights,
// in place.
func (t *Timetable) change(tx *sqlite.Tx, planned []Lesson, first, end time.Time) error {
	changes := map[preau.ID]Change{}
	err := each(tx, func(scan func(...any) error) error {
		var c Change
		var id []byte
		var starts, ends int64
		if err := scan(&id, &c.Cancelled, &c.Teacher, &c.Room, &starts, &ends, &c.Reason, &c.By); err != nil {
			return err
		}
		copy(c.Lesson[:], id)
		if starts > 0 {
			c.Start, c.End = time.UnixMilli(starts).In(t.zone), time.UnixMilli(ends).In(t.zone)
		}
		changes[c.Lesson] = c
		return nil
	}, `SELECT lesson, cancelled, teacher, room, starts, ends, reason, by FROM change WHERE day >= ? AND day < ?`,
		first.Format(time.DateOnly), end.Format(time.DateOnly))
	if err != nil || len(changes) == 0 {
		return err
	}
	for i, l := range planned {
		if c, ok := changes[l.ID]; ok {
			planned[i] = c.apply(l)
		}
	}
	return nil
}
