package cmi5

import (
	"encoding/json"
	"fmt"
	"slices"

	"preau"
	"preau/edge/lrs/xapi"
)

func refuse(text, section string) error {
	return preau.E(preau.Forbidden, text, "Ask whoever made the AU to follow section "+section+" of the cmi5 specification.", nil)
}

// Say is the state after the AU says st in the session; an error when a rule
// forbids it, and then the state stays.
func (s State) Say(of Session, st *xapi.Statement) (State, error) {
	if s.Abandoned || s.Terminated {
		return s, refuse("the session has ended", "9.3.6 and 9.3.8")
	}
	if st.Verb == xapi.VerbVoided {
		return s, refuse("an AU voids no statement", "6.3")
	}
	if err := of.template(st); err != nil {
		return s, err
	}
	defined := hasActivity(st.Context.Activities.Category, CategoryCMI5)
	begins := defined && st.Verb == Initialized
	switch {
	case begins && !s.Initialized.IsZero():
		return s, refuse("the session was initialized before", "9.3.2")
	case !begins && s.Initialized.IsZero():
		return s, refuse("the first statement of a session is initialized", "9.3")
	case !begins && st.Timestamp.Before(s.Initialized):
		return s, refuse("the statement's timestamp is before initialized", "9.3")
	}
	if !defined {
		if hasActivity(st.Context.Activities.Category, CategoryMoveOn) {
			return s, refuse("only cmi5 defined statements have the moveon category", "9.6.2.2")
		}
		return s.seen(st), nil
	}
	if err := of.result(st); err != nil {
		return s, err
	}
	return s.verb(of, st)
}

func (s State) seen(st *xapi.Statement) State {
	if st.Timestamp.After(s.Last) {
		s.Last = st.Timestamp
	}
	return s
}

// verb applies the ordering rules of 9.3 to a defined statement.
func (s State) verb(of Session, st *xapi.Statement) (State, error) {
	next := s.seen(st)
	moves := st.Verb == Completed || st.Verb == Passed || st.Verb == Failed
	if moves && of.Mode != Normal {
		return s, refuse(fmt.Sprintf("an AU launched in mode %s is neither completed nor judged", of.Mode), "10.2.2")
	}
	switch st.Verb {
	case Initialized:
		next.Initialized = st.Timestamp
	case Completed:
		if s.Completed {
			return s, refuse("the AU was completed before in this registration", "9.3.3")
		}
		next.Completed = true
	case Passed:
		if s.Passed {
			return s, refuse("the AU was passed before in this registration", "9.3.4")
		}
		if s.Judged {
			return s, refuse("a session has one of passed and failed, once", "9.3")
		}
		next.Passed, next.Judged = true, true
	case Failed:
		if s.Passed {
			return s, refuse("failed does not follow passed", "9.3")
		}
		if s.Judged {
			return s, refuse("a session has one of passed and failed, once", "9.3")
		}
		next.Judged = true
	case Terminated:
		if st.Timestamp.Before(s.Last) {
			return s, refuse("terminated is the last statement", "9.3.8")
		}
		next.Terminated = true
	default:
		return s, refuse(fmt.Sprintf("the verb %.200q is not an AU's to say with the cmi5 category", st.Verb), "7.1.3")
	}
	return next, nil
}

// template holds a statement to what the launch gave.
func (of Session) template(st *xapi.Statement) error {
	c := st.Context
	var id string
	switch {
	case st.ID.IsZero():
		return refuse("the statement has no id", "9.1")
	case st.Timestamp.IsZero():
		return refuse("the statement has no timestamp", "9.7")
	case !st.Actor.Same(of.Actor) || st.Actor.Group || st.Actor.Account.Name == "":
		return refuse("the actor is not the one of the launch", "9.2")
	case c == nil || c.Registration != of.Registration:
		return refuse("the registration is not the one of the launch", "9.6.1")
	case json.Unmarshal(c.Extensions[ExtSession], &id) != nil || id != of.ID:
		return refuse("the session id is not the one of the launch", "9.6.3.1")
	case !hasActivity(c.Activities.Grouping, of.Publisher):
		return refuse("the publisher's id is not among the grouping activities", "9.6.2.3")
	}
	if _, offset := st.Timestamp.Zone(); offset != 0 {
		return refuse("the timestamp is not in UTC", "9.7")
	}
	return nil
}

func hasActivity(list []xapi.Activity, id string) bool {
	return slices.ContainsFunc(list, func(a xapi.Activity) bool { return a.ID == id })
}

// Defined reports whether a statement has the cmi5 category: the rules of
// 9.3 are for those.
func Defined(st *xapi.Statement) bool {
	return st.Context != nil && hasActivity(st.Context.Activities.Category, CategoryCMI5)
}
