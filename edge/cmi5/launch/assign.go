package launch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Assignment gives a course to a class or to a person: one of both is set.
type Assignment struct {
	ID     preau.ID
	Course string
	Class  string
	Person string
	Tutor  string
	Made   time.Time
}

// Assign gives a course and enrols pupils, who are those it is given to now;
// whoever joins the class later is enrolled by their first launch. Sent twice,
// it counts once.
func (l *Launches) Assign(ctx context.Context, a Assignment, pupils []string) error {
	if a.ID.IsZero() || (a.Class == "") == (a.Person == "") {
		return preau.E(preau.Invalid, "the course is given to nobody, or to two at once", "Choose a class or a person.", nil)
	}
	err := l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		c, err := cmi5.CourseIn(tx, a.Course)
		if err != nil {
			return err
		}
		res, err := tx.Exec(`INSERT INTO cmi5_assignment (id, course, class, pid, tutor, made) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
			a.ID[:], a.Course, a.Class, a.Person, a.Tutor, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		for _, pid := range pupils {
			if _, err := l.enrol(tx, c, a.Course, pid); err != nil {
				return err
			}
		}
		return l.share(tx, a.Tutor, journal.VerbShared, c, a)
	})
	if err != nil {
		return fmt.Errorf("give a course: %w", err)
	}
	return nil
}

// Withdraw takes a course back; what was done stays.
func (l *Launches) Withdraw(ctx context.Context, who string, id preau.ID) error {
	err := l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		list, err := assignments(tx, `WHERE id = ? AND closed IS NULL`, id[:])
		if err != nil || len(list) == 0 {
			return err // taken back already
		}
		if _, err := tx.Exec(`UPDATE cmi5_assignment SET closed = ? WHERE id = ?`, tx.Now.UnixMilli(), id[:]); err != nil {
			return err
		}
		c, err := cmi5.CourseIn(tx, list[0].Course)
		if err != nil {
			return err
		}
		return l.share(tx, who, journal.VerbWithdrawn, c, list[0])
	})
	if err != nil {
		return fmt.Errorf("take a course back: %w", err)
	}
	return nil
}

func (l *Launches) share(tx *sqlite.Tx, who, verb string, c *course.Course, a Assignment) error {
	raw, err := json.Marshal(map[string]any{"group": a.Class, "assignment": a.ID})
	if err != nil {
		return err
	}
	return l.Journal.Append(tx, &preau.Statement{Stream: preau.StreamContent, Actor: who, Verb: verb, Object: c.ID, ObjectKind: "course", Context: raw, Timestamp: tx.Now})
}

// Assignments lists to whom a course is given now.
func (l *Launches) Assignments(ctx context.Context, course string) (found []Assignment, err error) {
	err = l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = assignments(tx, `WHERE course = ? AND closed IS NULL ORDER BY made, id`, course)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list who has a course: %w", err)
	}
	return found, nil
}

// Given lists the courses that a person has, by their own name or their
// classes', the last given first.
func (l *Launches) Given(ctx context.Context, pid string, classes []string) (courses []string, err error) {
	err = l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		courses, err = given(tx, pid, classes)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list a person's courses: %w", err)
	}
	return courses, nil
}

func given(tx *sqlite.Tx, pid string, classes []string) (courses []string, err error) {
	wanted, err := json.Marshal(classes)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT course FROM cmi5_assignment WHERE closed IS NULL AND (pid <> '' AND pid = ? OR class <> '' AND class IN (SELECT value FROM json_each(?)))
		GROUP BY course ORDER BY max(made) DESC, course`, pid, string(wanted))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		courses = append(courses, c)
	}
	return courses, rows.Err()
}

func assignments(tx *sqlite.Tx, where string, args ...any) (found []Assignment, err error) {
	rows, err := tx.Query(`SELECT id, course, class, pid, tutor, made FROM cmi5_assignment `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a Assignment
		var id []byte
		var made int64
		if err := rows.Scan(&id, &a.Course, &a.Class, &a.Person, &a.Tutor, &made); err != nil {
			return nil, err
		}
		copy(a.ID[:], id)
		a.Made = time.UnixMilli(made).UTC()
		found = append(found, a)
	}
	return found, rows.Err()
}
