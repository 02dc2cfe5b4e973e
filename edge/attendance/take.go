package attendance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// Taken is a register as it counts now.
type Taken struct {
	Register
	Counts
	Stored time.Time
}

// ClashError says that somebody else has already taken this lesson's roll
// otherwise. Nothing is lost: Yours is kept aside, and either may be sent
// again, under a new id, with Replaces set to Theirs.ID.
type ClashError struct{ Theirs, Yours Taken }

func (e *ClashError) Error() string {
	return "register " + e.Yours.ID.String() + " disagrees with " + e.Theirs.ID.String()
}

const (
	oldest    = 31 * 24 * time.Hour // a tablet that slept through the holidays
	fastClock = 2 * time.Minute
	longest   = 12 * 60 // minutes late
)

// Take records a register: the roll, one statement that it was taken and one
// for each pupil who was not simply there, all or nothing. The same register
// again returns what was recorded; a different one for a lesson that has one
// already is a correction when it says so (Replaces) and a *ClashError, kind
// Conflict, when it does not.
func (a *Attendance) Take(ctx context.Context, r Register) (Taken, error) {
	list, err := a.pupils(ctx, r.Class)
	if err != nil {
		return Taken{}, err
	}
	if err := r.check(list); err != nil {
		return Taken{}, err
	}
	r.Marks = maps.Clone(r.Marks)
	maps.DeleteFunc(r.Marks, func(_ string, m Mark) bool { return m.State == Present })
	tell, err := a.toTell(ctx, r.Marks)
	if err != nil {
		return Taken{}, err
	}
	var taken Taken
	var clash *ClashError
	err = a.db.Write(ctx, func(tx *sqlite.Tx) error {
		taken, clash, err = a.take(tx, r, len(list), tell)
		return err
	})
	if err != nil {
		return Taken{}, fmt.Errorf("take register: %w", err)
	}
	a.changed()
	if clash != nil {
		return clash.Theirs, preau.E(preau.Conflict, "somebody else has already taken this roll, with other marks",
			"Look at both and keep one; yours is kept aside meanwhile.", clash)
	}
	return taken, nil
}

func (r Register) check(list []string) error {
	if r.ID.IsZero() || r.Lesson.IsZero() || r.Class == "" || r.Teacher == "" || r.At.IsZero() {
		return preau.E(preau.Invalid, "a register needs an id, a lesson, a class, who took it and when", "Take the roll from the page of the lesson.", nil)
	}
	if len(list) == 0 {
		return preau.E(preau.Invalid, "the class has no pupils", "Import the roster, or choose another class.", nil)
	}
	for pid, m := range r.Marks {
		if !slices.Contains(list, pid) {
			return preau.E(preau.Invalid, fmt.Sprintf("%.40q is not on the list of this class", pid), "Reload the page of the roll: the list has changed.", nil)
		}
		if m.State != Present && m.State.verb() == "" || m.Minutes < 0 || m.Minutes > longest {
			return preau.E(preau.Invalid, fmt.Sprintf("%.20q for %d minutes is no mark", m.State, m.Minutes), "Mark present, absent, late, left, infirmary, exempted or excluded.", nil)
		}
	}
	return nil
}

func (a *Attendance) take(tx *sqlite.Tx, r Register, expected int, tell map[string]string) (Taken, *ClashError, error) {
	switch known, state, err := byID(tx, r.ID); {
	case err != nil && !errors.Is(err, errNoRow):
		return Taken{}, nil, err
	case err == nil && !same(known.Register, r):
		return Taken{}, nil, preau.E(preau.Conflict, "this register's id was used for another roll", "Take the roll again.", nil)
	case err == nil:
		return a.again(tx, known, state)
	}
	now := tx.Now
	if r.At.Before(now.Add(-oldest)) {
		return Taken{}, nil, preau.E(preau.Expired, "the roll is more than a month old", "Tell vie scolaire about the absences of that day.", nil)
	}
	if r.At.After(now.Add(fastClock)) {
		r.At = now // the tablet's clock is fast
	}
	if r.Start.IsZero() {
		r.Start = r.At
	}
	taken := Taken{Register: r, Counts: count(expected, r.Marks), Stored: now}
	current, err := currentOf(tx, r.Lesson)
	if errors.Is(err, errNoRow) {
		return taken, nil, a.record(tx, taken, nil, tell)
	}
	if err != nil {
		return Taken{}, nil, err
	}
	corrects, err := r.corrects(tx, current)
	switch {
	case err != nil:
		return Taken{}, nil, err
	case corrects:
		return taken, nil, a.record(tx, taken, &current, tell)
	case current.Replaces == r.ID:
		// Its own correction overtook it on the way here.
		return current, nil, keep(tx, taken, "replaced", nil)
	case maps.Equal(current.Marks, r.Marks):
		// Two people saw the same: the first counts, the second confirms.
		return current, nil, keep(tx, taken, "confirmed", nil)
	}
	return Taken{}, &ClashError{Theirs: current, Yours: taken}, keep(tx, taken, "clash", nil)
}

// corrects reports whether r was made from what counts now: from current
// itself, or from a register that said the same and confirmed it.
func (r Register) corrects(tx *sqlite.Tx, current Taken) (bool, error) {
	if r.Replaces.IsZero() || r.Replaces == current.ID {
		return r.Replaces == current.ID, nil
	}
	seen, state, err := byID(tx, r.Replaces)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	return err == nil && state == "confirmed" && maps.Equal(seen.Marks, current.Marks), err
}

// again answers a register that was sent before.
func (a *Attendance) again(tx *sqlite.Tx, known Taken, state string) (Taken, *ClashError, error) {
	if state != "clash" && state != "confirmed" {
		return known, nil, nil
	}
	current, err := currentOf(tx, known.Lesson)
	switch {
	case errors.Is(err, errNoRow): // the one it stood beside was taken back
		return known, nil, a.promote(tx, known)
	case err == nil && state == "clash":
		return Taken{}, &ClashError{Theirs: current, Yours: known}, nil
	}
	return known, nil, err
}

// same compares what the tablet chose. At may have been set right since.
func same(a, b Register) bool {
	return a.Lesson == b.Lesson && a.Class == b.Class && a.Teacher == b.Teacher && a.Replaces == b.Replaces && maps.Equal(a.Marks, b.Marks)
}

// ReopenFor is how long a register may be taken back: the page offers ten
// seconds, the network may need the rest.
const ReopenFor = time.Minute

// Reopen takes back a register just sent by its author: its statements are
// voided and the lesson is without a roll again. Later, correct it instead.
func (a *Attendance) Reopen(ctx context.Context, id preau.ID, teacher string) (Taken, error) {
	var taken Taken
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		known, state, err := byID(tx, id)
		switch {
		case errors.Is(err, errNoRow):
			return preau.E(preau.NotFound, "no such register", "Reload the page of the roll.", nil)
		case err != nil:
			return err
		case state == "reopened":
			taken = known // tapped twice
			return nil
		case known.Teacher != teacher:
			return preau.E(preau.Forbidden, "somebody else took this roll", "Correct it instead.", nil)
		case state != "current" || tx.Now.Sub(known.Stored) > ReopenFor:
			return preau.E(preau.Conflict, "it is too late to take this roll back", "Correct it instead.", nil)
		}
		taken = known
		return a.reopen(tx, known)
	})
	if err != nil {
		return Taken{}, fmt.Errorf("reopen register: %w", err)
	}
	a.changed()
	return taken, nil
}
