package supply

import (
	"preau/edge/refresh"
	"preau/edge/sister"
	"preau/sync/budget"
)

// Status is where the supply of a running box stands: part of
// `preau status --json`, a documented contract (docs/cli.md).
type Status struct {
	Line     budget.State          `json:"line"`
	Sentence string                `json:"sentence"` // the same for people
	Used     map[budget.Kind]int64 `json:"used"`     // bytes this month
	Fetching *refresh.Progress     `json:"fetching,omitempty"`
	Tries    uint64                `json:"tries"` // refreshes that ended since the box started
	Sisters  []sister.Box          `json:"sisters,omitempty"`
	Revoked  uint64                `json:"revoked_list,omitempty"` // number of the list of revoked certificates
}

// Status is where things stand now, in English.
func (s *Supply) Status() Status {
	st := Status{Line: s.budget.State(), Sentence: s.Sentence("en"), Used: s.budget.Used(), Fetching: s.refresher.Progress(), Tries: s.refresher.Tries()}
	if s.finder != nil {
		st.Sisters = s.finder.Sisters()
	}
	if s.revoked != nil {
		if l := s.revoked.List(); l != nil {
			st.Revoked = l.Number
		}
	}
	return st
}

// Sentence says where the line stands.
func (s *Supply) Sentence(lang string) string {
	return s.budget.State().Sentence(lang, s.Clock.Now(), s.Zone)
}

// Progress says what is on its way, or nothing.
func (s *Supply) Progress(lang string) string {
	p := s.refresher.Progress()
	if p == nil {
		return ""
	}
	return p.Sentence(lang)
}
