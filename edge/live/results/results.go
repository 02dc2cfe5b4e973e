// Package results keeps what was asked in lessons and what was answered. It
// promises that an answer is on the disk before its pupil is told so; that a
// box which restarts in the middle of a question has the answers given so far;
// that a question's answers become statements once, when it leaves the
// screens, by ids made of question and person, so that neither a changed
// answer nor a replay adds up; and that a question is kept without the answer
// that a teacher showed, whose pupil may be erased.
//
// It refuses to keep who was asked and did not answer, answers of a question
// it does not know, and answers of who was erased since the box opened.
package results

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"preau"
	"preau/edge/live/question"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Results keeps the tables.
type Results struct {
	db      *sqlite.DB
	journal *journal.Journal

	mu   sync.Mutex
	gone map[string]bool // erased since the box opened: a question on the screens still holds their answers
}

// Open brings the tables up to date.
func Open(ctx context.Context, db *sqlite.DB, j *journal.Journal) (*Results, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open results migrations: %w", err)
	}
	if err := db.Migrate(ctx, "results", sub); err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	return &Results{db: db, journal: j, gone: map[string]bool{}}, nil
}

// Keep writes a question as it stands, in the caller's transaction: when it
// is asked, closed or revealed. The answer that is shown belongs to its pupil,
// not to the question.
func (r *Results) Keep(tx *sqlite.Tx, in question.Setting, s *question.Sheet) error {
	kept := s.Question
	kept.Shown = ""
	q, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode question: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO asked (id, lesson, class, by, question, at, present) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT (id) DO UPDATE SET question = ?5, present = max(present, ?7)`, s.ID, in.Lesson, in.Class, in.By, string(q), in.At, in.Present)
	if err != nil {
		return fmt.Errorf("keep question: %w", err)
	}
	return nil
}

// Answer makes an answer durable. One that a later answer of the same person
// overtook on its way changes nothing; nor does one of somebody erased.
func (r *Results) Answer(ctx context.Context, id string, a question.Answer) error {
	err := r.db.Write(ctx, func(tx *sqlite.Tx) error {
		if r.erased(a.Person) {
			return nil
		}
		return put(tx, id, a)
	})
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

func put(tx *sqlite.Tx, id string, a question.Answer) error {
	v, err := json.Marshal(a.Value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO asked_answer (question, pid, value, at, n) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT DO UPDATE SET value = ?3, at = ?4, n = ?5 WHERE ?5 > n`, id, a.Person, string(v), a.At, a.N)
	return err
}

// Answers are those of a question, for a box that restarted.
func (r *Results) Answers(ctx context.Context, id string) (all []question.Answer, err error) {
	err = r.db.Read(ctx, func(tx *sqlite.Tx) error {
		all, err = answers(tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return all, nil
}

func answers(tx *sqlite.Tx, id string) (all []question.Answer, err error) {
	rows, err := tx.Query(`SELECT pid, value, at, n FROM asked_answer WHERE question = ? ORDER BY n, pid`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a question.Answer
		var v string
		if err := rows.Scan(&a.Person, &v, &a.At, &a.N); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(v), &a.Value); err != nil {
			return nil, fmt.Errorf("decode answer: %w", err)
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// End is when a question leaves the screens: what was answered becomes
// statements, in the caller's transaction. Ending again adds none.
func (r *Results) End(tx *sqlite.Tx, in question.Setting, s *question.Sheet) error {
	res, err := tx.Exec(`UPDATE asked SET ended = ?, present = max(present, ?) WHERE id = ? AND ended IS NULL`, tx.Now.UnixMilli(), in.Present, s.ID)
	if err != nil {
		return fmt.Errorf("end question: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	for _, a := range s.Answers() {
		if r.erased(a.Person) {
			continue
		}
		if err := put(tx, s.ID, a); err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		st, err := statement(in, s, a)
		if err == nil {
			err = r.journal.Append(tx, st)
		}
		if err != nil && preau.KindOf(err) != preau.Conflict { // of somebody who is forgotten: it stays so
			return err
		}
	}
	return nil
}

// statement is what one person answered; right or wrong when the teacher said
// what was right.
func statement(in question.Setting, s *question.Sheet, a question.Answer) (*preau.Statement, error) {
	result := map[string]any{"response": question.Write(&s.Question, a.Value)}
	if right, known := question.Judge(&s.Question, a.Value); known {
		result["success"] = right
	}
	res, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	where, err := json.Marshal(map[string]any{"group": in.Class, "session": in.Lesson})
	if err != nil {
		return nil, fmt.Errorf("encode context: %w", err)
	}
	return &preau.Statement{ID: derive(s.ID, a.Person), Stream: preau.StreamLearning, Actor: a.Person, Verb: journal.VerbAnswered,
		Object: s.ID, ObjectKind: "question", Result: res, Context: where, Timestamp: time.UnixMilli(a.At)}, nil
}

// derive makes the id of a statement out of question and person: nobody
// answers a question twice.
func derive(id, person string) (out preau.ID) {
	sum := sha256.Sum256([]byte("preau question\x00" + id + "\x00" + person))
	copy(out[:], sum[:])
	out[6], out[8] = out[6]&0x0f|0x80, out[8]&0x3f|0x80 // version 8: made our own way
	return out
}
