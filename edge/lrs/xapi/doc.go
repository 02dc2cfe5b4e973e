// Package xapi reads and writes the experience API's words: statements,
// agents, language maps, times. It promises to accept what the specification
// allows in the version asked for (1.0.3 or 2.0.0, IEEE 9274.1.1) and nothing
// else, to say which property is wrong, to keep a statement's numbers and
// order as they came, and to answer whether two statements say the same.
//
// It refuses null outside extensions, unknown properties, a key that comes
// twice. It stores nothing and asks
// nobody: what a store must add (id, stored, authority) is the store's.
package xapi

import (
	"encoding/json"
	"time"

	"preau"
	"preau/internal/jsontree"
)

// Version is the protocol of a request, as X-Experience-API-Version names it.
type Version string

// The versions spoken here. 1.0.0 to 1.0.3 are one protocol: V103.
const (
	V103 Version = "1.0.3"
	V200 Version = "2.0.0"
)

// The identifiers that the specification itself gives a meaning.
const (
	VerbVoided         = "http://adlnet.gov/expapi/verbs/voided"
	UsageSignature     = "http://adlnet.gov/expapi/attachments/signature"
	maxStatementsBatch = 2000
)

// Statement is one valid statement. Raw is the whole of it as received, but
// that single context activities have been made lists; the other fields are
// read from it.
type Statement struct {
	Raw         json.RawMessage
	ID          preau.ID // zero when the sender left it to the store
	Actor       Agent
	Verb        string          // its IRI
	Display     json.RawMessage // of the verb: a language map, or nil
	Object      Object
	Result      *Result
	Context     *Context
	Timestamp   time.Time // zero when absent
	Stored      time.Time // zero when absent; what a sender says does not count
	Authority   *Agent
	Version     string // as written in the statement, or ""
	Attachments []Attachment

	Protocol Version // by which it was parsed; "" after Read

	tree *jsontree.Value
}

// What Object.Type may be.
const (
	TypeActivity     = "Activity"
	TypeAgent        = "Agent"
	TypeGroup        = "Group"
	TypeStatementRef = "StatementRef"
	TypeSubStatement = "SubStatement"
)

// Object is what a statement is about: the fields of its Type are set.
type Object struct {
	Type       string
	ID         string          // Activity: its IRI
	Definition json.RawMessage // Activity: nil without one
	Agent      *Agent          // Agent and Group
	Ref        preau.ID        // StatementRef
	Sub        *Statement      // SubStatement
}

// Agent is a person, a thing that acts or, when Group is set, several. It has
// one identifier: Mbox, MboxSHA1, OpenID or Account; an anonymous group none.
type Agent struct {
	Group    bool
	Name     string
	Mbox     string // with mailto:
	MboxSHA1 string
	OpenID   string
	Account  Account
	Members  []Agent
}

// Account is a person's name in one system.
type Account struct {
	HomePage string `json:"homePage"`
	Name     string `json:"name"`
}

// Score is a result's figures; absent ones are nil.
type Score struct {
	Scaled *float64 `json:"scaled,omitempty"`
	Raw    *float64 `json:"raw,omitempty"`
	Min    *float64 `json:"min,omitempty"`
	Max    *float64 `json:"max,omitempty"`
}

// Result is what came of it; absent properties are nil or "".
type Result struct {
	Score      *Score
	Success    *bool
	Completion *bool
	Response   *string
	Duration   string
	Extensions map[string]json.RawMessage
}

// Activity is an activity as a context names it.
type Activity struct {
	ID         string
	Definition json.RawMessage
}

// ContextActivities are the activities around a statement; a single one where
// the specification wants a list has been made a list.
type ContextActivities struct {
	Parent, Grouping, Category, Other []Activity
}

// Context is where and how it happened; absent properties are zero.
type Context struct {
	Registration preau.ID
	Instructor   *Agent
	Team         *Agent
	Activities   ContextActivities
	Agents       []Agent // of contextAgents and contextGroups, 2.0.0
	Revision     string
	Platform     string
	Language     string
	Statement    preau.ID
	Extensions   map[string]json.RawMessage
}

// Attachment is the description of bytes that belong to a statement.
type Attachment struct {
	UsageType   string
	ContentType string
	Length      int64
	SHA2        string // lower-case hexadecimal
	FileURL     string // "" when the bytes must come with the statement
}
