package classroom

import (
	"encoding/json"
	"errors"
	"fmt"

	"preau"
	"preau/edge/live"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

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
