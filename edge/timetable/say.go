package timetable

import (
	"encoding/json"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// Record gives the journal's way to append: what is written, changed and
// booked is a statement of its transaction. Call it before the first use.
func (t *Timetable) Record(appendTo func(tx *sqlite.Tx, sts ...*preau.Statement) error) {
	t.record = appendTo
}

// say appends what somebody did. What only the school should read (a reason,
// a draft, who is absent) is not in it: the content stream may leave.
func (t *Timetable) say(tx *sqlite.Tx, who, verb, kind string, object preau.ID, with map[string]any) error {
	if t.record == nil || who == "" {
		return nil
	}
	context, err := json.Marshal(with)
	if err != nil {
		return fmt.Errorf("encode context: %w", err)
	}
	return t.record(tx, &preau.Statement{ID: preau.NewID(), Stream: preau.StreamContent, Actor: who, Verb: verb, Object: object.String(), ObjectKind: kind,
		Context: context, Timestamp: tx.Now})
}
