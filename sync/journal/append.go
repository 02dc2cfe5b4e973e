package journal

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// Limits of one statement; beyond them it is refused, not cut.
const (
	maxText = 2 << 10  // actor, verb, object, kind
	maxJSON = 64 << 10 // result, context
	maxRaw  = 1 << 20  // a whole statement from outside
)

// Append stores statements in the caller's transaction and sets their Epoch,
// Seq, HLC, Stored and ClockState. A statement already stored with the same
// content is left alone and gets the numbers it has; one whose id belongs to
// other content is preau.Conflict. A zero ID or Timestamp is filled in.
func (j *Journal) Append(tx *sqlite.Tx, sts ...*preau.Statement) error {
	for _, st := range sts {
		if err := j.append(tx, st); err != nil {
			return fmt.Errorf("append %s statement: %w", st.Stream, err)
		}
	}
	return nil
}

func (j *Journal) append(tx *sqlite.Tx, st *preau.Statement) error {
	if st.ID.IsZero() {
		st.ID = preau.NewID()
	}
	if st.Timestamp.IsZero() {
		st.Timestamp = tx.Now
	}
	if err := validate(st); err != nil {
		return err
	}
	fresh := *st
	fresh.Epoch, fresh.Seq, fresh.HLC = j.epoch, j.last[st.Stream]+1, max(j.hlc+1, uint64(tx.Now.UnixMilli())<<16)
	fresh.Stored, fresh.ClockState = tx.Now, j.clock.State()
	seq, key := fresh.Seq, placeOf(j.ordinal, st.Stream).key(fresh.Seq)
	j.row = codec.AppendRow(j.row[:0], &fresh)
	res, err := tx.Exec(`INSERT INTO journal (key, id, data) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`, key, st.ID[:], j.row)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, j.replay(tx, st))
	}
	// Numbers are given back if the row is: the sequence stays dense.
	tx.OnUndo(func() { j.last[st.Stream] = seq - 1 })
	j.last[st.Stream], j.hlc = seq, fresh.HLC
	*st = fresh
	select {
	case j.wake <- st.Stream:
	default: // the listener has plenty to do already
	}
	return j.appended(tx, st, key)
}

// replay gives a statement sent again the numbers it has, and refuses an id
// that belongs to something else.
func (j *Journal) replay(tx *sqlite.Tx, st *preau.Statement) error {
	stored, err := j.byID(tx, st.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return preau.E(preau.Conflict, "statement "+st.ID.String()+" was of somebody who is forgotten", "Nothing to do: what was erased does not come back.", nil)
	}
	if err != nil {
		return fmt.Errorf("read the statement stored before: %w", err)
	}
	if !same(stored, st) {
		return preau.E(preau.Conflict, "statement "+st.ID.String()+" is already stored with other content", "Give each statement an id of its own.", nil)
	}
	*st = *stored
	return nil
}

func validate(st *preau.Statement) error {
	if _, ok := Policy(st.Stream); !ok {
		return preau.E(preau.Invalid, fmt.Sprintf("no stream is called %.40q", st.Stream), "Use a stream of the register.", nil)
	}
	if st.Verb == "" || st.Object == "" {
		return preau.E(preau.Invalid, "a statement needs a verb and an object", "", nil)
	}
	if st.Verb == VerbForgotten {
		return preau.E(preau.Invalid, "the verb "+st.Verb+" is the journal's own", "Say what happened with another verb.", nil)
	}
	for _, s := range []string{st.Actor, st.Verb, st.Object, st.ObjectKind} {
		if len(s) > maxText {
			return preau.E(preau.TooLarge, "a field of the statement is too long", "Keep identifiers under 2 KiB.", nil)
		}
	}
	if len(st.Result) > maxJSON || len(st.Context) > maxJSON {
		return preau.E(preau.TooLarge, "the statement's result or context is too large", "Keep each under 64 KiB.", nil)
	}
	if len(st.Raw) > maxRaw {
		return preau.E(preau.TooLarge, "the statement is too large", "Keep each statement under 1 MiB; send files as attachments.", nil)
	}
	for _, raw := range []json.RawMessage{st.Result, st.Context, st.Raw} {
		if len(raw) > 0 && (!json.Valid(raw) || bytes.TrimLeft(raw, " \t\r\n")[0] != '{') {
			return preau.E(preau.Invalid, "a statement, its result and its context are JSON objects", "", nil)
		}
	}
	return nil
}

// same compares what the client chose; what the journal set is not its.
func same(a, b *preau.Statement) bool {
	return a.Stream == b.Stream && a.Actor == b.Actor && a.Verb == b.Verb && a.Object == b.Object &&
		a.ObjectKind == b.ObjectKind && bytes.Equal(a.Result, b.Result) && bytes.Equal(a.Context, b.Context) && bytes.Equal(a.Raw, b.Raw) &&
		a.Timestamp.UnixMilli() == b.Timestamp.UnixMilli() && a.Voids == b.Voids
}
