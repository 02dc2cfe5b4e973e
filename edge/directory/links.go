package directory

import (
	"context"

	"preau/internal/sqlite"
)

// Responsible is somebody who answers for a pupil.
type Responsible struct {
	Person
	Legal int    // 1 and 2 in law, 0 another contact
	Phone string // where they are told of an absence, or nothing
}

// Teaching is who teaches what to whom.
type Teaching struct {
	Class, Person string // ids
	Subject       Subject
}

// GuardiansOf lists who answers for a pupil, the legal ones first.
func (d *Directory) GuardiansOf(ctx context.Context, child string) (found []Responsible, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return each(tx, func(scan func(...any) error) error {
			r := Responsible{Person: Person{Roles: []Role{Guardian}}}
			if err := scan(&r.ID, &r.Title, &r.Given, &r.Family, &r.Phone, &r.Legal); err != nil {
				return err
			}
			found = append(found, r)
			return nil
		}, `SELECT p.pid, p.title, p.given, p.family, p.phone, l.legal FROM relation l JOIN person p ON p.pid = l.guardian
			WHERE l.child = ? AND p.closed IS NULL ORDER BY l.legal = 0, l.legal, p.sort`, child)
	})
	return found, wrap("read guardians", err)
}

// ChildrenOf lists the pupils at school for whom a person answers.
func (d *Directory) ChildrenOf(ctx context.Context, guardian string) ([]Person, error) {
	return d.people(ctx, personColumns+`JOIN relation l ON l.child = p.pid WHERE l.guardian = ? AND p.closed IS NULL ORDER BY p.sort`, guardian)
}

// Taught lists what is taught to a class, by whom.
func (d *Directory) Taught(ctx context.Context, class string) ([]Teaching, error) {
	return d.teaching(ctx, `WHERE s.class = ?`, class)
}

// Teaches lists what a person teaches, to whom.
func (d *Directory) Teaches(ctx context.Context, pid string) ([]Teaching, error) {
	return d.teaching(ctx, `WHERE s.pid = ?`, pid)
}

func (d *Directory) teaching(ctx context.Context, where, id string) (found []Teaching, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return each(tx, func(scan func(...any) error) error {
			var t Teaching
			if err := scan(&t.Class, &t.Person, &t.Subject.Code, &t.Subject.Short, &t.Subject.Name); err != nil {
				return err
			}
			found = append(found, t)
			return nil
		}, `SELECT s.class, s.pid, s.subject, coalesce(m.short, s.subject), coalesce(m.name, s.subject)
			FROM service s LEFT JOIN subject m ON m.code = s.subject `+where+` ORDER BY s.subject, s.class, s.pid`, id)
	})
	return found, wrap("read services", err)
}

// Subjects lists the matières of the nomenclature.
func (d *Directory) Subjects(ctx context.Context) (found []Subject, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return each(tx, func(scan func(...any) error) error {
			var s Subject
			if err := scan(&s.Code, &s.Short, &s.Name); err != nil {
				return err
			}
			found = append(found, s)
			return nil
		}, `SELECT code, short, name FROM subject ORDER BY code`)
	})
	return found, wrap("read matières", err)
}

// Keys are the names that a source gives to everybody it knows, by pid: what
// an export to that system needs. Whoever left keeps theirs.
func (d *Directory) Keys(ctx context.Context, source string) (keys map[string]string, err error) {
	keys = map[string]string{}
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return each(tx, func(scan func(...any) error) error {
			var pid, key string
			err := scan(&pid, &key)
			keys[pid] = key
			return err
		}, `SELECT pid, key FROM person_key WHERE source = ? ORDER BY key`, source)
	})
	return keys, wrap("read keys", err)
}
