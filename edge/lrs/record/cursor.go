package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"preau"
	"preau/edge/lrs/xapi"
)

// macSize is how much of the signature a cursor carries.
const macSize = 16

// cursor is a query with the place where its next page begins. Short names:
// it travels in an address.
type cursor struct {
	Agent             *xapi.Agent `json:"a,omitempty"`
	Verb              string      `json:"v,omitempty"`
	Activity          string      `json:"o,omitempty"`
	Registration      preau.ID    `json:"r,omitzero"`
	RelatedActivities bool        `json:"ro,omitempty"`
	RelatedAgents     bool        `json:"ra,omitempty"`
	Since             time.Time   `json:"s,omitzero"`
	Until             time.Time   `json:"u,omitzero"`
	Limit             int         `json:"l,omitempty"`
	Ascending         bool        `json:"asc,omitempty"`
	Format            Format      `json:"f,omitempty"`
	Languages         []string    `json:"lang,omitempty"`
	Attachments       bool        `json:"att,omitempty"`
	After             int64       `json:"n"`
}

// token is the query's place, signed so that nobody composes one.
func (s *Store) token(q Query) (string, error) {
	agent := q.Agent
	if agent != nil {
		bare := *agent
		bare.Name, bare.Members = "", nil // what identifies it is enough
		agent = &bare
	}
	raw, err := json.Marshal(cursor{agent, q.Verb, q.Activity, q.Registration, q.RelatedActivities, q.RelatedAgents, q.Since, q.Until,
		q.Limit, q.Ascending, q.Format, q.Languages, q.Attachments, q.after})
	if err != nil {
		return "", fmt.Errorf("write a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(s.mac(raw), raw...)), nil
}

func (s *Store) mac(raw []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write(raw)
	return h.Sum(nil)[:macSize]
}

// Continue reads a token of Page.More back: the query it continues.
func (s *Store) Continue(token string) (Query, error) {
	refuse := preau.E(preau.Invalid, "this is not a continuation that this store gave", "Follow the more link as it is, or ask again from the start.", nil)
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || len(token) > 32<<10 || !hmac.Equal(s.mac(b[macSize:]), b[:macSize]) {
		return Query{}, refuse
	}
	var c cursor
	if err := json.Unmarshal(b[macSize:], &c); err != nil {
		return Query{}, refuse
	}
	return Query{Agent: c.Agent, Verb: c.Verb, Activity: c.Activity, Registration: c.Registration, RelatedActivities: c.RelatedActivities,
		RelatedAgents: c.RelatedAgents, Since: c.Since, Until: c.Until, Limit: c.Limit, Ascending: c.Ascending, Format: c.Format,
		Languages: c.Languages, Attachments: c.Attachments, after: c.After}, nil
}
