package directory

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"preau"
	"preau/internal/sqlite"
)

// Diff says what a roster changed, or would change.
type Diff struct {
	Added, Changed, Closed, Reopened []string // names of people and classes
	Enrolled, Withdrawn              int      // enrolments
}

// Empty reports that nothing changed.
func (d Diff) Empty() bool {
	return len(d.Added)+len(d.Changed)+len(d.Closed)+len(d.Reopened)+d.Enrolled+d.Withdrawn == 0
}

// errPreview undoes a preview's transaction.
var errPreview = errors.New("preview")

// Apply makes the tables agree with r, all or nothing.
func (d *Directory) Apply(ctx context.Context, r Roster) (diff Diff, err error) {
	if err := r.check(); err != nil {
		return Diff{}, err
	}
	err = d.db.Write(ctx, func(tx *sqlite.Tx) error {
		diff, err = apply(tx, r)
		return err
	})
	if err != nil {
		return Diff{}, fmt.Errorf("apply roster: %w", err)
	}
	return diff, nil
}

// Preview says what Apply would change, and changes nothing.
func (d *Directory) Preview(ctx context.Context, r Roster) (diff Diff, err error) {
	if err := r.check(); err != nil {
		return Diff{}, err
	}
	err = d.db.Write(ctx, func(tx *sqlite.Tx) error {
		if diff, err = apply(tx, r); err != nil {
			return err
		}
		return errPreview
	})
	if !errors.Is(err, errPreview) {
		return Diff{}, fmt.Errorf("preview roster: %w", err)
	}
	return diff, nil
}

func apply(tx *sqlite.Tx, r Roster) (diff Diff, err error) {
	if err := applySchool(tx, r.School); err != nil {
		return diff, err
	}
	pids, err := applyPeople(tx, r, &diff)
	if err != nil {
		return diff, err
	}
	classes, err := applyClasses(tx, r, &diff)
	if err != nil {
		return diff, err
	}
	return diff, applyEnrolments(tx, r, pids, classes, &diff)
}

func applySchool(tx *sqlite.Tx, s School) error {
	var uai string
	err := tx.QueryRow(`SELECT uai FROM school`).Scan(&uai)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && uai != string(s.UAI) {
		return bad(fmt.Sprintf("the roster is for school %s and this box serves %s", s.UAI, uai), "Export the roster of "+uai+".")
	}
	_, err = tx.Exec(`INSERT INTO school (one, uai, name) VALUES (1, ?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name WHERE name <> excluded.name`, string(s.UAI), s.Name)
	return err
}

// known is a person or class as the tables hold it, by its key.
type known struct {
	id, label string // label: all that a change of would count
	name      string
	closed    bool
	seen      bool
}

func applyPeople(tx *sqlite.Tx, r Roster, diff *Diff) (map[string]string, error) {
	have, err := load(tx, `SELECT p.key, p.pid, p.title || char(0) || p.given || char(0) || p.family || char(0) ||
		coalesce((SELECT group_concat(role, ',') FROM (SELECT role FROM person_role WHERE pid = p.pid ORDER BY role)), ''),
		p.given || ' ' || p.family, p.closed IS NOT NULL FROM person p WHERE p.source = ?`, r.Source)
	if err != nil {
		return nil, err
	}
	if open := countOpen(have); !r.Shrink && open >= 10 && len(r.People) < open/2 {
		return nil, preau.E(preau.Conflict, fmt.Sprintf("the roster holds %d people where %d are known: it looks cut", len(r.People), open),
			"Export it again; if half the school really left, say so when importing.", nil)
	}
	pids := map[string]string{}
	for _, p := range r.People {
		roles := slices.Clone(p.Roles)
		slices.Sort(roles)
		roles = slices.Compact(roles)
		label := strings.Join([]string{p.Title, p.Given, p.Family, join(roles)}, "\x00")
		k, id := settle(have, p.Key, label, p.Given+" "+p.Family, diff)
		pids[p.Key] = id
		if k {
			continue
		}
		_, err := tx.Exec(`INSERT INTO person (pid, source, key, title, given, family, sort) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (pid) DO UPDATE SET title = excluded.title, given = excluded.given, family = excluded.family, sort = excluded.sort, closed = NULL`,
			id, r.Source, p.Key, p.Title, p.Given, p.Family, nameKey(p.Family, p.Given))
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec(`DELETE FROM person_role WHERE pid = ?`, id); err != nil {
			return nil, err
		}
		for _, role := range roles {
			if _, err := tx.Exec(`INSERT INTO person_role (pid, role) VALUES (?, ?)`, id, string(role)); err != nil {
				return nil, err
			}
		}
	}
	return pids, closeUnseen(tx, have, `UPDATE person SET closed = ? WHERE pid = ?`, diff)
}

func applyClasses(tx *sqlite.Tx, r Roster, diff *Diff) (map[string]string, error) {
	have, err := load(tx, `SELECT key, id, name || char(0) || level, name, closed IS NOT NULL FROM class WHERE source = ?`, r.Source)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, c := range r.Classes {
		same, id := settle(have, c.Key, c.Name+"\x00"+c.Level, c.Name, diff)
		ids[c.Key] = id
		if same {
			continue
		}
		_, err := tx.Exec(`INSERT INTO class (id, source, key, name, level, sort) VALUES (?,?,?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, sort = excluded.sort, closed = NULL`,
			id, r.Source, c.Key, c.Name, c.Level, classKey(c.Name))
		if err != nil {
			return nil, err
		}
	}
	return ids, closeUnseen(tx, have, `UPDATE class SET closed = ? WHERE id = ?`, diff)
}

func load(tx *sqlite.Tx, query, source string) (map[string]*known, error) {
	rows, err := tx.Query(query, source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]*known{}
	for rows.Next() {
		var key string
		k := &known{}
		if err := rows.Scan(&key, &k.id, &k.label, &k.name, &k.closed); err != nil {
			return nil, err
		}
		have[key] = k
	}
	return have, rows.Err()
}

// settle finds or makes the local id of key, notes the change in diff, and
// reports whether the row may stay as it is.
func settle(have map[string]*known, key, label, name string, diff *Diff) (same bool, id string) {
	k := have[key]
	switch {
	case k == nil:
		diff.Added = append(diff.Added, name)
		return false, newID()
	case k.closed:
		diff.Reopened = append(diff.Reopened, name)
	case k.label != label:
		diff.Changed = append(diff.Changed, name)
	default:
		same = true
	}
	k.seen = true
	return same, k.id
}

func closeUnseen(tx *sqlite.Tx, have map[string]*known, query string, diff *Diff) error {
	for _, k := range have {
		if k.seen || k.closed {
			continue
		}
		diff.Closed = append(diff.Closed, k.name)
		if _, err := tx.Exec(query, tx.Now.UnixMilli(), k.id); err != nil {
			return err
		}
	}
	slices.Sort(diff.Closed)
	return nil
}

func countOpen(have map[string]*known) (n int) {
	for _, k := range have {
		if !k.closed {
			n++
		}
	}
	return n
}

func applyEnrolments(tx *sqlite.Tx, r Roster, pids, classes map[string]string, diff *Diff) error {
	type row struct{ class, pid, role string }
	want := map[row]bool{}
	for _, e := range r.Enrolments {
		want[row{classes[e.Class], pids[e.Person], string(e.Role)}] = true
	}
	rows, err := tx.Query(`SELECT e.class, e.pid, e.role FROM enrolment e JOIN class c ON c.id = e.class
		WHERE c.source = ? AND e.closed IS NULL`, r.Source)
	if err != nil {
		return err
	}
	defer rows.Close()
	var gone []row
	for rows.Next() {
		var e row
		if err := rows.Scan(&e.class, &e.pid, &e.role); err != nil {
			return err
		}
		if want[e] {
			delete(want, e)
		} else {
			gone = append(gone, e)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	diff.Enrolled, diff.Withdrawn = len(want), len(gone)
	for _, e := range gone {
		if _, err := tx.Exec(`UPDATE enrolment SET closed = ? WHERE class = ? AND pid = ? AND role = ?`, tx.Now.UnixMilli(), e.class, e.pid, e.role); err != nil {
			return err
		}
	}
	for e := range want {
		if _, err := tx.Exec(`INSERT INTO enrolment (class, pid, role) VALUES (?,?,?)
			ON CONFLICT DO UPDATE SET closed = NULL`, e.class, e.pid, e.role); err != nil {
			return err
		}
	}
	return nil
}

func join(roles []Role) string {
	parts := make([]string, len(roles))
	for i, r := range roles {
		parts[i] = string(r)
	}
	return strings.Join(parts, ",")
}

// newID makes a local id: 80 random bits, fit for a URL and for reading in a
// log.
func newID() string { return strings.ToLower(rand.Text()[:16]) }
