// Package timetable knows the lessons of the school year: the week and its
// alternations, the holidays, what is cancelled or given by somebody else,
// what rooms and things are booked, and what was done in each lesson. It
// promises that a lesson of the timetable has the same id on every tablet
// before anybody has started it, that two teachers' taps on the same lesson
// make one, that no room, thing, teacher or class is planned twice at one
// time by hand, that a lesson keeps its hour on the wall when the clocks
// change, and that a lesson nobody planned can always be started: the
// timetable never stands between a teacher and a class.
//
// It refuses to know people: classes and teachers are ids to it. It refuses
// no timetable that clashes in itself, for schools import those every year;
// only what is planned here is held to the rule of overlap.
package timetable

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"preau"
	"preau/edge/timetable/holidays"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Lesson is a class with a teacher at a time.
type Lesson struct {
	ID             preau.ID
	Class, Teacher string
	Others         []string // further teachers
	Subject, Room  string
	Start, End     time.Time
	Planned        bool   // false when started out of timetable
	Replaces       string // the teacher who was planned, when another gives it
	Cancelled      bool
	Reason         string // of what is not as planned
}

// Staff are all who give the lesson.
func (l Lesson) Staff() []string { return append([]string{l.Teacher}, l.Others...) }

// Timetable reads and changes the tables of lessons.
type Timetable struct {
	db       *sqlite.DB
	zone     *time.Location
	calendar *holidays.Calendar
	kin      func(ctx context.Context, class string) ([]string, error)
	record   func(tx *sqlite.Tx, sts ...*preau.Statement) error
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

// Follow makes the days that calendar closes free of lessons. Call it before
// the first use.
func (t *Timetable) Follow(calendar *holidays.Calendar) { t.calendar = calendar }

// Kin tells which classes share pupils with a class: its groups, a group's
// divisions. Call it before the first use; without it only a class itself
// clashes with itself.
func (t *Timetable) Kin(of func(ctx context.Context, class string) ([]string, error)) { t.kin = of }

// errNoLesson tells an absent lesson from a failure.
var errNoLesson = errors.New("no such lesson")

func noLesson() error {
	return preau.E(preau.NotFound, "no such lesson", "Choose it again on the page of your day.", nil)
}
