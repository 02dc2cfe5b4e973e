package progress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"preau/internal/sqlite"
)

// answer keeps one answer of one attempt. Told in any order, the earliest is
// the first and the latest the last.
func answer(tx *sqlite.Tx, pid string, res Result, scaled float64, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO answer (pid, item, registration, question, tries, first, first_at, last, last_at, best)
		VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?5, ?6, ?5) ON CONFLICT DO UPDATE SET
		tries = tries + 1, best = max(best, ?5),
		first = CASE WHEN ?6 < first_at THEN ?5 ELSE first END, first_at = min(first_at, ?6),
		last = CASE WHEN ?6 >= last_at THEN ?5 ELSE last END, last_at = max(last_at, ?6)`,
		pid, res.Item, res.Registration[:], res.Question, scaled, at.UnixMilli())
	return err
}

// Question is how a group fared with one question of an item.
type Question struct {
	Question string
	Asked    int // people who answered
	First    int // of them, right at the first answer they ever gave
	Right    int // right in the end
	Tries    int // answers of everybody's first attempt
}

// Difficulty is the part of people whose first answer was wrong, 0 to 1.
func (q Question) Difficulty() float64 {
	if q.Asked == 0 {
		return 0
	}
	return 1 - float64(q.First)/float64(q.Asked)
}

// Questions tells how pids fared with an item's questions, the hardest first.
func (p *Progress) Questions(ctx context.Context, pids []string, item string) ([]Question, error) {
	sums := map[string]*Question{}
	err := p.db.Read(ctx, func(tx *sqlite.Tx) error {
		for _, pid := range pids {
			if err := questionsOf(tx, pid, item, sums); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	all := make([]Question, 0, len(sums))
	for _, q := range sums {
		all = append(all, *q)
	}
	slices.SortFunc(all, func(a, b Question) int {
		return cmp.Or(cmp.Compare(b.Difficulty(), a.Difficulty()), cmp.Compare(b.Asked, a.Asked), cmp.Compare(a.Question, b.Question))
	})
	return all, nil
}

// questionsOf adds one person: attempts come in the order they were begun,
// the first one tells how hard it was.
func questionsOf(tx *sqlite.Tx, pid, item string, sums map[string]*Question) error {
	rows, err := tx.Query(`SELECT question, tries, first, best FROM answer WHERE item = ? AND pid = ? ORDER BY first_at, registration`, item, pid)
	if err != nil {
		return err
	}
	defer rows.Close()
	type seen struct{ right bool }
	mine := map[string]*seen{}
	for rows.Next() {
		var question string
		var tries int
		var first, best float64
		if err := rows.Scan(&question, &tries, &first, &best); err != nil {
			return err
		}
		q := sums[question]
		if q == nil {
			q = &Question{Question: question}
			sums[question] = q
		}
		s := mine[question]
		if s == nil {
			s = &seen{}
			mine[question] = s
			q.Asked++
			q.Tries += tries
			if first >= 1 {
				q.First++
			}
		}
		if best >= 1 && !s.right {
			s.right = true
			q.Right++
		}
	}
	return rows.Err()
}

// Attempts lists a person's openings of an item, the newest first. A score is
// an attempt's own: none is added to another's.
func (p *Progress) Attempts(ctx context.Context, pid, item string) ([]Entry, error) {
	return p.entries(ctx, columns+`WHERE pid = ? AND item = ? ORDER BY started DESC LIMIT 100`, pid, item)
}

// Since lists what a person worked on since a moment, each item by its newest
// attempt, the last touched first.
func (p *Progress) Since(ctx context.Context, pid string, since time.Time, limit int) ([]Entry, error) {
	return p.entries(ctx, columns+`WHERE pid = ? AND updated >= ? AND `+latest+` ORDER BY updated DESC LIMIT ?`, pid, since.UnixMilli(), limit)
}

// Best sums a person's attempts at an item up for a plan: begun by any of
// them, done by any, with the best score that one of them had. The zero Entry
// means that it was never opened.
func (p *Progress) Best(ctx context.Context, pid, item string) (best Entry, err error) {
	attempts, err := p.Attempts(ctx, pid, item)
	for i, e := range attempts {
		if i == 0 {
			best = e
			continue
		}
		best.Done = best.Done || e.Done
		if e.Best != nil && (best.Best == nil || *e.Best > *best.Best) {
			best.Best = e.Best
		}
		if e.Updated.After(best.Updated) {
			best.Updated = e.Updated
		}
	}
	return best, err
}
