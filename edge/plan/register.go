package plan

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Assigned is a plan as somebody received it.
type Assigned struct {
	Plan
	Registration Registration
}

// Assign gives a plan to a class or a person. Sent twice, it counts once.
func (p *Plans) Assign(ctx context.Context, who string, r Registration) error {
	if r.ID.IsZero() || (r.Class == "") == (r.Person == "") {
		return invalid("the plan is given to nobody, or to two at once", "Choose a class or a person.")
	}
	if len(r.Note) > maxNote || !r.Due.IsZero() && r.Due.Before(r.Opens) || !r.Ends.IsZero() && r.Ends.Before(r.Opens) {
		return invalid("the dates are in the wrong order, or the note is too long", "Correct them.")
	}
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		pl, err := one(tx, r.Plan)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound(err)
		}
		if err != nil {
			return err
		}
		if !pl.Closed.IsZero() {
			return preau.E(preau.Conflict, "this plan was put away", "Copy it first.", nil)
		}
		if pl.Kind == Selection && pl.Owner != who {
			return preau.E(preau.Forbidden, "this selection is somebody else's", "Make your own.", nil)
		}
		if r.Opens.IsZero() {
			r.Opens = tx.Now
		}
		res, err := tx.Exec(`INSERT INTO registration (id, plan, class, pid, tutor, note, opens, due, ends, gate, made) VALUES (?,?,?,?,?,?,?,?,?,?,?)
			ON CONFLICT DO NOTHING`, r.ID[:], r.Plan[:], r.Class, r.Person, r.Tutor, r.Note, r.Opens.UnixMilli(), msOf(r.Due), msOf(r.Ends), blobOf(r.Gate), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return p.say(tx, who, journal.VerbShared, pl, map[string]any{"group": r.Class, "registration": r.ID})
	})
	if err != nil {
		return fmt.Errorf("assign plan: %w", err)
	}
	return nil
}

// Withdraw takes a plan back from those it was given to. Only its owner or
// the registration's tutor may.
func (p *Plans) Withdraw(ctx context.Context, who string, id preau.ID) error {
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var plan []byte
		var tutor string
		err := tx.QueryRow(`SELECT plan, tutor FROM registration WHERE id = ? AND closed IS NULL`, id[:]).Scan(&plan, &tutor)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // taken back already
		}
		if err != nil {
			return err
		}
		var of preau.ID
		copy(of[:], plan)
		pl, err := one(tx, of)
		if err != nil {
			return err
		}
		if pl.Owner != who && tutor != who {
			return preau.E(preau.Forbidden, "this plan was given by somebody else", "Ask them.", nil)
		}
		if _, err := tx.Exec(`UPDATE registration SET closed = ? WHERE id = ?`, tx.Now.UnixMilli(), id[:]); err != nil {
			return err
		}
		return p.say(tx, who, journal.VerbWithdrawn, pl, map[string]any{"registration": id})
	})
	if err != nil {
		return fmt.Errorf("withdraw plan: %w", err)
	}
	return nil
}

const registrationColumns = `SELECT r.id, r.plan, r.class, r.pid, r.tutor, r.note, r.opens, r.due, r.ends, r.gate, r.made FROM registration r `

// Registrations lists to whom a plan is given now.
func (p *Plans) Registrations(ctx context.Context, plan preau.ID) (found []Registration, err error) {
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = registrations(tx, registrationColumns+`WHERE r.plan = ? AND r.closed IS NULL ORDER BY r.made, r.id`, plan[:])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	return found, nil
}

// For lists what a person is to do at a moment, by their own name or their
// classes': what is due first, then the newest. A plan behind a gate that has
// not been agreed to is left out.
func (p *Plans) For(ctx context.Context, pid string, classes []string, now time.Time) (found []Assigned, err error) {
	var all []Registration
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		const open = ` AND r.closed IS NULL AND r.opens <= ?2 AND (r.ends IS NULL OR r.ends > ?2)`
		if all, err = registrations(tx, registrationColumns+`WHERE r.pid <> '' AND r.pid = ?1`+open, pid, now.UnixMilli()); err != nil {
			return err
		}
		for _, class := range classes {
			more, err := registrations(tx, registrationColumns+`WHERE r.class <> '' AND r.class = ?1`+open, class, now.UnixMilli())
			if err != nil {
				return err
			}
			all = append(all, more...)
		}
		seen := map[preau.ID]bool{}
		for _, r := range all {
			if seen[r.Plan] {
				continue // given twice: to the class and to the pupil
			}
			seen[r.Plan] = true
			pl, err := one(tx, r.Plan)
			if err != nil {
				return err
			}
			found = append(found, Assigned{pl, r})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is to be done: %w", err)
	}
	if found, err = p.agreed(ctx, found); err != nil {
		return nil, err
	}
	order(found)
	return found, nil
}

// agreed leaves out what waits for a case.
func (p *Plans) agreed(ctx context.Context, all []Assigned) (open []Assigned, err error) {
	for _, a := range all {
		ok := a.Registration.Gate.IsZero()
		if !ok && p.config.Agreed != nil {
			if ok, err = p.config.Agreed(ctx, a.Registration.Gate); err != nil {
				return nil, fmt.Errorf("ask the case behind a plan: %w", err)
			}
		}
		if ok {
			open = append(open, a)
		}
	}
	return open, nil
}

func registrations(tx *sqlite.Tx, query string, args ...any) (found []Registration, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Registration
		var id, plan, gate []byte
		var opens, made int64
		var due, ends sql.NullInt64
		if err := rows.Scan(&id, &plan, &r.Class, &r.Person, &r.Tutor, &r.Note, &opens, &due, &ends, &gate, &made); err != nil {
			return nil, err
		}
		copy(r.ID[:], id)
		copy(r.Plan[:], plan)
		copy(r.Gate[:], gate)
		r.Opens, r.Made, r.Due, r.Ends = moment(opens), moment(made), maybe(due), maybe(ends)
		found = append(found, r)
	}
	return found, rows.Err()
}

func msOf(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func blobOf(id preau.ID) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}
