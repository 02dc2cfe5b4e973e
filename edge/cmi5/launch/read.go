package launch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
)

// Sheet is how far a person is with a course.
type Sheet struct {
	Registration preau.ID        // zero before the first launch of who joined late
	Units        map[string]Unit // by the publisher's id
	Satisfied    map[string]bool // blocks and the course, likewise
	Done, Of     int             // AUs that something is asked of
}

// Of reads a person's sheet of a course.
func (l *Launches) Of(ctx context.Context, courseID string, c *course.Course, pid string) (s Sheet, err error) {
	err = l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		var id []byte
		err := tx.QueryRow(`SELECT id FROM cmi5_registration WHERE course = ? AND pid = ?`, courseID, pid).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		copy(s.Registration[:], id)
		if s.Units, err = units(tx, s.Registration); err != nil {
			return err
		}
		if err := s.launches(tx); err != nil {
			return err
		}
		return s.satisfied(tx)
	})
	if err != nil {
		return s, fmt.Errorf("read how far somebody is with a course: %w", err)
	}
	for _, au := range c.AUs() {
		if au.MoveOn == course.NotApplicable {
			continue
		}
		if s.Of++; s.Units[au.ID].Meets(au.MoveOn) {
			s.Done++
		}
	}
	return s, nil
}

func (s *Sheet) launches(tx *sqlite.Tx) error {
	rows, err := tx.Query(`SELECT DISTINCT au FROM cmi5_session WHERE registration = ?`, s.Registration[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var au string
		if err := rows.Scan(&au); err != nil {
			return err
		}
		u := s.Units[au]
		u.Begun = true
		s.Units[au] = u
	}
	return rows.Err()
}

func (s *Sheet) satisfied(tx *sqlite.Tx) error {
	s.Satisfied = map[string]bool{}
	rows, err := tx.Query(`SELECT node FROM cmi5_satisfied WHERE registration = ?`, s.Registration[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var node string
		if err := rows.Scan(&node); err != nil {
			return err
		}
		s.Satisfied[node] = true
	}
	return rows.Err()
}
