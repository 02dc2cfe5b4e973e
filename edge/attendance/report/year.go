// Package report writes attendance as documents: the yearly register of a
// class, signed (PDF for people, JSON and CSV for machines, in one archive),
// and what the livret scolaire takes of it. It promises that every document of
// an archive says the same, that a register altered afterwards no longer
// verifies, and that no cell of a table is taken for a formula.
//
// It refuses to decide: who was absent and why is attendance's to say.
package report

import (
	"context"
	"fmt"
	"sort"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/directory"
)

// Year is the register of one class over one school year, as it stands.
type Year struct {
	Format  string    `json:"format"` // "preau-register/1"
	UAI     preau.UAI `json:"uai"`
	School  string    `json:"school"`
	Class   string    `json:"class"`
	From    string    `json:"from"` // 2026-09-01
	To      string    `json:"to"`   // 2027-08-31, included
	Made    time.Time `json:"made"`
	Lessons []Lesson  `json:"lessons"`
	Pupils  []Pupil   `json:"pupils"`
}

// Lesson is one roll of it. Whoever is not in Marks was present.
type Lesson struct {
	Start    time.Time `json:"start"`
	Taken    time.Time `json:"taken"`
	By       string    `json:"by"`
	Expected int       `json:"expected"`
	Marks    []Mark    `json:"marks"`
}

// Mark is how one pupil was not simply present.
type Mark struct {
	Pupil   string           `json:"pupil"`
	State   attendance.State `json:"state"`
	Minutes int              `json:"minutes,omitempty"`
}

// Pupil sums one up.
type Pupil struct {
	ID          string `json:"-"`
	Name        string `json:"name"`
	Family      string `json:"-"`
	Given       string `json:"-"`
	Justified   int    `json:"half_days_justified"`
	Unjustified int    `json:"half_days_unjustified"`
	Lates       int    `json:"lates"`
}

// SchoolYear is the one a moment falls in: from 1 September to 31 August.
func SchoolYear(at time.Time) (from, to time.Time) {
	year := at.Year()
	if at.Month() < time.September {
		year--
	}
	return time.Date(year, time.September, 1, 0, 0, 0, 0, at.Location()), time.Date(year+1, time.September, 1, 0, 0, 0, 0, at.Location())
}

// Build gathers the register of a class between two moments.
func Build(ctx context.Context, a *attendance.Attendance, d *directory.Directory, class string, from, to, now time.Time) (y Year, err error) {
	school, err := d.School(ctx)
	if err != nil {
		return y, err
	}
	c, err := d.Class(ctx, class)
	if err != nil {
		return y, err
	}
	y = Year{Format: "preau-register/1", UAI: school.UAI, School: school.Name, Class: c.Name,
		From: from.Format(time.DateOnly), To: to.AddDate(0, 0, -1).Format(time.DateOnly), Made: now.UTC().Truncate(time.Second)}
	names, lates := map[string]string{}, map[string]int{}
	name := func(pid string) string {
		if _, ok := names[pid]; !ok {
			names[pid] = pid // left and erased: the register keeps its line
			if p, err := d.Person(ctx, pid); err == nil {
				names[pid] = p.Family + " " + p.Given
			}
		}
		return names[pid]
	}
	err = a.Year(ctx, from, to, class, func(t attendance.Taken) error {
		l := Lesson{Start: t.Start.UTC(), Taken: t.At.UTC(), By: name(t.Teacher), Expected: t.Expected, Marks: []Mark{}}
		for pid, m := range t.Marks {
			l.Marks = append(l.Marks, Mark{name(pid), m.State, m.Minutes})
			if m.State.Flags().CountsLate {
				lates[pid]++
			}
		}
		sort.Slice(l.Marks, func(i, j int) bool { return l.Marks[i].Pupil < l.Marks[j].Pupil })
		y.Lessons = append(y.Lessons, l)
		return nil
	})
	if err != nil {
		return y, fmt.Errorf("gather the register: %w", err)
	}
	pupils, err := d.Pupils(ctx, class)
	if err != nil {
		return y, err
	}
	for _, p := range pupils {
		one := Pupil{ID: p.ID, Name: p.Family + " " + p.Given, Family: p.Family, Given: p.Given, Lates: lates[p.ID]}
		missed, err := a.Missed(ctx, p.ID, from, to)
		if err != nil {
			return y, err
		}
		for _, m := range missed {
			if m.Legitimate() {
				one.Justified++
			} else {
				one.Unjustified++
			}
		}
		y.Pupils = append(y.Pupils, one)
	}
	return y, nil
}
