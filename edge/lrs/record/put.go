package record

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// extProgress is cmi5's: how far, 0 to 100.
const extProgress = "https://w3id.org/xapi/cmi5/result/extensions/progress"

// Put stores the statements as one, on behalf of authority, and returns their
// ids in order. parts are the attachments that came with them. A statement
// already stored is passed over; its id with other content is
// preau.Conflict, and then nothing is stored.
func (s *Store) Put(ctx context.Context, authority xapi.Agent, v xapi.Version, sts []*xapi.Statement, parts []Staged) ([]preau.ID, error) {
	return s.PutWithin(ctx, authority, v, sts, parts, func(_ *sqlite.Tx, put func() error) error { return put() })
}

// PutWithin is Put inside something larger: around runs in the transaction
// that stores, and stores by calling put. Its error undoes everything.
func (s *Store) PutWithin(ctx context.Context, authority xapi.Agent, v xapi.Version, sts []*xapi.Statement, parts []Staged, around func(tx *sqlite.Tx, put func() error) error) ([]preau.ID, error) {
	if len(sts) > MaxBatch {
		return nil, preau.E(preau.TooLarge, "too many statements at once", "Send at most "+strconv.Itoa(MaxBatch)+" in a request.", nil)
	}
	if err := s.checkParts(sts, parts); err != nil {
		return nil, err
	}
	ids := make([]preau.ID, len(sts))
	err := s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		return around(tx, func() error {
			for i, st := range sts {
				id, err := s.put(tx, authority, v, st)
				if err != nil {
					return err
				}
				ids[i] = id
			}
			return s.keepParts(tx, parts)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("store statements: %w", err)
	}
	return ids, nil
}

// Say stores what the box itself says, in the caller's transaction.
func (s *Store) Say(tx *sqlite.Tx, st *xapi.Statement) error {
	_, err := s.put(tx, s.self, st.Protocol, st)
	return err
}

func (s *Store) put(tx *sqlite.Tx, authority xapi.Agent, v xapi.Version, st *xapi.Statement) (preau.ID, error) {
	record := &preau.Statement{
		ID: st.ID, Stream: preau.StreamLearning, Actor: s.person(st.Actor), Verb: st.Verb, Timestamp: st.Timestamp,
		Result: result(st.Result), Raw: st.Kept(authority, v, tx.Now),
	}
	if record.ID.IsZero() {
		record.ID = preau.NewID()
	}
	record.Object, record.ObjectKind = objectOf(st.Object)
	if st.Verb == xapi.VerbVoided {
		record.Voids = st.Object.Ref
	}
	if c := st.Context; c != nil && !c.Registration.IsZero() {
		record.Context = json.RawMessage(`{"registration":"` + c.Registration.String() + `"}`)
	}
	indexed := *st
	indexed.Authority = &authority
	s.parsed[record.ID] = &indexed
	defer delete(s.parsed, record.ID)
	err := s.cfg.Journal.Append(tx, record)
	delete(s.parsed, st.ID)                                       // what is stored under this id may be another
	if preau.KindOf(err) == preau.Conflict && record.Epoch == 0 { // refused, not undone by the index
		// Stored before, or other content: the journal compares bytes, we what
		// they mean. Few statements come twice, so most are never looked up.
		if there, aerr := s.already(tx, st); aerr != nil || there {
			return st.ID, aerr
		}
	}
	return record.ID, err
}

// already reports whether the statement is stored; other content under its id
// is preau.Conflict.
func (s *Store) already(tx *sqlite.Tx, st *xapi.Statement) (bool, error) {
	stored, err := s.cfg.Journal.Find(tx, st.ID)
	if preau.KindOf(err) == preau.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if stored.Stream == preau.StreamLearning {
		have, err := s.parse(stored)
		if err != nil {
			return false, err
		}
		if xapi.Equal(have, st) {
			return true, nil
		}
	}
	return false, preau.E(preau.Conflict, "statement "+st.ID.String()+" is already stored with other content", "Give each statement an id of its own.", nil)
}

// person is the local id of an agent who is one of this school's people.
func (s *Store) person(a xapi.Agent) string {
	if !a.Group && a.Account.HomePage == s.cfg.Home && a.Account.Name != s.self.Account.Name {
		return a.Account.Name
	}
	return ""
}

// objectOf names an object for the journal.
func objectOf(o xapi.Object) (name, kind string) {
	switch o.Type {
	case xapi.TypeAgent, xapi.TypeGroup:
		// Who it is stays in Raw: objects leave the box in clear.
		return "agent", "agent"
	case xapi.TypeStatementRef:
		return o.Ref.String(), "statement"
	case xapi.TypeSubStatement:
		name, _ = objectOf(o.Sub.Object)
		return name, "substatement"
	}
	return o.ID, "activity"
}

// result is what the projections of progress need of a result.
func result(r *xapi.Result) json.RawMessage {
	if r == nil {
		return nil
	}
	small := struct {
		Score      *xapi.Score     `json:"score,omitempty"`
		Success    *bool           `json:"success,omitempty"`
		Completion *bool           `json:"completion,omitempty"`
		Duration   string          `json:"duration,omitempty"`
		Progress   json.RawMessage `json:"progress,omitempty"`
	}{r.Score, r.Success, r.Completion, r.Duration, r.Extensions[extProgress]}
	if len(small.Progress) > 64 {
		small.Progress = nil // no number
	}
	raw, err := json.Marshal(small)
	if err != nil || string(raw) == "{}" {
		return nil
	}
	return raw
}
