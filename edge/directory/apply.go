package directory

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"preau"
	"preau/edge/directory/party"
	"preau/internal/sqlite"
)

// errPreview undoes a preview's transaction.
var errPreview = errors.New("preview")

// Apply makes the tables agree with the rosters, all or nothing. Rosters of
// one source complete each other. One with doubts that Settled does not
// answer is refused.
func (d *Directory) Apply(ctx context.Context, rosters ...Roster) (Diff, error) {
	return d.ApplyWith(ctx, nil, rosters...)
}

// ApplyWith is Apply, and runs then in the same transaction, after the
// people: a timetable comes with its teachers or not at all.
func (d *Directory) ApplyWith(ctx context.Context, then func(tx *sqlite.Tx) error, rosters ...Roster) (diff Diff, err error) {
	if rosters, err = prepare(rosters); err != nil {
		return Diff{}, err
	}
	err = d.db.Write(ctx, func(tx *sqlite.Tx) error {
		if diff, err = applyAll(tx, rosters); err != nil {
			return err
		}
		if n := len(diff.Doubts); n > 0 {
			text := "1 record may be somebody already known: "
			if n > 1 {
				text = fmt.Sprintf("%d records may be people already known, such as ", n)
			}
			return preau.E(preau.Conflict, text+diff.Doubts[0].Name+" ("+diff.Doubts[0].Key+")",
				"Look at the preview and settle each: say who it is, or that it is somebody new.", nil)
		}
		if then == nil {
			return nil
		}
		return then(tx)
	})
	if err != nil {
		return Diff{}, fmt.Errorf("apply roster: %w", err)
	}
	return diff, nil
}

// Preview says what Apply would change, and changes nothing. Records in doubt
// are left out of the rest of the diff.
func (d *Directory) Preview(ctx context.Context, rosters ...Roster) (Diff, error) {
	return d.PreviewWith(ctx, nil, rosters...)
}

// PreviewWith runs then too, and undoes it.
func (d *Directory) PreviewWith(ctx context.Context, then func(tx *sqlite.Tx) error, rosters ...Roster) (diff Diff, err error) {
	if rosters, err = prepare(rosters); err != nil {
		return Diff{}, err
	}
	err = d.db.Write(ctx, func(tx *sqlite.Tx) error {
		if diff, err = applyAll(tx, rosters); err != nil {
			return err
		}
		if then != nil {
			if err := then(tx); err != nil {
				return err
			}
		}
		return errPreview
	})
	if !errors.Is(err, errPreview) {
		return Diff{}, fmt.Errorf("preview roster: %w", err)
	}
	return diff, nil
}

func prepare(rosters []Roster) ([]Roster, error) {
	for _, r := range rosters { // each alone: a key twice in one file is a fault, in two files it is not
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	merged := party.Merge(rosters)
	for _, r := range merged {
		if err := r.Check(); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

func applyAll(tx *sqlite.Tx, rosters []Roster) (diff Diff, err error) {
	for _, r := range rosters {
		a := &applier{tx: tx, r: r}
		if err := a.run(); err != nil {
			return Diff{}, err
		}
		diff.Join(a.diff)
	}
	diff.Order()
	return diff, nil
}

// applier is one roster on its way into the tables.
type applier struct {
	tx      *sqlite.Tx
	r       Roster
	diff    Diff
	pids    map[string]string // the local id of each record; none for one in doubt
	classes map[string]string // the local id of each class
	fresh   map[string]bool   // pids that were not open before
	names   map[string]string // class id to name
}

func (a *applier) run() error {
	for _, step := range []func() error{a.school, a.nomenclature, a.structures, a.people, a.enrolments, a.services, a.relations, a.closeStructures} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) school() error {
	s := a.r.School
	var uai string
	err := a.tx.QueryRow(`SELECT uai FROM school`).Scan(&uai)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && uai != string(s.UAI) {
		return preau.E(preau.Invalid, fmt.Sprintf("the roster is for school %s and this box serves %s", s.UAI, uai), "Export the roster of "+uai+".", nil)
	}
	_, err = a.tx.Exec(`INSERT INTO school (one, uai, name, year) VALUES (1, ?, ?, nullif(?, 0))
		ON CONFLICT DO UPDATE SET name = excluded.name, year = coalesce(excluded.year, year)`, string(s.UAI), s.Name, s.Year)
	return err
}

// nomenclature keeps every code that was ever named: last year's lessons
// still have theirs. The files of one system write the same name in their own
// case and accents: the first one stays.
func (a *applier) nomenclature() error {
	subjects, mefs := map[string]Subject{}, map[string]MEF{}
	err := each(a.tx, func(scan func(...any) error) error {
		var s Subject
		err := scan(&s.Code, &s.Short, &s.Name)
		subjects[s.Code] = s
		return err
	}, `SELECT code, short, name FROM subject`)
	if err != nil {
		return err
	}
	err = each(a.tx, func(scan func(...any) error) error {
		var m MEF
		err := scan(&m.Code, &m.Name, &m.Level)
		mefs[m.Code] = m
		return err
	}, `SELECT code, name, level FROM mef`)
	if err != nil {
		return err
	}
	for _, s := range a.r.Subjects {
		if was, known := subjects[s.Code]; known && Fold(was.Name) == Fold(s.Name) && Fold(was.Short) == Fold(s.Short) {
			continue
		}
		if err := a.count(`INSERT INTO subject (code, short, name) VALUES (?,?,?)
			ON CONFLICT DO UPDATE SET short = excluded.short, name = excluded.name`, s.Code, s.Short, s.Name); err != nil {
			return err
		}
	}
	for _, m := range a.r.MEFs {
		was, known := mefs[m.Code]
		m.Level = cmp.Or(m.Level, was.Level)
		if known && Fold(was.Name) == Fold(m.Name) && was.Level == m.Level {
			continue
		}
		if err := a.count(`INSERT INTO mef (code, name, level) VALUES (?,?,?)
			ON CONFLICT DO UPDATE SET name = excluded.name, level = excluded.level`, m.Code, m.Name, m.Level); err != nil {
			return err
		}
	}
	return nil
}

// count runs a statement and adds the rows it changed to the links.
func (a *applier) count(query string, args ...any) error {
	res, err := a.tx.Exec(query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	a.diff.Links += int(n)
	return err
}

// newID makes a local id: 80 random bits, fit for a URL and for reading in a
// log.
func newID() string { return strings.ToLower(rand.Text()[:16]) }
