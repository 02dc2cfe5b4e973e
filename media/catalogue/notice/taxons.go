package notice

import (
	"fmt"
	"unicode/utf8"
)

// Taxon is one concept of a vocabulary, with the labels people read.
type Taxon struct {
	FR         string `json:"fr"`
	EN         string `json:"en,omitempty"`
	Broader    string `json:"broader,omitempty"` // URI of the concept above
	Vocabulary string `json:"vocabulary"`        // its number in ScoLOMFR: "015", "022"…
}

// Label is the taxon's name in lang, French when there is no other.
func (t Taxon) Label(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.FR
}

// Taxons are concepts by URI.
type Taxons map[string]Taxon

const (
	maxConcepts = 50_000
	maxDepth    = 16
)

// ParseTaxons reads the vocabulary. A cycle is refused: whoever climbs from
// a concept must reach a top.
func ParseTaxons(b []byte) (Taxons, error) {
	var ts Taxons
	if err := decode("vocabulary", b, MaxTaxons, &ts); err != nil {
		return nil, err
	}
	if len(ts) > maxConcepts {
		return nil, unreadable("vocabulary", fmt.Sprintf("it has %d concepts, over %d", len(ts), maxConcepts), nil)
	}
	for uri, t := range ts {
		if !ValidID(uri) || t.FR == "" || utf8.RuneCountInString(t.FR) > maxTitle || utf8.RuneCountInString(t.EN) > maxTitle || len(t.Vocabulary) > 32 {
			return nil, unreadable("vocabulary", fmt.Sprintf("concept %.80q has no valid name or label", uri), nil)
		}
		if len(ts.Chain(uri)) > maxDepth {
			return nil, unreadable("vocabulary", fmt.Sprintf("concept %.80q is in a cycle, or more than %d deep", uri, maxDepth), nil)
		}
	}
	return ts, nil
}

// Chain is uri and the concepts above it, the broadest last. Concepts that
// the vocabulary does not know end it.
func (ts Taxons) Chain(uri string) []string {
	chain := []string{uri}
	for len(chain) <= maxDepth {
		t, ok := ts[uri]
		if !ok || t.Broader == "" {
			break
		}
		uri = t.Broader
		chain = append(chain, uri)
	}
	return chain
}
