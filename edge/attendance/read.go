package attendance

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
)

var errNoRow = sql.ErrNoRows

const columns = `SELECT id, lesson, class, teacher, starts, at, stored, expected, replaces, state FROM register `

func scan(row interface{ Scan(...any) error }) (t Taken, state string, err error) {
	var id, lesson, replaces []byte
	var starts, at, stored int64
	err = row.Scan(&id, &lesson, &t.Class, &t.Teacher, &starts, &at, &stored, &t.Expected, &replaces, &state)
	copy(t.ID[:], id)
	copy(t.Lesson[:], lesson)
	copy(t.Replaces[:], replaces)
	t.Start, t.At, t.Stored = moment(starts), moment(at), moment(stored)
	return t, state, err
}

func byID(tx *sqlite.Tx, id preau.ID) (Taken, string, error) {
	t, state, err := scan(tx.QueryRow(columns+`WHERE id = ?`, id[:]))
	if err != nil {
		return t, state, err
	}
	return t, state, marks(tx, &t)
}

func currentOf(tx *sqlite.Tx, lesson preau.ID) (Taken, error) {
	t, _, err := scan(tx.QueryRow(columns+`WHERE lesson = ? AND state = 'current'`, lesson[:]))
	if err != nil {
		return t, err
	}
	return t, marks(tx, &t)
}

// marks completes t, whose row was read.
func marks(tx *sqlite.Tx, t *Taken) error {
	rows, err := tx.Query(`SELECT pid, state, minutes FROM register_mark WHERE register = ?`, t.ID[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	t.Marks = map[string]Mark{}
	for rows.Next() {
		var pid string
		var m Mark
		if err := rows.Scan(&pid, &m.State, &m.Minutes); err != nil {
			return err
		}
		t.Marks[pid] = m
	}
	t.Counts = count(t.Expected, t.Marks)
	return rows.Err()
}

// Of gives a lesson's register, and those that disagree with it. ok is false
// when the roll has not been taken.
func (a *Attendance) Of(ctx context.Context, lesson preau.ID) (current Taken, clashes []Taken, ok bool, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		current, err = currentOf(tx, lesson)
		if errors.Is(err, errNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		clashes, err = list(tx, `WHERE lesson = ? AND state = 'clash' AND stored >= ? ORDER BY stored`, lesson[:], current.Stored.UnixMilli())
		return err
	})
	if err != nil {
		return Taken{}, nil, false, fmt.Errorf("read register: %w", err)
	}
	return current, clashes, ok, nil
}

// Day lists the registers that count of the day now falls in, in the order of
// their lessons: the principal's page. A lesson of the timetable that is not
// among them has not had its roll.
func (a *Attendance) Day(ctx context.Context, now time.Time) (registers []Taken, err error) {
	from, to := a.day(now)
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		registers, err = list(tx, `WHERE state = 'current' AND starts >= ? AND starts < ? ORDER BY starts, class`, from.UnixMilli(), to.UnixMilli())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read registers of the day: %w", err)
	}
	return registers, nil
}

func list(tx *sqlite.Tx, where string, args ...any) ([]Taken, error) {
	rows, err := tx.Query(columns+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Taken
	for rows.Next() {
		t, _, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range found {
		if err := marks(tx, &found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (a *Attendance) day(now time.Time) (from, to time.Time) {
	d := now.In(a.zone)
	from = time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, a.zone)
	return from, from.AddDate(0, 0, 1)
}
