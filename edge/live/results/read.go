package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"preau/edge/live/question"
	"preau/internal/sqlite"
)

// Past is a question asked, with what was answered.
type Past struct {
	*question.Sheet
	question.Setting
	Ended bool // off the screens
}

// maxPast is how many questions of a lesson are listed, maxLost how many are
// ended at once, those of the lessons in session included.
const (
	maxPast = 200
	maxLost = 200
)

// Lesson lists the questions of a lesson, the latest first, with their
// answers.
func (r *Results) Lesson(ctx context.Context, lesson string) (all []Past, err error) {
	err = r.db.Read(ctx, func(tx *sqlite.Tx) error {
		all, err = past(tx, `SELECT id, lesson, class, by, question, at, present, ended FROM asked WHERE lesson = ? ORDER BY at DESC, id DESC LIMIT ?`, lesson, maxPast)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the lesson's questions: %w", err)
	}
	return all, nil
}

func past(tx *sqlite.Tx, query string, args ...any) ([]Past, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Past
	var questions []question.Question
	for rows.Next() {
		var p Past
		var id, text string
		var ended sql.NullInt64
		if err := rows.Scan(&id, &p.Lesson, &p.Class, &p.By, &text, &p.At, &p.Present, &ended); err != nil {
			return nil, err
		}
		q, err := decode(text)
		if err != nil {
			return nil, err
		}
		q.ID = id
		p.Ended = ended.Valid
		all, questions = append(all, p), append(questions, q)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range all {
		given, err := answers(tx, questions[i].ID)
		if err != nil {
			return nil, err
		}
		all[i].Sheet = question.NewSheet(questions[i], given...)
	}
	return all, nil
}

// decode reads a kept question. What a box wrote that kept the answer shown
// with it is not given out.
func decode(text string) (q question.Question, err error) {
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		return q, fmt.Errorf("decode question: %w", err)
	}
	q.Shown = ""
	return q, nil
}

// EndLost ends the questions of lessons that are not in session any more, as
// they would have been when their lesson ended. The box asks for it when it
// opens: a lesson that ended without it told nobody.
func (r *Results) EndLost(ctx context.Context, inSession func(lesson string) bool) error {
	err := r.db.Write(ctx, func(tx *sqlite.Tx) error {
		left, err := past(tx, `SELECT id, lesson, class, by, question, at, present, ended FROM asked WHERE ended IS NULL ORDER BY at LIMIT ?`, maxLost)
		if err != nil {
			return err
		}
		for _, p := range left {
			if inSession(p.Lesson) {
				continue
			}
			if err := r.End(tx, p.Setting, p.Sheet); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end lost questions: %w", err)
	}
	return nil
}

// Given is one answer of one person, for their right of access.
type Given struct {
	Question string         `json:"question"`
	Answer   question.Value `json:"answer"`
	Written  string         `json:"written"`
	Right    *bool          `json:"right,omitempty"`
	Lesson   string         `json:"lesson"`
	At       time.Time      `json:"at"`
}

// Asked is a question of a teacher's, for theirs.
type Asked struct {
	Question question.Question `json:"question"`
	Lesson   string            `json:"lesson"`
	At       time.Time         `json:"at"`
}

// All is what is kept of one person.
type All struct {
	Answers   []Given `json:"answers"`
	Questions []Asked `json:"questions"`
}

// All reads it.
func (r *Results) All(ctx context.Context, pid string) (all All, err error) {
	all = All{Answers: []Given{}, Questions: []Asked{}}
	err = r.db.Read(ctx, func(tx *sqlite.Tx) error {
		if all.Questions, err = askedBy(tx, pid); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT q.lesson, q.question, a.value, a.at FROM asked_answer a JOIN asked q ON q.id = a.question WHERE a.pid = ? ORDER BY a.at`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			g, err := scanGiven(rows)
			if err != nil {
				return err
			}
			all.Answers = append(all.Answers, g)
		}
		return rows.Err()
	})
	if err != nil {
		return all, fmt.Errorf("read a person's answers: %w", err)
	}
	return all, nil
}

func scanGiven(rows *sql.Rows) (g Given, err error) {
	var text, value string
	var at int64
	if err := rows.Scan(&g.Lesson, &text, &value, &at); err != nil {
		return g, err
	}
	q, err := decode(text)
	if err != nil {
		return g, err
	}
	if err := json.Unmarshal([]byte(value), &g.Answer); err != nil {
		return g, fmt.Errorf("decode answer: %w", err)
	}
	g.Question, g.Written, g.At = q.Text, question.Write(&q, g.Answer), time.UnixMilli(at).UTC()
	if right, known := question.Judge(&q, g.Answer); known {
		g.Right = &right
	}
	return g, nil
}

func askedBy(tx *sqlite.Tx, pid string) ([]Asked, error) {
	rows, err := tx.Query(`SELECT lesson, question, at FROM asked WHERE by = ? ORDER BY at`, pid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Asked{}
	for rows.Next() {
		var a Asked
		var text string
		var at int64
		if err := rows.Scan(&a.Lesson, &text, &at); err != nil {
			return nil, err
		}
		if a.Question, err = decode(text); err != nil {
			return nil, err
		}
		a.At = time.UnixMilli(at).UTC()
		all = append(all, a)
	}
	return all, rows.Err()
}
