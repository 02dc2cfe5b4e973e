package segment

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	"preau"
)

// pseudonyms gives people, groups and places a name that holds for one school
// year and says nothing without the box's secret. One is for one goroutine.
type pseudonyms struct {
	secret []byte
	years  map[int]hash.Hash
	memo   map[string]string
}

func newPseudonyms(secret []byte) (*pseudonyms, error) {
	if len(secret) < 32 {
		return nil, preau.E(preau.Invalid, "the box's secret is shorter than 32 bytes", "Let the box make its own at its first start.", nil)
	}
	return &pseudonyms{secret: secret, years: map[int]hash.Hash{}, memo: map[string]string{}}, nil
}

// SchoolYear is the year in which the school year of t began.
func SchoolYear(t time.Time) int {
	t = t.UTC()
	if t.Month() < time.September {
		return t.Year() - 1
	}
	return t.Year()
}

// of names one local id of a kind ("person", "group", "object") in the school
// year of t.
func (p *pseudonyms) of(kind, id string, t time.Time) (string, error) {
	year := SchoolYear(t)
	key := fmt.Sprint(year, kind, "\x00", id)
	if s, ok := p.memo[key]; ok {
		return s, nil
	}
	mac := p.years[year]
	if mac == nil {
		k, err := hkdf.Key(sha256.New, p.secret, nil, fmt.Sprintf("preau pseudonym v1 %d-%d", year, year+1), 32)
		if err != nil {
			return "", fmt.Errorf("derive the key of the year: %w", err)
		}
		mac = hmac.New(sha256.New, k)
		p.years[year] = mac
	}
	mac.Reset()
	mac.Write([]byte(kind + "\x00" + id))
	s := hex.EncodeToString(mac.Sum(nil)[:12])
	p.memo[key] = s
	return s, nil
}
