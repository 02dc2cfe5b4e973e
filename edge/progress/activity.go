package progress

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Launch says that somebody opened an item that is not a film.
type Launch struct {
	ID           preau.ID  `json:"id"`
	Item         string    `json:"item"`
	Kind         string    `json:"kind"`
	Registration preau.ID  `json:"registration"`
	At           time.Time `json:"at"`
	Device       string    `json:"device,omitempty"`
	Offline      bool      `json:"offline,omitempty"`
}

// Result is what came of an exercise, or of one question of it.
type Result struct {
	ID           preau.ID  `json:"id"`
	Item         string    `json:"item"`
	Kind         string    `json:"kind"`
	Registration preau.ID  `json:"registration"`
	At           time.Time `json:"at"`
	Question     string    `json:"question,omitempty"` // empty: the exercise as a whole
	Raw          float64   `json:"raw"`
	Max          float64   `json:"max"`
	Done         bool      `json:"done,omitempty"` // the exercise is finished
	Device       string    `json:"device,omitempty"`
	Offline      bool      `json:"offline,omitempty"`
}

const maxScore = 1e6

func checkActivity(id preau.ID, item, kind string, registration preau.ID, at time.Time, device string) error {
	if err := checkWhat(id, item, registration, at); err != nil {
		return err
	}
	switch kind {
	case "video", "audio", "document", "image", "app", "quiz", "subject", "offer", "collection":
	default:
		return invalid(fmt.Sprintf("%.20q is no kind of item", kind), nil)
	}
	switch device {
	case "", "tablet", "phone", "computer", "board":
		return nil
	}
	return invalid(fmt.Sprintf("%.20q is no kind of device", device), nil)
}

func (r Result) check() error {
	if err := checkActivity(r.ID, r.Item, r.Kind, r.Registration, r.At, r.Device); err != nil {
		return err
	}
	if !within(r.Max, 0, maxScore) || r.Max == 0 || !within(r.Raw, 0, r.Max) {
		return invalid("a score is between 0 and its maximum", nil)
	}
	if len(r.Question) > 200 || r.Question == "" && !r.Done {
		return invalid("a result is of a question, or of a finished exercise", nil)
	}
	return nil
}

// Launch records that an item was opened.
func (p *Progress) Launch(ctx context.Context, who Who, l Launch) error {
	if err := checkActivity(l.ID, l.Item, l.Kind, l.Registration, l.At, l.Device); err != nil {
		return err
	}
	err := p.once(ctx, who, l.ID, l, l.At, func(tx *sqlite.Tx, at time.Time) error {
		r, err := load(tx, who, l.Item, l.Kind, l.Registration, at)
		if err != nil {
			return err
		}
		err = p.journal.Append(tx, &preau.Statement{
			ID: derive(l.ID, "launched"), Stream: preau.StreamLearning, Actor: who.Person, Verb: journal.VerbLaunched,
			Object: l.Item, ObjectKind: r.kind, Context: encode(r.context(l.Device, l.Offline)), Timestamp: at,
		})
		if err != nil {
			return err
		}
		return p.save(tx, r, at, 0)
	})
	if err != nil {
		return fmt.Errorf("record launch: %w", err)
	}
	return nil
}

// Result records an answer or the end of an exercise.
func (p *Progress) Result(ctx context.Context, who Who, res Result) (Entry, error) {
	if err := res.check(); err != nil {
		return Entry{}, err
	}
	err := p.once(ctx, who, res.ID, res, res.At, func(tx *sqlite.Tx, at time.Time) error {
		r, err := load(tx, who, res.Item, res.Kind, res.Registration, at)
		if err != nil {
			return err
		}
		scaled := res.Raw / res.Max
		if res.Question != "" {
			r.tries++
			if r.wrong++; scaled >= 1 {
				r.wrong = 0
			}
			if err := answer(tx, who.Person, res, scaled, at); err != nil {
				return err
			}
		}
		if res.Done {
			r.best = sql.NullFloat64{Float64: max(r.best.Float64, scaled), Valid: true}
			if !r.done.Valid {
				r.done = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
			}
		}
		if err := p.journal.Append(tx, r.scored(res, scaled, at)...); err != nil {
			return err
		}
		return p.save(tx, r, at, 0)
	})
	if err != nil {
		return Entry{}, fmt.Errorf("record result: %w", err)
	}
	return p.Of(ctx, who.Person, res.Item)
}

func (r *row) scored(res Result, scaled float64, at time.Time) (sts []*preau.Statement) {
	score := object{"scaled": round(scaled), "raw": res.Raw, "min": 0, "max": res.Max}
	say := func(verb string, result object, context json.RawMessage) {
		sts = append(sts, &preau.Statement{ID: derive(res.ID, verb), Stream: preau.StreamLearning, Actor: r.who.Person, Verb: verb,
			Object: r.item, ObjectKind: r.kind, Result: encode(result), Context: context, Timestamp: at})
	}
	context := r.context(res.Device, res.Offline)
	if res.Question != "" {
		say(journal.VerbAnswered, object{"score": score, "success": scaled >= 1}, encode(with(r.context(res.Device, res.Offline), "question", res.Question)))
	}
	if res.Done {
		result := object{"completion": true}
		if res.Question == "" {
			result["score"] = score
		}
		say(journal.VerbCompleted, result, encode(context))
	}
	return sts
}
