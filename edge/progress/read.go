package progress

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

const columns = `SELECT pid, item, kind, registration, length, segments, watched, position, started, updated, done, tries, wrong, best FROM progress `

// latest keeps each item's newest registration.
const latest = `NOT EXISTS (SELECT 1 FROM progress n WHERE n.pid = progress.pid AND n.item = progress.item
	AND (n.updated, n.registration) > (progress.updated, progress.registration))`

// Of is how far a person got with an item, in its newest registration; the
// zero Entry when it was never opened.
func (p *Progress) Of(ctx context.Context, pid, item string) (Entry, error) {
	found, err := p.entries(ctx, columns+`WHERE pid = ? AND item = ? AND `+latest, pid, item)
	if err != nil || len(found) == 0 {
		return Entry{Person: pid, Item: item}, err
	}
	return found[0], nil
}

// Resume lists what a person began and did not finish, newest first: the
// card « Reprendre ».
func (p *Progress) Resume(ctx context.Context, pid string, limit int) ([]Entry, error) {
	return p.entries(ctx, columns+`WHERE pid = ? AND done IS NULL AND `+latest+` ORDER BY updated DESC LIMIT ?`, pid, limit)
}

// Done lists what a person finished, newest first.
func (p *Progress) Done(ctx context.Context, pid string, limit int) ([]Entry, error) {
	return p.entries(ctx, columns+`WHERE pid = ? AND done IS NOT NULL AND `+latest+` ORDER BY updated DESC LIMIT ?`, pid, limit)
}

func (p *Progress) entries(ctx context.Context, query string, args ...any) (found []Entry, err error) {
	err = p.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = p.read(tx, query, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return found, nil
}

func (p *Progress) read(tx *sqlite.Tx, query string, args ...any) ([]Entry, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Entry
	for rows.Next() {
		var e Entry
		var r row
		var registration []byte
		var segments string
		if err := rows.Scan(&e.Person, &e.Item, &e.Kind, &registration, &r.length, &segments, &r.watched, &r.position, &r.started, &r.updated,
			&r.done, &e.Tries, &e.Wrong, &r.best); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(segments), &r.segments); err != nil {
			return nil, fmt.Errorf("decode segments: %w", err)
		}
		copy(r.registration[:], registration)
		found = append(found, r.entry(e))
	}
	return found, rows.Err()
}

func (r *row) entry(e Entry) Entry {
	e.Registration, e.Progress, e.Segments, e.Done = r.registration.String(), r.progress(), r.segments, r.done.Valid
	e.Position, e.Length, e.Watched = span(r.position), span(r.length), span(r.watched)
	e.Started, e.Updated = time.UnixMilli(r.started).UTC(), time.UnixMilli(r.updated).UTC()
	if r.best.Valid {
		e.Best = &r.best.Float64
	}
	return e
}

// Trouble says why a pupil may need help; empty when nothing suggests it.
type Trouble string

// The troubles that can be seen from here.
const (
	Rewatching Trouble = "rewatching" // went over the same part again and again
	Failing    Trouble = "failing"    // three wrong answers in a row
)

// Trouble looks for signs that the person is stuck.
func (e Entry) Trouble() Trouble {
	covered := span(total(e.Segments))
	switch {
	case e.Wrong >= 3:
		return Failing
	case !e.Done && covered >= 20*time.Second && e.Watched >= covered*5/2:
		return Rewatching
	}
	return ""
}

// Class tells, for each of pids, what they worked on last since a moment.
// Whoever did nothing is left out.
func (p *Progress) Class(ctx context.Context, pids []string, since time.Time) (working map[string]Entry, err error) {
	working = map[string]Entry{}
	err = p.db.Read(ctx, func(tx *sqlite.Tx) error {
		for _, pid := range pids {
			last, err := p.read(tx, columns+`WHERE pid = ? AND updated >= ? ORDER BY updated DESC LIMIT 1`, pid, since.UnixMilli())
			if err != nil {
				return err
			}
			if len(last) > 0 {
				working[pid] = last[0]
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read class progress: %w", err)
	}
	return working, nil
}

// Watched is how long a person played films on the school day that at falls
// in.
func (p *Progress) Watched(ctx context.Context, pid string, at time.Time) (time.Duration, error) {
	var ms sql.NullInt64
	err := p.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT sum(ms) FROM watched WHERE pid = ? AND day = ?`, pid, at.In(p.config.Zone).Format(time.DateOnly)).Scan(&ms)
	})
	if err != nil {
		return 0, fmt.Errorf("read time watched: %w", err)
	}
	return span(ms.Int64), nil
}
