// Package timetable knows the lessons of the day. It promises that a lesson
// of the weekly timetable has the same id on every tablet before anybody has
// started it, that two teachers' taps on the same lesson make one, and that a
// lesson nobody planned can always be started: the timetable never stands
// between a teacher and a class.
//
// It refuses to know people: classes and teachers are ids to it. School
// holidays and fortnights are not known yet.
package timetable

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Slot is a lesson that comes back every week.
type Slot struct {
	Key            string // its name in the source
	Class, Teacher string
	Subject, Room  string
	Weekday        time.Weekday
	From           int // minutes after midnight, local time
	Minutes        int
}

// Lesson is a class with a teacher at a time.
type Lesson struct {
	ID             preau.ID
	Class, Teacher string
	Subject, Room  string
	Start, End     time.Time
	Planned        bool // false when started out of timetable
}

// Timetable reads and changes the tables of lessons.
type Timetable struct {
	db   *sqlite.DB
	zone *time.Location
}

// Open brings the tables up to date. zone is the school's: the weekly
// timetable is written in its hours.
func Open(ctx context.Context, db *sqlite.DB, zone *time.Location) (*Timetable, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open timetable migrations: %w", err)
	}
	if err := db.Migrate(ctx, "timetable", sub); err != nil {
		return nil, fmt.Errorf("open timetable: %w", err)
	}
	return &Timetable{db: db, zone: zone}, nil
}

const maxSlots = 10_000

// Apply replaces the week that source gave before. Lessons already started
// stay.
func (t *Timetable) Apply(ctx context.Context, source string, slots []Slot) error {
	if source == "" || len(slots) > maxSlots {
		return preau.E(preau.Invalid, "the timetable has no source, or more lessons than any school", "Check the exported file.", nil)
	}
	for _, s := range slots {
		if s.Key == "" || s.Class == "" || s.Teacher == "" || s.Weekday < 0 || s.Weekday > 6 || s.From < 0 || s.Minutes < 5 || s.From+s.Minutes > 24*60 {
			return preau.E(preau.Invalid, fmt.Sprintf("lesson %.40q of the timetable is not a lesson", s.Key), "Correct its day, hour or length in the source.", nil)
		}
	}
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`DELETE FROM slot WHERE source = ?`, source); err != nil {
			return err
		}
		for _, s := range slots {
			if _, err := tx.Exec(`INSERT INTO slot VALUES (?,?,?,?,?,?,?,?,?)`, source, s.Key, s.Class, s.Teacher, s.Subject, s.Room,
				int(s.Weekday), s.From, s.Minutes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("apply timetable: %w", err)
	}
	return nil
}

// lessonOf is the lesson that a slot is on a day. Its id follows from both,
// so that nobody needs to have started it.
func (t *Timetable) lessonOf(source string, s Slot, day time.Time) Lesson {
	start := time.Date(day.Year(), day.Month(), day.Day(), s.From/60, s.From%60, 0, 0, t.zone)
	sum := sha256.Sum256([]byte("preau lesson\x00" + source + "\x00" + s.Key + "\x00" + start.Format(time.DateOnly)))
	var id preau.ID
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made our own way
	return Lesson{ID: id, Class: s.Class, Teacher: s.Teacher, Subject: s.Subject, Room: s.Room,
		Start: start, End: start.Add(time.Duration(s.Minutes) * time.Minute), Planned: true}
}

// errNoLesson tells an absent lesson from a failure.
var errNoLesson = errors.New("no such lesson")
