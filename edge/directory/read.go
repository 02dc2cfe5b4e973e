package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// School is the establishment of the last roster; preau.NotFound before it.
func (d *Directory) School(ctx context.Context) (s School, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT uai, name, coalesce(year, 0) FROM school`).Scan(&s.UAI, &s.Name, &s.Year)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return s, preau.E(preau.NotFound, "no roster has been imported yet", "Import the school's roster.", nil)
	}
	return s, wrap("read school", err)
}

const classColumns = `SELECT c.id, c.name, c.level, c.kind = 'group',
	(SELECT count(*) FROM enrolment e WHERE e.class = c.id AND e.role = 'National_elv' AND e.closed IS NULL) FROM class c `

// Classes lists the open divisions, youngest first.
func (d *Directory) Classes(ctx context.Context) ([]Class, error) {
	return d.classes(ctx, classColumns+`WHERE c.closed IS NULL AND c.kind = 'division' ORDER BY c.sort`)
}

// Groups lists the open teaching groups, youngest first.
func (d *Directory) Groups(ctx context.Context) ([]Class, error) {
	return d.classes(ctx, classColumns+`WHERE c.closed IS NULL AND c.kind = 'group' ORDER BY c.sort`)
}

// ClassesOf lists the open divisions and then groups a person belongs to, in
// any role.
func (d *Directory) ClassesOf(ctx context.Context, pid string) ([]Class, error) {
	return d.classes(ctx, classColumns+`WHERE c.closed IS NULL AND EXISTS
		(SELECT 1 FROM enrolment e WHERE e.class = c.id AND e.pid = ? AND e.closed IS NULL) ORDER BY c.kind, c.sort`, pid)
}

// ClassByKey finds a class by the name its source gives it.
func (d *Directory) ClassByKey(ctx context.Context, source, key string) (Class, error) {
	found, err := d.classes(ctx, classColumns+`JOIN class_key k ON k.class = c.id WHERE k.source = ? AND k.key = ?`, source, key)
	if err == nil && len(found) == 0 {
		return Class{}, preau.E(preau.NotFound, "no such class", "Choose it again from the list.", nil)
	}
	if err != nil {
		return Class{}, err
	}
	return found[0], nil
}

// Class finds one open class or group.
func (d *Directory) Class(ctx context.Context, id string) (Class, error) {
	found, err := d.classes(ctx, classColumns+`WHERE c.closed IS NULL AND c.id = ?`, id)
	if err == nil && len(found) == 0 {
		return Class{}, preau.E(preau.NotFound, "no such class", "Choose it again from the list.", nil)
	}
	if err != nil {
		return Class{}, err
	}
	return found[0], nil
}

func (d *Directory) classes(ctx context.Context, query string, args ...any) (found []Class, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c Class
			if err := rows.Scan(&c.ID, &c.Name, &c.Level, &c.Group, &c.Pupils); err != nil {
				return err
			}
			found = append(found, c)
		}
		return rows.Err()
	})
	return found, wrap("read classes", err)
}

const personColumns = `SELECT p.pid, p.title, p.given, p.family, p.mef, p.closed,
	coalesce((SELECT group_concat(r.role, ',') FROM person_role r WHERE r.pid = p.pid), '') FROM person p `

// Pupils lists a class in alphabetical order.
func (d *Directory) Pupils(ctx context.Context, class string) ([]Person, error) {
	return d.people(ctx, personColumns+`JOIN enrolment e ON e.pid = p.pid
		WHERE e.class = ? AND e.role = 'National_elv' AND e.closed IS NULL AND p.closed IS NULL ORDER BY p.sort`, class)
}

// Teachers lists those who teach here.
func (d *Directory) Teachers(ctx context.Context) ([]Person, error) { return d.With(ctx, Teacher) }

// With lists the people at school who have a role.
func (d *Directory) With(ctx context.Context, role Role) ([]Person, error) {
	return d.people(ctx, personColumns+`JOIN person_role w ON w.pid = p.pid
		WHERE w.role = ? AND p.closed IS NULL ORDER BY p.sort`, string(role))
}

// Person finds anybody, at school or gone: a register of last month still
// has names. Whoever left has Closed set.
func (d *Directory) Person(ctx context.Context, pid string) (Person, error) {
	return d.one(ctx, personColumns+`WHERE p.pid = ?`, pid)
}

// ByKey finds a person by a name that a source has given them.
func (d *Directory) ByKey(ctx context.Context, source, key string) (Person, error) {
	return d.one(ctx, personColumns+`JOIN person_key k ON k.pid = p.pid WHERE k.source = ? AND k.key = ?`, source, key)
}

func (d *Directory) one(ctx context.Context, query string, args ...any) (Person, error) {
	found, err := d.people(ctx, query, args...)
	if err == nil && len(found) == 0 {
		return Person{}, preau.E(preau.NotFound, "no such person", "Choose the name again from the list.", nil)
	}
	if err != nil {
		return Person{}, err
	}
	return found[0], nil
}

func (d *Directory) people(ctx context.Context, query string, args ...any) (found []Person, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p Person
			var closed sql.NullInt64
			var roles string
			if err := rows.Scan(&p.ID, &p.Title, &p.Given, &p.Family, &p.MEF, &closed, &roles); err != nil {
				return err
			}
			if closed.Valid {
				p.Closed = time.UnixMilli(closed.Int64).UTC()
			}
			for role := range strings.SplitSeq(roles, ",") {
				p.Roles = append(p.Roles, Role(role))
			}
			found = append(found, p)
		}
		return rows.Err()
	})
	return found, wrap("read people", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
