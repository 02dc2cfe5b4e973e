package timetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

const (
	early     = 15 * time.Minute // a class may sit down before the bell
	unplanned = 55 * time.Minute // how long a lesson out of timetable lasts
)

// Start makes a lesson real: registers, rooms and statements may point at it
// from now on. Starting it again changes nothing.
func (t *Timetable) Start(ctx context.Context, id preau.ID) (l Lesson, err error) {
	err = t.db.Write(ctx, func(tx *sqlite.Tx) error {
		if l, err = t.find(tx, id); err != nil {
			return err
		}
		return insert(tx, l)
	})
	if errors.Is(err, errNoLesson) {
		return Lesson{}, noLesson()
	}
	if err != nil {
		return Lesson{}, fmt.Errorf("start lesson: %w", err)
	}
	return l, nil
}

// EnsureLesson gives the lesson that teacher has with class now: the one
// under way, the one about to begin, or a new one out of timetable.
func (t *Timetable) EnsureLesson(ctx context.Context, teacher, class string) (l Lesson, err error) {
	if teacher == "" || class == "" {
		return Lesson{}, preau.E(preau.Invalid, "a lesson needs a teacher and a class", "Choose a class.", nil)
	}
	err = t.db.Write(ctx, func(tx *sqlite.Tx) error {
		today, err := t.between(tx, tx.Now.In(t.zone), 1, func(l Lesson) bool {
			return l.Class == class && !l.Cancelled && slices.Contains(l.Staff(), teacher)
		})
		if err != nil {
			return err
		}
		l = Lesson{ID: preau.NewID(), Class: class, Teacher: teacher, Start: tx.Now.Truncate(time.Minute), End: tx.Now.Add(unplanned).Truncate(time.Minute)}
		for _, have := range today {
			if tx.Now.After(have.Start.Add(-early)) && tx.Now.Before(have.End) {
				l = have
				if !tx.Now.Before(have.Start) {
					break // under way beats about to begin
				}
			}
		}
		return insert(tx, l)
	})
	if err != nil {
		return Lesson{}, fmt.Errorf("start lesson: %w", err)
	}
	return l, nil
}

func insert(tx *sqlite.Tx, l Lesson) error {
	_, err := tx.Exec(`INSERT INTO lesson VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`, l.ID[:], l.Class, l.Teacher, l.Subject, l.Room,
		l.Start.UnixMilli(), l.End.UnixMilli(), l.Planned, strings.Join(l.Others, " "), l.Replaces, l.Cancelled)
	return err
}

// DemoWeek invents a week for two classes and two teachers: every day of it,
// Sunday and holidays too, so that a demonstration finds lessons whenever it is started.
func DemoWeek(classA, classB, french, maths string) []Slot {
	hours := []int{8 * 60, 9 * 60, 10*60 + 10, 11*60 + 10, 13*60 + 30, 14*60 + 30, 15*60 + 40, 16*60 + 40}
	var week []Slot
	for day := time.Sunday; day <= time.Saturday; day++ {
		for i, from := range hours {
			a, b := classA, classB
			if i%2 == 1 {
				a, b = b, a
			}
			week = append(week,
				Slot{Key: fmt.Sprintf("fr-%d-%d", day, i), Class: a, Teacher: french, Subject: "Français", Room: "204", Weekday: day, From: from, Minutes: 55, Holidays: true},
				Slot{Key: fmt.Sprintf("ma-%d-%d", day, i), Class: b, Teacher: maths, Subject: "Mathématiques", Room: "112", Weekday: day, From: from, Minutes: 55, Holidays: true})
		}
	}
	return week
}
