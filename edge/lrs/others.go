package lrs

import (
	"preau"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/xapi"
)

// getActivity answers with all that is known of an activity.
func (l *LRS) getActivity(q *request) error {
	if err := q.need(keys.StatementsRead, keys.StatementsReadMine, keys.AllRead); err != nil {
		return err
	}
	if err := q.params.only("activityId"); err != nil {
		return err
	}
	if _, err := q.params.must("activityId"); err != nil {
		return err
	}
	iri, err := q.params.iri("activityId")
	if err != nil {
		return err
	}
	a, err := l.Records.Activity(q.Context(), iri)
	if err != nil {
		return err
	}
	return q.json(a)
}

// getPerson answers with the names and identifiers of an agent.
func (l *LRS) getPerson(q *request) error {
	if err := q.need(keys.StatementsRead, keys.StatementsReadMine, keys.AllRead); err != nil {
		return err
	}
	if err := q.params.only("agent"); err != nil {
		return err
	}
	if _, err := q.params.must("agent"); err != nil {
		return err
	}
	a, err := q.params.agent("agent", q.version)
	if err != nil {
		return err
	}
	if g := q.key.Grant; g != nil && !a.Same(g.Actor) {
		return preau.E(preau.Forbidden, "the key of a launch asks for its own person only", "Use the actor that the launch gave.", nil)
	}
	p, err := l.Records.Person(q.Context(), *a)
	if err != nil {
		return err
	}
	return q.json(p)
}

// getAbout says which versions are spoken here; anybody may ask.
func (l *LRS) getAbout(q *request) error {
	if err := q.params.only(); err != nil {
		return err
	}
	return q.json(map[string]any{"version": []xapi.Version{xapi.V200, xapi.V103, "1.0.2", "1.0.1", "1.0.0"}})
}
