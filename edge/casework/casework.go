// Package casework keeps démarches: somebody asks for something about a
// person, somebody entitled decides, and each step is in the journal. It
// promises that a case opened twice is one, that its steps are never edited,
// and that a decision taken back is a step like another. Consents are cases:
// a gate elsewhere opens only while its case is agreed to.
//
// It refuses types and fields it does not know: what may be asked about a
// child is a list, and health is not on it.
package casework

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"
	"unicode/utf8"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// State is how far a case is.
type State string

// The states. Withdrawn is what the asker, or the consent's giver, took back.
const (
	Submitted State = "submitted"
	Agreed    State = "agreed"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// Type is what may be asked.
type Type struct {
	Name   string
	Fields []string // those it may have
	Must   []string // of them, those it must
}

// The types known here.
const (
	Justification = "justification-absence" // a reason for half-days missed
	Consent       = "consentement"          // to a programme, a publication…
)

// Types lists them. Reasons are codes of a list: nobody writes about health.
func Types() []Type {
	return []Type{
		{Justification, []string{"from", "to", "reason"}, []string{"from", "to", "reason"}},
		{Consent, []string{"to", "until", "given_by"}, []string{"to", "given_by"}},
	}
}

// Case is one.
type Case struct {
	ID      preau.ID
	Type    string
	Subject string // pid
	By      string // pid
	Fields  map[string]string
	State   State
	Opened  time.Time
	Changed time.Time
}

// Step is one thing that happened to a case.
type Step struct {
	State State
	By    string
	At    time.Time
	Note  string
}

// Cases keeps the cases of one school.
type Cases struct {
	db      *sqlite.DB
	journal *journal.Journal
}

// Open brings the tables up to date.
func Open(ctx context.Context, db *sqlite.DB, j *journal.Journal) (*Cases, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open case migrations: %w", err)
	}
	if err := db.Migrate(ctx, "casework", sub); err != nil {
		return nil, fmt.Errorf("open cases: %w", err)
	}
	return &Cases{db, j}, nil
}

const maxField = 200 // bytes

func (c Case) check() error {
	if c.ID.IsZero() || c.Subject == "" || c.By == "" {
		return preau.E(preau.Invalid, "the case has no id, or is about nobody", "Reload the page and try again.", nil)
	}
	for _, t := range Types() {
		if t.Name != c.Type {
			continue
		}
		for _, f := range t.Must {
			if c.Fields[f] == "" {
				return preau.E(preau.Invalid, "the case lacks "+f, "Fill it in.", nil)
			}
		}
		known := map[string]bool{}
		for _, f := range t.Fields {
			known[f] = true
		}
		for f, v := range c.Fields {
			if !known[f] || len(v) > maxField || !utf8.ValidString(v) {
				return preau.E(preau.Invalid, fmt.Sprintf("a case of this type has no such field, or it is too long: %.40q", f), "Reload the page and try again.", nil)
			}
		}
		return nil
	}
	return preau.E(preau.Invalid, fmt.Sprintf("no case is of type %.40q", c.Type), "Reload the page and try again.", nil)
}

// File opens a case in the caller's transaction. One that is there already is
// left alone.
func (c *Cases) File(tx *sqlite.Tx, one Case) error {
	if err := one.check(); err != nil {
		return err
	}
	fields, err := json.Marshal(one.Fields)
	if err != nil {
		return fmt.Errorf("encode fields: %w", err)
	}
	res, err := tx.Exec(`INSERT INTO case_file (id, type, subject, by, fields, state, opened, changed) VALUES (?1,?2,?3,?4,?5,'submitted',?6,?6) ON CONFLICT DO NOTHING`,
		one.ID[:], one.Type, one.Subject, one.By, string(fields), tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return c.step(tx, one, Submitted, one.By, "")
}

// Decide moves a case on in the caller's transaction; to where it is already
// is no step.
func (c *Cases) Decide(tx *sqlite.Tx, id preau.ID, who string, to State, note string) error {
	one, err := byID(tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return preau.E(preau.NotFound, "no such case", "Reload the page.", err)
	}
	if err != nil || one.State == to {
		return err
	}
	if to != Agreed && to != Refused && to != Withdrawn || len(note) > maxField {
		return preau.E(preau.Invalid, fmt.Sprintf("a case cannot become %.20q", to), "Reload the page and try again.", nil)
	}
	if _, err := tx.Exec(`UPDATE case_file SET state = ?, changed = ? WHERE id = ?`, string(to), tx.Now.UnixMilli(), id[:]); err != nil {
		return err
	}
	return c.step(tx, one, to, who, note)
}

func (c *Cases) step(tx *sqlite.Tx, one Case, to State, who, note string) error {
	if _, err := tx.Exec(`INSERT INTO case_step (file, n, state, by, at, note) VALUES (?1, (SELECT count(*) + 1 FROM case_step WHERE file = ?1), ?2, ?3, ?4, ?5)`,
		one.ID[:], string(to), who, tx.Now.UnixMilli(), note); err != nil {
		return err
	}
	verb := map[State]string{Submitted: journal.VerbSubmitted, Agreed: journal.VerbDecided, Refused: journal.VerbDecided, Withdrawn: journal.VerbWithdrawn}[to]
	context, err := json.Marshal(map[string]any{"case_type": one.Type, "state": to})
	if err != nil {
		return fmt.Errorf("encode context: %w", err)
	}
	return c.journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamCase, Actor: who, Verb: verb, Object: one.ID.String(), ObjectKind: "case", Context: context, Timestamp: tx.Now,
	})
}

// Agreed reports whether a case is agreed to, as a gate asks.
func (c *Cases) Agreed(ctx context.Context, id preau.ID) (bool, error) {
	one, err := c.Case(ctx, id)
	if preau.KindOf(err) == preau.NotFound && err != nil {
		return false, nil
	}
	return err == nil && one.State == Agreed, err
}

// Case finds one.
func (c *Cases) Case(ctx context.Context, id preau.ID) (one Case, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		one, err = byID(tx, id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return one, preau.E(preau.NotFound, "no such case", "Reload the page.", err)
	}
	if err != nil {
		return one, fmt.Errorf("read case: %w", err)
	}
	return one, nil
}

const columns = `SELECT id, type, subject, by, fields, state, opened, changed FROM case_file `

func byID(tx *sqlite.Tx, id preau.ID) (Case, error) {
	return scan(tx.QueryRow(columns+`WHERE id = ?`, id[:]).Scan)
}

func scan(into func(...any) error) (one Case, err error) {
	var id []byte
	var fields string
	var opened, changed int64
	if err := into(&id, &one.Type, &one.Subject, &one.By, &fields, &one.State, &opened, &changed); err != nil {
		return one, err
	}
	copy(one.ID[:], id)
	one.Opened, one.Changed = time.UnixMilli(opened).UTC(), time.UnixMilli(changed).UTC()
	if err := json.Unmarshal([]byte(fields), &one.Fields); err != nil {
		return one, fmt.Errorf("decode fields: %w", err)
	}
	return one, nil
}

// About lists the cases about a person, the newest first.
func (c *Cases) About(ctx context.Context, pid string) ([]Case, error) {
	return c.list(ctx, `WHERE subject = ? ORDER BY opened DESC LIMIT 500`, pid)
}

// Waiting lists the cases of a type that nobody has decided.
func (c *Cases) Waiting(ctx context.Context, kind string) ([]Case, error) {
	return c.list(ctx, `WHERE type = ? AND state = 'submitted' ORDER BY opened LIMIT 500`, kind)
}

func (c *Cases) list(ctx context.Context, where string, args ...any) (found []Case, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(columns+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			one, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			found = append(found, one)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return found, nil
}

// Steps lists what happened to a case, in order.
func (c *Cases) Steps(ctx context.Context, id preau.ID) (steps []Step, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT state, by, at, note FROM case_step WHERE file = ? ORDER BY n`, id[:])
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s Step
			var at int64
			if err := rows.Scan(&s.State, &s.By, &at, &s.Note); err != nil {
				return err
			}
			s.At = time.UnixMilli(at).UTC()
			steps = append(steps, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read steps of a case: %w", err)
	}
	return steps, nil
}

// Erase drops the cases about a person; the journal's own rule decides when
// its statements go.
func (c *Cases) Erase(ctx context.Context, pid string) error {
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`DELETE FROM case_step WHERE file IN (SELECT id FROM case_file WHERE subject = ?)`, pid); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM case_file WHERE subject = ?`, pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("erase cases: %w", err)
	}
	return nil
}

// Purge drops cases last changed before a moment, and says how many.
func (c *Cases) Purge(ctx context.Context, before time.Time) (n int64, err error) {
	err = c.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`DELETE FROM case_step WHERE file IN (SELECT id FROM case_file WHERE changed < ?)`, before.UnixMilli()); err != nil {
			return err
		}
		res, err := tx.Exec(`DELETE FROM case_file WHERE changed < ?`, before.UnixMilli())
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge cases: %w", err)
	}
	return n, nil
}
