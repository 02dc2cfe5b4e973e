package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"preau/edge/lrs/xapi"
	"preau/internal/jsontree"
	"preau/internal/sqlite"
)

// define merges what a statement says of activities and verbs into what is
// known: a property it has replaces the one known, and a language its own
// entry. What makes an activity a question (its type, its answers) stays as
// it first was: the answers given before were to that.
func (s *Store) define(tx *sqlite.Tx, st *xapi.Statement) error {
	for _, a := range activities(st) {
		if err := s.learn(tx, `SELECT definition FROM lrs_activity WHERE iri = ?`,
			`INSERT INTO lrs_activity (iri, definition) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET definition = ?2`, a.ID, a.Definition); err != nil {
			return fmt.Errorf("note an activity: %w", err)
		}
	}
	for ; st != nil; st = st.Object.Sub {
		if err := s.learn(tx, `SELECT display FROM lrs_verb WHERE iri = ?`,
			`INSERT INTO lrs_verb (iri, display) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET display = ?2`, st.Verb, st.Display); err != nil {
			return fmt.Errorf("note a verb: %w", err)
		}
	}
	return nil
}

// maxLearned bounds what is remembered of having been learned.
const maxLearned = 8192

// learn merges one definition, unless the very same was merged lately: most
// statements repeat what others said.
func (s *Store) learn(tx *sqlite.Tx, find, keep, iri string, said json.RawMessage) error {
	if len(said) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(find + "\x00" + iri + "\x00" + string(said)))
	if s.learned[sum] {
		return nil
	}
	known, err := what(tx, find, iri)
	if err != nil {
		return err
	}
	if merged := merge(known, said); string(merged) != string(known) {
		if _, err := tx.Exec(keep, iri, string(merged)); err != nil {
			return err
		}
	}
	if len(s.learned) >= maxLearned {
		clear(s.learned)
	}
	s.learned[sum] = true
	tx.OnUndo(func() { delete(s.learned, sum) })
	return nil
}

// activities are all that a statement names.
func activities(st *xapi.Statement) (list []xapi.Activity) {
	if st.Object.Type == xapi.TypeActivity {
		list = append(list, xapi.Activity{ID: st.Object.ID, Definition: st.Object.Definition})
	}
	if c := st.Context; c != nil {
		list = slices.Concat(list, c.Activities.Parent, c.Activities.Grouping, c.Activities.Category, c.Activities.Other)
	}
	if st.Object.Sub != nil {
		list = append(list, activities(st.Object.Sub)...)
	}
	return list
}

// maxDefinition bounds what many statements can make of one activity.
const maxDefinition = 256 << 10

var interaction = []string{"interactionType", "correctResponsesPattern", "choices", "scale", "source", "target", "steps"}

func merge(known, said json.RawMessage) json.RawMessage {
	old, err := jsontree.Decode(known)
	if err != nil {
		return said
	}
	news, err := jsontree.Decode(said)
	if err != nil {
		return known
	}
	out := old.Without()
	for i, key := range news.Keys {
		m := news.Items[i]
		if old.Get("interactionType") != nil && slices.Contains(interaction, key) {
			continue
		}
		if had := old.Get(key); had != nil && m.Kind == jsontree.Object && had.Kind == jsontree.Object {
			both := had.Without()
			for j, k := range m.Keys {
				both.Set(k, m.Items[j])
			}
			m = both
		}
		out.Set(key, m)
	}
	if raw := out.Bytes(); len(raw) <= maxDefinition {
		return raw
	}
	return said
}

// what is known of an IRI; nil for nothing.
func what(tx *sqlite.Tx, find, iri string) (json.RawMessage, error) {
	var text string
	err := tx.QueryRow(find, iri).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is known of %s: %w", iri, err)
	}
	return json.RawMessage(text), nil
}

func definition(tx *sqlite.Tx, iri string) (json.RawMessage, error) {
	return what(tx, `SELECT definition FROM lrs_activity WHERE iri = ?`, iri)
}

func display(tx *sqlite.Tx, iri string) (json.RawMessage, error) {
	return what(tx, `SELECT display FROM lrs_verb WHERE iri = ?`, iri)
}

// Activity is the canonical Activity object of an IRI, whether seen or not.
func (s *Store) Activity(ctx context.Context, iri string) (json.RawMessage, error) {
	v := &jsontree.Value{Kind: jsontree.Object}
	v.Set("objectType", jsontree.Text(xapi.TypeActivity))
	v.Set("id", jsontree.Text(iri))
	err := s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		raw, err := definition(tx, iri)
		if err != nil || raw == nil {
			return err
		}
		d, err := jsontree.Decode(raw)
		if err == nil {
			v.Set("definition", d)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read an activity: %w", err)
	}
	return v.Bytes(), nil
}

// maxNames bounds how many statements are asked for a person's names.
const maxNames = 25

// Person is the Person object of an agent: what identifies it and the names
// that recent statements give it. Identifiers are not joined: nobody here can
// know that two of them are one person.
func (s *Store) Person(ctx context.Context, a xapi.Agent) (json.RawMessage, error) {
	names := []string{}
	if a.Name != "" {
		names = append(names, a.Name)
	}
	if !a.Anonymous() {
		page, err := s.Query(ctx, Query{Agent: &a, Limit: maxNames})
		if err != nil {
			return nil, fmt.Errorf("find a person's names: %w", err)
		}
		for _, raw := range page.Statements {
			st, err := xapi.Read(raw)
			if err != nil {
				return nil, fmt.Errorf("read a statement: %w", err)
			}
			for _, b := range append([]*xapi.Agent{&st.Actor, st.Object.Agent}, members(st)...) {
				if b != nil && b.Name != "" && b.Same(a) && !slices.Contains(names, b.Name) {
					names = append(names, b.Name)
				}
			}
		}
	}
	person := struct {
		Type     string         `json:"objectType"`
		Name     []string       `json:"name,omitempty"`
		Mbox     []string       `json:"mbox,omitempty"`
		MboxSHA1 []string       `json:"mbox_sha1sum,omitempty"`
		OpenID   []string       `json:"openid,omitempty"`
		Account  []xapi.Account `json:"account,omitempty"`
	}{Type: "Person", Name: names, Mbox: one(a.Mbox), MboxSHA1: one(a.MboxSHA1), OpenID: one(a.OpenID)}
	if a.Account != (xapi.Account{}) {
		person.Account = []xapi.Account{a.Account}
	}
	return json.Marshal(person)
}

func members(st *xapi.Statement) (list []*xapi.Agent) {
	for i := range st.Actor.Members {
		list = append(list, &st.Actor.Members[i])
	}
	return list
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
