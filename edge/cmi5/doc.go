// Package cmi5 keeps courses and holds what an AU says to the rules of the cmi5 specification
// (sections 7, 9 and 10), and says what its statements satisfy. It promises
// that a statement which breaks a rule is refused before it is stored, with
// the rule's section, and that an AU, a block or the course is satisfied
// exactly when the moveOn of every AU says so or a teacher waived it.
//
// It refuses voiding by an AU, statements outside initialized and terminated,
// and a verb said twice. Of what is said it keeps nothing: whoever launches keeps the State.
//
// Words: a session is one launch; a registration is one person's enrolment in
// a course, over all sessions; a defined statement carries the cmi5 category,
// an allowed one does not.
package cmi5

import (
	"time"

	"preau"
	"preau/edge/lrs/xapi"
)

// Verbs of the specification.
const (
	Launched    = "http://adlnet.gov/expapi/verbs/launched"
	Initialized = "http://adlnet.gov/expapi/verbs/initialized"
	Completed   = "http://adlnet.gov/expapi/verbs/completed"
	Passed      = "http://adlnet.gov/expapi/verbs/passed"
	Failed      = "http://adlnet.gov/expapi/verbs/failed"
	Terminated  = "http://adlnet.gov/expapi/verbs/terminated"
	Abandoned   = "https://w3id.org/xapi/adl/verbs/abandoned"
	Waived      = "https://w3id.org/xapi/adl/verbs/waived"
	Satisfied   = "https://w3id.org/xapi/adl/verbs/satisfied"
)

// Identifiers of categories and extensions.
const (
	CategoryCMI5   = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
	CategoryMoveOn = "https://w3id.org/xapi/cmi5/context/categories/moveon"
	ExtSession     = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
	ExtMastery     = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
	ExtProgress    = "https://w3id.org/xapi/cmi5/result/extensions/progress"
)

// Mode is how an AU was launched.
type Mode string

// The modes. Only Normal lets an AU be completed or judged.
const (
	Normal Mode = "Normal"
	Browse Mode = "Browse"
	Review Mode = "Review"
)

// Session is what a launch gave an AU, which its statements must repeat.
type Session struct {
	ID           string
	Registration preau.ID
	Actor        xapi.Agent
	Activity     string // the one of the launch, not the publisher's
	Publisher    string // the AU's id in the course structure
	Mode         Mode
	Mastery      *float64
}

// State is what has been said so far: of the session, and of the AU within
// the registration.
type State struct {
	Initialized time.Time `json:"initialized,omitzero"` // of the session, its timestamp
	Last        time.Time `json:"last,omitzero"`        // the latest timestamp
	Terminated  bool      `json:"terminated,omitempty"`
	Abandoned   bool      `json:"abandoned,omitempty"`
	Judged      bool      `json:"judged,omitempty"` // passed or failed in the session

	Completed bool `json:"completed,omitempty"` // of the registration
	Passed    bool `json:"passed,omitempty"`
	Waived    bool `json:"waived,omitempty"`
}
