package attendance

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// changed notes that something a page of the day shows is new.
func (a *Attendance) changed() { a.version.Add(1) }

// Version grows with each change since the box started: a page asks whether
// what it shows is still so.
func (a *Attendance) Version() uint64 { return a.version.Load() }

// Clash is a lesson of which two rolls disagree and nobody has decided.
type Clash struct{ Current, Other Taken }

// Clashes lists those of the last days, the oldest first.
func (a *Attendance) Clashes(ctx context.Context, since time.Time) (found []Clash, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		others, err := list(tx, `WHERE state = 'clash' AND stored >= ? ORDER BY stored`, since.UnixMilli())
		if err != nil {
			return err
		}
		for _, o := range others {
			current, err := currentOf(tx, o.Lesson)
			if err == errNoRow { //nolint:errorlint // currentOf returns it bare
				continue
			}
			if err != nil {
				return err
			}
			if current.Stored.After(o.Stored) {
				continue // decided since: what counts is newer than both
			}
			found = append(found, Clash{current, o})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list clashes: %w", err)
	}
	return found, nil
}

// Settle decides a clash for the register kept: it counts from then on, as a
// correction in the decider's name; nothing of the other is lost.
func (a *Attendance) Settle(ctx context.Context, kept, newID preau.ID, who string, now time.Time) (Taken, error) {
	var current, keptOne Taken
	err := a.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		if keptOne, _, err = byID(tx, kept); err != nil {
			return err
		}
		current, err = currentOf(tx, keptOne.Lesson)
		return err
	})
	if err == errNoRow { //nolint:errorlint // byID and currentOf return it bare
		return Taken{}, preau.E(preau.NotFound, "no such register", "Reload the page.", err)
	}
	if err != nil {
		return Taken{}, fmt.Errorf("read a clash: %w", err)
	}
	return a.Take(ctx, Register{
		ID: newID, Lesson: current.Lesson, Class: current.Class, Teacher: who, Start: current.Start, At: now, Marks: keptOne.Marks, Replaces: current.ID,
	})
}

// Year lists the registers that count between two moments, a page at a time:
// after the id of the last one of the page before. It is how the yearly
// register is written without holding it whole.
func (a *Attendance) Year(ctx context.Context, from, to time.Time, class string, each func(Taken) error) error {
	for day := from.In(a.zone); day.Before(to); day = day.AddDate(0, 0, 7) {
		var week []Taken
		err := a.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
			week, err = list(tx, `WHERE state = 'current' AND starts >= ? AND starts < ? AND (? = '' OR class = ?) ORDER BY starts, class`,
				day.UnixMilli(), min(day.AddDate(0, 0, 7).UnixMilli(), to.UnixMilli()), class, class)
			return err
		})
		if err != nil {
			return fmt.Errorf("read registers of a week: %w", err)
		}
		for _, t := range week {
			if err := each(t); err != nil {
				return err
			}
		}
	}
	return nil
}
