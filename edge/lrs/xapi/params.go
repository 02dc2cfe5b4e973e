package xapi

import (
	"time"

	"preau"
)

// Parse reads one statement and checks it to the letter.
func Parse(raw []byte, v Version) (*Statement, error) { return nil, nil }

// ParseBatch reads one statement or an array of them.
func ParseBatch(raw []byte, v Version) ([]*Statement, error) { return nil, nil }

// ParseAgent reads an Agent or Group object, as the agent parameter holds it.
func ParseAgent(raw []byte, v Version) (Agent, error) { return Agent{}, nil }

// ParseIRI checks that s is an absolute IRI.
func ParseIRI(s string) (string, error) { return s, nil }

// ParseUUID checks the 36-character form.
func ParseUUID(s string) (preau.ID, error) { return preau.ID{}, nil }

// ParseTimestamp reads an RFC 3339 time.
func ParseTimestamp(s string) (time.Time, error) { return time.Time{}, nil }

// ParseDuration checks an ISO 8601 duration and gives its length, counting a
// month as 30 days and a year as 365.
func ParseDuration(s string) (time.Duration, error) { return 0, nil }

// ParseVersion reads an X-Experience-API-Version header: 1.0, 1.0.x and 2.0.x.
func ParseVersion(s string) (Version, error) { return V103, nil }

// ParseLanguages reads an Accept-Language header: best first.
func ParseLanguages(header string) []string { return nil }

// Key is the agent's canonical identity: equal keys, same agent.
func (a Agent) Key() string { return "" }

// Same reports whether both are the same agent or group.
func (a Agent) Same(b Agent) bool { return a.Key() == b.Key() }

// Anonymous reports whether the agent has no identifier: only groups may.
func (a Agent) Anonymous() bool { return false }

// MarshalJSON writes the Agent object.
func (a Agent) MarshalJSON() ([]byte, error) { return nil, nil }

// VerifySignature checks the JWS of a signed statement.
func VerifySignature(st *Statement, jws []byte) error { return nil }

// Equal reports whether two statements say the same, as the 409 rule wants it.
func Equal(a, b *Statement) bool { return false }
