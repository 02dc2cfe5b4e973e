package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

const planColumns = `SELECT id, kind, title, owner, tree, version, created, updated, closed FROM plan `

// Save stores a plan. One with Version 0 is new; another must name the
// version it was read at, or is preau.Conflict. The same save sent twice
// counts once. Only the owner saves.
func (p *Plans) Save(ctx context.Context, who string, pl Plan) (saved Plan, err error) {
	if err := pl.check(who); err != nil {
		return Plan{}, err
	}
	tree, err := json.Marshal(pl.Nodes)
	if err != nil {
		return Plan{}, fmt.Errorf("encode plan: %w", err)
	}
	if pl.Nodes == nil {
		tree = []byte("[]")
	}
	err = p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		have, err := one(tx, pl.ID)
		switch {
		case errors.Is(err, sql.ErrNoRows) && pl.Version == 0:
			_, err = tx.Exec(`INSERT INTO plan (id, kind, title, owner, tree, version, created, updated) VALUES (?,?,?,?,?,1,?6,?6)`,
				pl.ID[:], string(pl.Kind), pl.Title, who, string(tree), tx.Now.UnixMilli())
		case errors.Is(err, sql.ErrNoRows):
			return notFound(err)
		case err != nil:
			return err
		case have.Owner != who:
			return preau.E(preau.Forbidden, "this plan is somebody else's", "Copy it first.", nil)
		case have.Kind == pl.Kind && have.Title == pl.Title && same(have.Nodes, tree):
			saved = have
			return nil
		case have.Version != pl.Version || have.Kind != pl.Kind:
			return preau.E(preau.Conflict, "this plan was changed in another window", "Reload it and make your change again.", nil)
		default:
			_, err = tx.Exec(`UPDATE plan SET title = ?, tree = ?, version = version + 1, updated = ? WHERE id = ?`,
				pl.Title, string(tree), tx.Now.UnixMilli(), pl.ID[:])
		}
		if err != nil {
			return err
		}
		if saved, err = one(tx, pl.ID); err != nil {
			return err
		}
		return p.say(tx, who, journal.VerbSaved, saved, nil)
	})
	if err != nil {
		return Plan{}, fmt.Errorf("save plan: %w", err)
	}
	return saved, nil
}

func same(nodes []Node, tree []byte) bool {
	have, err := json.Marshal(nodes)
	return err == nil && string(have) == string(tree)
}

func (pl Plan) check(who string) error {
	switch pl.Kind {
	case Course, Homework, Selection, Slides, Module:
	default:
		return invalid(fmt.Sprintf("%.20q is no kind of plan", pl.Kind), "Choose one of the list.")
	}
	if pl.ID.IsZero() || who == "" {
		return invalid("the plan has no id or no owner", "Reload the page and try again.")
	}
	if strings.TrimSpace(pl.Title) == "" || !printable(pl.Title, maxTitle) {
		return invalid("the plan has no title, or too long a one", "Give it a short title.")
	}
	return checkTree(pl.Nodes)
}

// say appends what happened to a plan; the content stream keeps it.
func (p *Plans) say(tx *sqlite.Tx, who, verb string, pl Plan, with map[string]any) error {
	if with == nil {
		with = map[string]any{}
	}
	with["plan_kind"] = pl.Kind
	context, err := json.Marshal(with)
	if err != nil {
		return fmt.Errorf("encode context: %w", err)
	}
	return p.config.Journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamContent, Actor: who, Verb: verb, Object: pl.ID.String(), ObjectKind: "plan",
		Context: context, Timestamp: tx.Now,
	})
}

// Plan finds one, put away or not.
func (p *Plans) Plan(ctx context.Context, id preau.ID) (pl Plan, err error) {
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		pl, err = one(tx, id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Plan{}, notFound(err)
	}
	if err != nil {
		return Plan{}, fmt.Errorf("read plan: %w", err)
	}
	return pl, nil
}

// Owned lists somebody's plans in use, the last changed first.
func (p *Plans) Owned(ctx context.Context, pid string) (found []Plan, err error) {
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(planColumns+`WHERE owner = ? AND closed IS NULL ORDER BY updated DESC LIMIT 500`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			pl, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			found = append(found, pl)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return found, nil
}

// Close puts a plan away, with its registrations. What was done stays known.
func (p *Plans) Close(ctx context.Context, who string, id preau.ID) error {
	err := p.config.DB.Write(ctx, func(tx *sqlite.Tx) error {
		pl, err := owned(tx, who, id)
		if err != nil || !pl.Closed.IsZero() {
			return err
		}
		if _, err := tx.Exec(`UPDATE plan SET closed = ? WHERE id = ?`, tx.Now.UnixMilli(), id[:]); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE registration SET closed = ? WHERE plan = ? AND closed IS NULL`, tx.Now.UnixMilli(), id[:]); err != nil {
			return err
		}
		return p.say(tx, who, journal.VerbClosed, pl, nil)
	})
	if err != nil {
		return fmt.Errorf("close plan: %w", err)
	}
	return nil
}

// owned reads a plan that who may change.
func owned(tx *sqlite.Tx, who string, id preau.ID) (Plan, error) {
	pl, err := one(tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return pl, notFound(err)
	}
	if err == nil && pl.Owner != who {
		err = preau.E(preau.Forbidden, "this plan is somebody else's", "Copy it first.", nil)
	}
	return pl, err
}

func one(tx *sqlite.Tx, id preau.ID) (Plan, error) {
	return scan(tx.QueryRow(planColumns+`WHERE id = ?`, id[:]).Scan)
}

func scan(into func(...any) error) (pl Plan, err error) {
	var id []byte
	var tree string
	var created, updated int64
	var closed sql.NullInt64
	if err := into(&id, &pl.Kind, &pl.Title, &pl.Owner, &tree, &pl.Version, &created, &updated, &closed); err != nil {
		return pl, err
	}
	copy(pl.ID[:], id)
	pl.Created, pl.Updated, pl.Closed = moment(created), moment(updated), maybe(closed)
	if err := json.Unmarshal([]byte(tree), &pl.Nodes); err != nil {
		return pl, fmt.Errorf("decode plan: %w", err)
	}
	return pl, nil
}

func notFound(cause error) error {
	return preau.E(preau.NotFound, "no such plan", "It may have been put away: go back to the list.", cause)
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func maybe(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return moment(ms.Int64)
}
