package launch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// Hold implements lrs.Launches: the statements of a session go by its rules,
// all of them or none. What was stored before is passed over, as the record
// store does: an AU that did not hear the answer says it again.
func (l *Launches) Hold(tx *sqlite.Tx, grant keys.Key, sts []*xapi.Statement, put func() error) error {
	s, err := l.scan(tx.QueryRow(sessionColumns+`WHERE s.key = ?`, grant.ID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return preau.E(preau.Forbidden, "no launch is behind this key", "Launch the AU again.", nil)
	}
	if err != nil {
		return err
	}
	all, err := units(tx, s.reg.id)
	if err != nil {
		return err
	}
	before := all[s.au]
	u := before
	state := s.state
	state.Completed, state.Passed, state.Waived = u.Completed, u.Passed, u.Waived
	news := false
	for _, st := range sts {
		known, err := l.known(tx, st.ID)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		if state, err = state.Say(s.Session, st); err != nil {
			return err
		}
		u.judge(st)
		news = true
	}
	if err := put(); err != nil || !news {
		return err
	}
	s.state, s.heard, s.ended = state, tx.Now, state.Terminated
	if err := s.keep(tx); err != nil {
		return err
	}
	u.Completed, u.Passed = state.Completed, state.Passed
	if err := save(tx, s.reg.id, s.au, u); err != nil {
		return err
	}
	if u.Completed == before.Completed && u.Passed == before.Passed {
		return nil
	}
	c, err := cmi5.CourseIn(tx, s.reg.course)
	if err != nil {
		return err
	}
	return l.settle(tx, s.reg, c, s.ID)
}

// known reports whether a statement is stored already.
func (l *Launches) known(tx *sqlite.Tx, id preau.ID) (bool, error) {
	if id.IsZero() {
		return false, nil
	}
	_, err := l.Journal.Find(tx, id)
	if preau.KindOf(err) == preau.NotFound {
		return false, nil
	}
	return err == nil, err
}

// judge notes a verdict that the rules let through.
func (u *Unit) judge(st *xapi.Statement) {
	if !cmi5.Defined(st) || st.Verb != cmi5.Passed && st.Verb != cmi5.Failed {
		return
	}
	u.Failed = st.Verb == cmi5.Failed
	if r := st.Result; r != nil && r.Score != nil && r.Score.Scaled != nil && (u.Score == nil || *r.Score.Scaled > *u.Score) {
		u.Score = r.Score.Scaled
	}
}

// Stored implements lrs.Launches: the key ends with its session.
func (l *Launches) Stored(ctx context.Context, grant keys.Key) {
	var ended bool
	err := l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT ended IS NOT NULL FROM cmi5_session WHERE key = ?`, grant.ID).Scan(&ended)
	})
	if err != nil {
		l.Log.Warn("the session of a key not read", "err", fmt.Errorf("read a session: %w", err))
		return
	}
	if ended {
		l.revoke(ctx, []string{grant.ID})
	}
}
