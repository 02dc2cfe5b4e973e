package directory

import (
	"fmt"

	"preau"
)

type enrolled struct{ class, pid, role string }

// enrolments opens and closes who belongs where, for the people that the
// roster speaks for.
func (a *applier) enrolments() error {
	want := map[enrolled]bool{}
	for _, e := range a.r.Enrolments {
		if pid := a.pids[e.Person]; pid != "" && a.classes[e.Class] != "" {
			want[enrolled{a.classes[e.Class], pid, string(e.Role)}] = true
		}
	}
	gone, known, err := a.withdrawn(want)
	if err != nil {
		return err
	}
	if !a.r.Shrink && a.r.Delta == nil && known >= 10 && len(a.r.Enrolments) == 0 && len(a.r.People) > 0 {
		return preau.E(preau.Conflict, fmt.Sprintf("the roster puts nobody in a class where %d are: it looks cut", known),
			"Export it again with the classes; if they are really gone, say so when importing.", nil)
	}
	a.diff.Enrolled, a.diff.Withdrawn = len(want), len(gone)
	if err := a.moves(want, gone); err != nil {
		return err
	}
	for _, e := range gone {
		if _, err := a.tx.Exec(`UPDATE enrolment SET closed = ? WHERE class = ? AND pid = ? AND role = ?`, a.tx.Now.UnixMilli(), e.class, e.pid, e.role); err != nil {
			return err
		}
	}
	for e := range want {
		if _, err := a.tx.Exec(`INSERT INTO enrolment (class, pid, role) VALUES (?,?,?)
			ON CONFLICT DO UPDATE SET closed = NULL`, e.class, e.pid, e.role); err != nil {
			return err
		}
	}
	return nil
}

// withdrawn takes what stands already out of want, and lists what stands and
// is not wanted.
func (a *applier) withdrawn(want map[enrolled]bool) (gone []enrolled, known int, err error) {
	told, ended := a.told(), a.ended()
	err = each(a.tx, func(scan func(...any) error) error {
		var e enrolled
		var source string
		if err := scan(&e.class, &e.pid, &e.role, &source); err != nil {
			return err
		}
		if want[e] {
			known++
			delete(want, e)
			return nil
		}
		part := Staff
		if e.role == string(Pupil) {
			part = Pupils
		}
		if source == a.r.Source && (a.r.Knows(part) || told[e.pid] || ended[e]) {
			known++
			gone = append(gone, e)
		}
		return nil
	}, `SELECT e.class, e.pid, e.role, p.source FROM enrolment e JOIN person p ON p.pid = e.pid WHERE e.closed IS NULL ORDER BY e.pid, e.class`)
	return gone, known, err
}

// moves tells the pupils who stay and change division from those who come
// and go.
func (a *applier) moves(want map[enrolled]bool, gone []enrolled) error {
	if len(want) == 0 || len(gone) == 0 {
		return nil
	}
	divisions, people := map[string]string{}, map[string]string{}
	err := each(a.tx, func(scan func(...any) error) error {
		var id, name string
		err := scan(&id, &name)
		divisions[id] = name
		return err
	}, `SELECT id, name FROM class WHERE kind = 'division'`)
	if err != nil {
		return err
	}
	from := map[string]string{}
	for _, e := range gone {
		if name := divisions[e.class]; name != "" && e.role == string(Pupil) {
			from[e.pid] = name
		}
	}
	for _, p := range a.r.People {
		people[a.pids[p.Key]] = p.Given + " " + p.Family
	}
	for e := range want {
		was, to := from[e.pid], divisions[e.class]
		if was != "" && to != "" && e.role == string(Pupil) && !a.fresh[e.pid] {
			if people[e.pid] == "" {
				if people[e.pid], err = a.nameOf(e.pid); err != nil {
					return err
				}
			}
			a.diff.Moved = append(a.diff.Moved, Move{Person: e.pid, Name: people[e.pid], From: was, To: to})
		}
	}
	return nil
}

// services makes the teachers' subjects agree with the roster.
func (a *applier) services() error {
	if len(a.r.Services) == 0 && a.r.Covers&Staff == 0 && a.r.Delta == nil {
		return nil
	}
	want := map[[3]string]bool{}
	for _, s := range a.r.Services {
		if pid := a.pids[s.Person]; pid != "" && a.classes[s.Class] != "" {
			want[[3]string{a.classes[s.Class], pid, s.Subject}] = true
		}
	}
	told := a.told()
	return a.links(want, func(row [3]string) bool { return a.r.Knows(Staff) || told[row[1]] }, `SELECT s.class, s.pid, s.subject FROM service s JOIN person p ON p.pid = s.pid WHERE p.source = ?`,
		`INSERT INTO service (class, pid, subject) VALUES (?,?,?) ON CONFLICT DO NOTHING`,
		`DELETE FROM service WHERE class = ? AND pid = ? AND subject = ?`)
}

// relations makes who answers for whom agree with the roster.
func (a *applier) relations() error {
	if len(a.r.Relations) == 0 && a.r.Covers&Guardians == 0 {
		return nil
	}
	children := map[string]string{}
	err := each(a.tx, func(scan func(...any) error) error {
		var key, pid string
		err := scan(&key, &pid)
		children[key] = pid
		return err
	}, `SELECT k.key, k.pid FROM person_key k JOIN person p ON p.pid = k.pid WHERE k.source = ? AND p.closed IS NULL`, a.r.Source)
	if err != nil {
		return err
	}
	best, want := map[[2]string]int{}, map[[3]string]bool{}
	for _, l := range a.r.Relations {
		pair := [2]string{a.pids[l.Guardian], children[l.Child]}
		if have, twice := best[pair]; pair[0] != "" && pair[1] != "" && (!twice || have == 0 || l.Legal > 0 && l.Legal < have) {
			best[pair] = l.Legal
		}
	}
	for pair, legal := range best {
		want[[3]string{pair[0], pair[1], fmt.Sprint(legal)}] = true
	}
	return a.links(want, func([3]string) bool { return a.r.Knows(Guardians) }, `SELECT l.guardian, l.child, l.legal FROM relation l JOIN person p ON p.pid = l.guardian WHERE p.source = ?`,
		`INSERT INTO relation (guardian, child, legal) VALUES (?,?,?) ON CONFLICT DO UPDATE SET legal = excluded.legal`,
		`DELETE FROM relation WHERE guardian = ? AND child = ? AND legal = ?`)
}

// links makes the rows of a table of three columns agree with want.
func (a *applier) links(want map[[3]string]bool, whole func(row [3]string) bool, query, insert, remove string) error {
	var gone [][3]string
	err := each(a.tx, func(scan func(...any) error) error {
		var row [3]string
		if err := scan(&row[0], &row[1], &row[2]); err != nil {
			return err
		}
		if want[row] {
			delete(want, row)
		} else if whole(row) {
			gone = append(gone, row)
		}
		return nil
	}, query, a.r.Source)
	if err != nil {
		return err
	}
	for _, row := range gone {
		if err := a.count(remove, row[0], row[1], row[2]); err != nil {
			return err
		}
	}
	for row := range want {
		if err := a.count(insert, row[0], row[1], row[2]); err != nil {
			return err
		}
	}
	return nil
}
