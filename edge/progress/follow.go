package progress

import (
	"database/sql"
	"encoding/json"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Follow takes in a statement that an application wrote through xAPI about a
// person of this school: what a course or an exercise says it saw counts like
// what our own pages saw. It is a projection: the box registers it with the
// journal, and it runs in the transaction that appends.
func (p *Progress) Follow(tx *sqlite.Tx, st *preau.Statement, _ int64) error {
	if st.Raw == nil || st.Actor == "" || st.Stream != preau.StreamLearning {
		return nil
	}
	var result struct {
		Score *struct {
			Scaled *float64 `json:"scaled"`
		} `json:"score"`
		Completion *bool `json:"completion"`
	}
	if len(st.Result) > 0 {
		if err := json.Unmarshal(st.Result, &result); err != nil {
			return nil // the record store checked it; a shape we do not know says nothing to us
		}
	}
	ends := false
	switch st.Verb {
	case journal.VerbCompleted, journal.VerbPassed, journal.VerbFailedAt:
		ends = true
	case journal.VerbInitialized, journal.VerbLaunched, journal.VerbTerminated:
	default:
		return nil
	}
	r, err := load(tx, Who{Person: st.Actor}, st.Object, "app", registrationOf(st), st.Timestamp)
	if err != nil {
		return err
	}
	if s := result.Score; s != nil && s.Scaled != nil {
		r.best = sql.NullFloat64{Float64: max(r.best.Float64, min(1, max(0, *s.Scaled))), Valid: true}
	} else if st.Verb == journal.VerbPassed {
		r.best = sql.NullFloat64{Float64: 1, Valid: true}
	}
	if ends && !r.done.Valid && (st.Verb != journal.VerbFailedAt || result.Completion != nil && *result.Completion) {
		r.done = sql.NullInt64{Int64: st.Timestamp.UnixMilli(), Valid: true}
	}
	return p.save(tx, r, st.Timestamp, 0)
}

// registrationOf is the attempt that a statement belongs to; zero when it
// names none.
func registrationOf(st *preau.Statement) (id preau.ID) {
	var context struct {
		Registration preau.ID `json:"registration"`
	}
	if len(st.Context) > 0 && json.Unmarshal(st.Context, &context) == nil {
		id = context.Registration
	}
	return id
}
