package launch

import (
	"database/sql"
	"errors"
	"maps"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
)

// registration is one person's enrolment in a course.
type registration struct {
	id     preau.ID
	course string
	person string
}

// enrol finds a person's registration, or makes it. What needs nothing of
// anybody is satisfied from then on (9.6.1), and what a course asks no more
// since it was imported again.
func (l *Launches) enrol(tx *sqlite.Tx, c *course.Course, courseID, pid string) (registration, error) {
	reg := registration{course: courseID, person: pid}
	var id []byte
	err := tx.QueryRow(`SELECT id FROM cmi5_registration WHERE course = ? AND pid = ?`, courseID, pid).Scan(&id)
	if err == nil {
		copy(reg.id[:], id)
		return reg, l.settle(tx, reg, c, preau.NewID().String())
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return reg, err
	}
	reg.id = preau.NewID()
	if _, err := tx.Exec(`INSERT INTO cmi5_registration (id, course, pid, made) VALUES (?,?,?,?)`, reg.id[:], courseID, pid, tx.Now.UnixMilli()); err != nil {
		return reg, err
	}
	return reg, l.settle(tx, reg, c, preau.NewID().String())
}

// Unit is how far a registration is with an AU.
type Unit struct {
	cmi5.State
	Failed bool   // the last verdict
	Reason string // of the waiver
	Score  *float64
	Begun  bool // it was launched
}

// units reads those of a registration, by the publisher's id.
func units(tx *sqlite.Tx, reg preau.ID) (map[string]Unit, error) {
	found := map[string]Unit{}
	rows, err := tx.Query(`SELECT au, completed, passed, failed, waived, score FROM cmi5_unit WHERE registration = ?`, reg[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var au string
		var u Unit
		var score sql.NullFloat64
		if err := rows.Scan(&au, &u.Completed, &u.Passed, &u.Failed, &u.Reason, &score); err != nil {
			return nil, err
		}
		if u.Waived = u.Reason != ""; score.Valid {
			u.Score = &score.Float64
		}
		found[au] = u
	}
	return found, rows.Err()
}

// save keeps what a session changed of a unit.
func save(tx *sqlite.Tx, reg preau.ID, au string, u Unit) error {
	_, err := tx.Exec(`INSERT INTO cmi5_unit (registration, au, completed, passed, failed, waived, score, touched) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)
		ON CONFLICT DO UPDATE SET completed = ?3, passed = ?4, failed = ?5, waived = ?6, score = ?7, touched = ?8`,
		reg[:], au, u.Completed, u.Passed, u.Failed, u.Reason, u.Score, tx.Now.UnixMilli())
	return err
}

// settle says what is satisfied now and was not said to be: blocks, the inner
// before the outer, then the course.
func (l *Launches) settle(tx *sqlite.Tx, reg registration, c *course.Course, session string) error {
	all, err := units(tx, reg.id)
	if err != nil {
		return err
	}
	states := maps.Collect(func(yield func(string, cmi5.State) bool) {
		for au, u := range all {
			if !yield(au, u.State) {
				return
			}
		}
	})
	blocks, whole := cmi5.SatisfiedBlocks(c, states)
	for _, b := range blocks {
		if err := l.satisfied(tx, reg, session, kindBlock, b.ID, b.Title); err != nil {
			return err
		}
	}
	if whole {
		return l.satisfied(tx, reg, session, kindCourse, c.ID, c.Title)
	}
	return nil
}

func (l *Launches) satisfied(tx *sqlite.Tx, reg registration, session, kind, publisher string, title course.Text) error {
	res, err := tx.Exec(`INSERT INTO cmi5_satisfied (registration, node, at) VALUES (?,?,?) ON CONFLICT DO NOTHING`, reg.id[:], publisher, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return l.say(tx, reg, note{verb: cmi5.Satisfied, kind: kind, publisher: publisher, title: title, session: session})
}
