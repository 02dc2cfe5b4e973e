package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Validation is what an adult says of a step.
type Validation string

// The validations.
const (
	Attended Validation = "attended" // was at the meeting
	Waived   Validation = "waived"   // need not do it
)

// Validate notes that a person was at a meeting, or need not do a step.
// Saying it again changes nothing; saying the other voids the first.
func (p *Plans) Validate(ctx context.Context, who string, plan preau.ID, node, pid string, v Validation) error {
	verb := journal.VerbAttended
	if v == Waived {
		verb = journal.VerbWaived
	} else if v != Attended {
		return invalid(fmt.Sprintf("%.20q is no validation", v), "Reload the page and try again.")
	}
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		pl, err := one(tx, plan)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound(err)
		}
		if err != nil {
			return err
		}
		at := slices.IndexFunc(slices.Collect(Walk(pl.Nodes)), func(n Node) bool { return n.ID == node && (v == Waived || n.Meeting) })
		if at < 0 {
			return preau.E(preau.NotFound, "the plan has no such step to validate", "Reload the page: the plan may have changed.", nil)
		}
		if have, err := p.unsay(tx, who, plan, node, pid, v); err != nil || have {
			return err
		}
		context, err := json.Marshal(map[string]any{"plan": plan, "node": node, "instructor": who})
		if err != nil {
			return fmt.Errorf("encode context: %w", err)
		}
		st := &preau.Statement{
			ID: preau.NewID(), Stream: preau.StreamLearning, Actor: pid, Verb: verb, Object: plan.String() + "#" + node, ObjectKind: "step",
			Context: context, Timestamp: tx.Now,
		}
		if err := p.config.Journal.Append(tx, st); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO validation (plan, node, pid, kind, tutor, at, statement) VALUES (?,?,?,?,?,?,?)`,
			plan[:], node, pid, string(v), who, tx.Now.UnixMilli(), st.ID[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("validate step: %w", err)
	}
	return nil
}

// Unvalidate takes back what was said of a step.
func (p *Plans) Unvalidate(ctx context.Context, who string, plan preau.ID, node, pid string) error {
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := p.unsay(tx, who, plan, node, pid, "")
		return err
	})
	if err != nil {
		return fmt.Errorf("take a validation back: %w", err)
	}
	return nil
}

// unsay voids what was said, unless it is what is wanted.
func (p *Plans) unsay(tx *sqlite.Tx, who string, plan preau.ID, node, pid string, wanted Validation) (have bool, err error) {
	var kind string
	var statement []byte
	err = tx.QueryRow(`SELECT kind, statement FROM validation WHERE plan = ? AND node = ? AND pid = ?`, plan[:], node, pid).Scan(&kind, &statement)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case kind == string(wanted):
		return true, nil
	}
	var id preau.ID
	copy(id[:], statement)
	err = p.config.Journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamLearning, Actor: who, Verb: journal.VerbVoided, Object: id.String(), ObjectKind: "statement",
		Timestamp: tx.Now, Voids: id,
	})
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(`DELETE FROM validation WHERE plan = ? AND node = ? AND pid = ?`, plan[:], node, pid)
	return false, err
}

// Rate notes how a person likes an item, 1 to 5 stars.
func (p *Plans) Rate(ctx context.Context, pid, item string, stars int) error {
	if pid == "" || item == "" || !printable(item, 2<<10) || stars < 1 || stars > 5 {
		return invalid("a rating is of a resource, between 1 and 5", "Choose a number of stars.")
	}
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var have int
		if err := tx.QueryRow(`SELECT stars FROM rating WHERE pid = ? AND item = ?`, pid, item).Scan(&have); err == nil && have == stars {
			return nil
		}
		if _, err := tx.Exec(`INSERT INTO rating (pid, item, stars, at) VALUES (?1,?2,?3,?4) ON CONFLICT DO UPDATE SET stars = ?3, at = ?4`,
			pid, item, stars, tx.Now.UnixMilli()); err != nil {
			return err
		}
		return p.config.Journal.Append(tx, &preau.Statement{
			ID: preau.NewID(), Stream: preau.StreamContent, Actor: pid, Verb: journal.VerbRated, Object: item, ObjectKind: "item",
			Result: fmt.Appendf(nil, `{"score":{"raw":%d,"min":1,"max":5}}`, stars), Timestamp: tx.Now,
		})
	})
	if err != nil {
		return fmt.Errorf("rate item: %w", err)
	}
	return nil
}

// Ratings are a person's own, by item.
func (p *Plans) Ratings(ctx context.Context, pid string) (stars map[string]int, err error) {
	stars = map[string]int{}
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT item, stars FROM rating WHERE pid = ?`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var item string
			var n int
			if err := rows.Scan(&item, &n); err != nil {
				return err
			}
			stars[item] = n
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read ratings: %w", err)
	}
	return stars, nil
}
