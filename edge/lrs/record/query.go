package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/edge/lrs/record/index"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// An answer ends, with more to follow, at maxPage bytes, or after maxTime if
// it has enough by then: old statements are in compressed blocks, each of a
// few of them, and a box has two readers for everybody.
const (
	maxPage = 4 << 20
	maxTime = 40 * time.Millisecond
	enough  = 25
)

// Query finds statements.
func (s *Store) Query(ctx context.Context, q Query) (Page, error) {
	if q.Limit <= 0 || q.Limit > MaxLimit {
		q.Limit = MaxLimit
	}
	page := Page{Statements: []json.RawMessage{}}
	if q.Agent != nil && q.Agent.Anonymous() {
		return page, preau.E(preau.Invalid, "the agent parameter has no identifier", "Ask for an Agent or an identified Group.", nil)
	}
	err := s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		start := time.Now()
		f, err := s.index.Find(tx, q.filter())
		if err != nil {
			return err
		}
		return s.fill(tx, &page, f, q, start)
	})
	if err != nil {
		return Page{}, fmt.Errorf("find statements: %w", err)
	}
	return page, nil
}

// filter is the part of a query that the index answers.
func (q *Query) filter() index.Filter {
	f := index.Filter{Since: q.Since, Until: q.Until, Ascending: q.Ascending, After: q.after}
	if q.Mine != nil {
		f.All = append(f.All, index.Mine(q.Mine.Authority, q.Mine.Registration))
	}
	if !q.Registration.IsZero() {
		f.All = append(f.All, index.Registration(q.Registration))
	}
	if q.Agent != nil {
		f.All = append(f.All, index.Agent(*q.Agent, q.RelatedAgents))
	}
	if q.Activity != "" {
		f.All = append(f.All, index.Activity(q.Activity, q.RelatedActivities))
	}
	if q.Verb != "" {
		f.All = append(f.All, index.Verb(q.Verb))
	}
	return f
}

// fill reads statements until the page is full. after is one more than the
// last number given out.
func (s *Store) fill(tx *sqlite.Tx, page *Page, f *index.Finder, q Query, start time.Time) error {
	seen := map[string]bool{}
	size := 0
	var last int64
	for {
		n, ok, err := f.Next()
		if err != nil || !ok {
			return err
		}
		st, err := f.Statement(n)
		if err != nil {
			return err
		}
		if st == nil {
			continue // pruned
		}
		if hidden, err := index.Voided(tx, st); err != nil || hidden {
			if err != nil {
				return err
			}
			continue
		}
		if q.Mine != nil {
			if mine, err := s.mine(st, q.Mine); err != nil || !mine {
				if err != nil {
					return err
				}
				continue
			}
		}
		if got := len(page.Statements); got == q.Limit || size > maxPage || got >= enough && time.Since(start) > maxTime {
			q.after = last + 1
			page.More, err = s.token(q)
			return err
		}
		raw, err := s.render(tx, st, q.Format, q.Languages)
		if err != nil {
			return err
		}
		if q.Attachments && len(st.Raw) > 0 {
			parts, err := s.attached(tx, st, seen)
			if err != nil {
				return err
			}
			page.Attachments = append(page.Attachments, parts...)
		}
		page.Statements = append(page.Statements, raw)
		if st.Stored.After(page.LastStored) {
			page.LastStored = st.Stored
		}
		size, last = size+len(raw), n
	}
}

func (s *Store) mine(st *preau.Statement, m *Mine) (bool, error) {
	parsed, err := s.read(st)
	if err != nil {
		return false, err
	}
	c := parsed.Context
	return parsed.Authority != nil && parsed.Authority.Same(m.Authority) ||
		c != nil && !m.Registration.IsZero() && c.Registration == m.Registration, nil
}

func (s *Store) attached(tx *sqlite.Tx, st *preau.Statement, seen map[string]bool) ([]Part, error) {
	parsed, err := xapi.Read(st.Raw)
	if err != nil {
		return nil, err
	}
	return s.partsOf(tx, attachments(parsed), seen)
}

// Get finds one statement: the one that is not voided, or with voided the one
// that is; preau.NotFound otherwise.
func (s *Store) Get(ctx context.Context, id preau.ID, voided bool, f Format, languages []string) (found Found, err error) {
	missing := preau.E(preau.NotFound, "no such statement", "Check its id, and whether it was voided.", nil)
	err = s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		st, err := s.cfg.Journal.Find(tx, id)
		if err != nil {
			return err
		}
		if st.Stream != preau.StreamLearning {
			return missing
		}
		hidden, err := index.Voided(tx, st)
		if err != nil {
			return err
		}
		if hidden != voided {
			return missing
		}
		if found.Statement, err = s.render(tx, st, f, languages); err != nil {
			return err
		}
		found.Stored = st.Stored
		if len(st.Raw) > 0 {
			found.Attachments, err = s.attached(tx, st, map[string]bool{})
		}
		return err
	})
	if err != nil {
		return Found{}, fmt.Errorf("get statement %s: %w", id, err)
	}
	return found, nil
}

func (s *Store) render(tx *sqlite.Tx, st *preau.Statement, f Format, languages []string) (json.RawMessage, error) {
	raw := s.Whole(st)
	switch f {
	case FormatIDs:
		return xapi.IDs(raw)
	case FormatCanonical:
		var failed error
		known := func(read func(*sqlite.Tx, string) (json.RawMessage, error)) func(string) json.RawMessage {
			return func(iri string) json.RawMessage {
				raw, err := read(tx, iri)
				failed = errors.Join(failed, err)
				return raw
			}
		}
		out, err := xapi.Canonical(raw, languages, known(definition), known(display))
		return out, errors.Join(err, failed)
	}
	return raw, nil
}
