package classroom

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// verbAsked is of the ADL vocabulary.
const verbAsked = "http://adlnet.gov/expapi/verbs/asked"

// events writes what happens in rooms into the journal, in the room's own
// transaction.
type events struct{ d Deps }

type object = map[string]any

func (e events) Opened(tx *sqlite.Tx, l live.Launch) error {
	context := object{"group": l.Group, "session": l.Room, "to": l.To}
	if l.Only > 0 {
		context["only"] = l.Only
	}
	st, err := statement(l.ID, l.By.Person, journal.VerbOpened, l.Item, "item", object{"screens": l.Screens}, context)
	if err != nil {
		return err
	}
	st.Timestamp = l.At
	return errors.Join(e.d.Content.Opened(tx, l), e.d.Journal.Append(tx, st))
}

// Asked records a question that was put to the class.
func (e events) Asked(tx *sqlite.Tx, r live.Room, a lesson.Asked) error {
	q := a.Question
	context := object{"group": r.Group, "session": r.ID, "kind": q.Form, "text": q.Text}
	if len(q.Choices) > 0 {
		context["choices"] = q.Choices
	}
	st, err := statement(a.ID, a.By.Person, verbAsked, q.ID, "question", nil, context)
	if err != nil {
		return err
	}
	st.Timestamp = time.UnixMilli(a.At)
	return e.d.Journal.Append(tx, st)
}

// Answered records the answers that counted, each as its pupil's.
func (e events) Answered(tx *sqlite.Tx, r live.Room, list []lesson.Answered) error {
	for _, a := range list {
		result := object{"response": response(a)}
		if a.Right != nil {
			result["success"] = *a.Right
		}
		st, err := statement(a.ID, a.Person, journal.VerbAnswered, a.Question.ID, "question", result,
			object{"group": r.Group, "session": r.ID, "kind": a.Question.Form, "text": a.Question.Text})
		if err != nil {
			return err
		}
		st.Timestamp = time.UnixMilli(a.At)
		if err := e.d.Journal.Append(tx, st); err != nil {
			return err
		}
	}
	return nil
}

// response is an answer as people read it: the words of the choices, not
// their places.
func response(a lesson.Answered) any {
	v := a.Value
	switch {
	case v.Text != nil:
		return *v.Text
	case v.Number != nil:
		return *v.Number
	case a.Question.Form == protocol.FormTrueFalse:
		return len(v.Choices) == 1 && v.Choices[0] == 0
	}
	words := []string{}
	for _, n := range v.Choices {
		if n < len(a.Question.Choices) {
			words = append(words, a.Question.Choices[n])
		}
	}
	return words
}

func (e events) Ended(tx *sqlite.Tx, r live.Room, by live.Identity) error {
	st, err := statement(preau.NewID(), by.Person, journal.VerbTerminated, r.ID, "lesson", nil, object{"group": r.Group})
	if err != nil {
		return err
	}
	if err := errors.Join(e.d.Content.Ended(tx, r.ID), e.d.Journal.Append(tx, st)); err != nil {
		return err
	}
	select {
	case e.d.Over <- struct{}{}:
	default: // a delivery is due already
	}
	return nil
}

// statement makes one of the learning stream.
func statement(id preau.ID, actor, verb, thing, kind string, result, context object) (*preau.Statement, error) {
	st := &preau.Statement{ID: id, Stream: preau.StreamLearning, Actor: actor, Verb: verb, Object: thing, ObjectKind: kind}
	for _, part := range []struct {
		from object
		to   *json.RawMessage
	}{{result, &st.Result}, {context, &st.Context}} {
		if part.from == nil {
			continue
		}
		raw, err := json.Marshal(part.from)
		if err != nil {
			return nil, fmt.Errorf("encode statement: %w", err)
		}
		*part.to = raw
	}
	return st, nil
}
