package index

import (
	"crypto/sha256"
	"encoding/binary"

	"preau"
	"preau/edge/lrs/xapi"
)

// What a term is about. The related ones find a statement only when the query
// asks broadly: they are the rest of what the narrow ones say.
const (
	termAgent           = 'a'
	termRelatedAgent    = 'A'
	termVerb            = 'v'
	termActivity        = 'o'
	termRelatedActivity = 'O'
	termRegistration    = 'r'
	termAuthority       = 'w'
)

func term(about byte, what string) int64 {
	sum := sha256.Sum256(append([]byte{about}, what...))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// termSet gathers a statement's terms, each once.
type termSet struct {
	list []int64
	seen map[int64]bool
}

func (s *termSet) add(t int64) {
	if s.seen == nil {
		s.seen = make(map[int64]bool, 8)
	}
	if !s.seen[t] {
		s.seen[t] = true
		s.list = append(s.list, t)
	}
}

// agent adds a under about, and nothing that is there narrowly already.
func (s *termSet) agent(about byte, a *xapi.Agent) {
	if a == nil {
		return
	}
	for _, key := range a.Keys() {
		if !s.seen[term(termAgent, key)] {
			s.add(term(about, key))
		}
	}
}

func (s *termSet) activity(about byte, iri string) {
	if !s.seen[term(termActivity, iri)] {
		s.add(term(about, iri))
	}
}

// termsOf lists what a statement can be found by: the narrow first.
func termsOf(st *xapi.Statement, authority *xapi.Agent) []int64 {
	var s termSet
	s.agent(termAgent, &st.Actor)
	s.agent(termAgent, st.Object.Agent)
	s.add(term(termVerb, st.Verb))
	if st.Object.Type == xapi.TypeActivity {
		s.add(term(termActivity, st.Object.ID))
	}
	if st.Context != nil && !st.Context.Registration.IsZero() {
		s.add(registrationTerm(st.Context.Registration))
	}
	s.agent(termRelatedAgent, authority)
	s.around(st)
	if sub := st.Object.Sub; sub != nil {
		s.agent(termRelatedAgent, &sub.Actor)
		s.agent(termRelatedAgent, sub.Object.Agent)
		if sub.Object.Type == xapi.TypeActivity {
			s.activity(termRelatedActivity, sub.Object.ID)
		}
		s.around(sub)
	}
	return s.list
}

// around adds what the context holds.
func (s *termSet) around(st *xapi.Statement) {
	c := st.Context
	if c == nil {
		return
	}
	s.agent(termRelatedAgent, c.Instructor)
	s.agent(termRelatedAgent, c.Team)
	for i := range c.Agents {
		s.agent(termRelatedAgent, &c.Agents[i])
	}
	for _, list := range [...][]xapi.Activity{c.Activities.Parent, c.Activities.Grouping, c.Activities.Category, c.Activities.Other} {
		for _, a := range list {
			s.activity(termRelatedActivity, a.ID)
		}
	}
}

func registrationTerm(id preau.ID) int64 { return term(termRegistration, string(id[:])) }

// A Condition is met by the statements that have one of its terms.
type Condition []int64

// Registration is met by the statements of a registration.
func Registration(id preau.ID) Condition { return Condition{registrationTerm(id)} }

// Verb is met by the statements with that verb.
func Verb(iri string) Condition { return Condition{term(termVerb, iri)} }

// Agent is met by the statements whose actor or object is the agent, or a
// group that it is in; with related by those that name it anywhere.
func Agent(a xapi.Agent, related bool) Condition {
	return pair(termAgent, termRelatedAgent, a.Key(), related)
}

// Activity is met by the statements about an activity; with related by those
// that name it anywhere.
func Activity(iri string, related bool) Condition {
	return pair(termActivity, termRelatedActivity, iri, related)
}

// Mine is met by the statements of one authority and, if it is not zero, by
// those of a registration. References lead to others' statements: who asks
// looks at each.
func Mine(authority xapi.Agent, registration preau.ID) Condition {
	c := Condition{term(termAuthority, authority.Key())}
	if !registration.IsZero() {
		c = append(c, registrationTerm(registration))
	}
	return c
}

func pair(narrow, broad byte, what string, related bool) Condition {
	c := Condition{term(narrow, what)}
	if related {
		c = append(c, term(broad, what))
	}
	return c
}
