package index

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"preau/internal/sqlite"
	"preau/media/catalogue/word"
)

// Query asks for items. Empty fields do not filter.
type Query struct {
	Q       string // words; the last one may be unfinished
	Kind    string
	Service string
	Taxon   int64   // number of a concept; what is filed below it counts
	Level   int64   // number of a concept; what is filed below it counts
	Among   []int64 // only these items, smallest first; nil: all
	Length  string  // one of Bands
	Access  Access  // all of them
	Here    bool    // only what is on the box
	Staff   bool    // the reader may see what is for staff
	Day     string
	Skip    int
	Limit   int
	Facets  bool // count them
}

// Result is a page of what was found.
type Result struct {
	Items  []int64
	Total  int    // of the whole, not of the page
	Meant  string // what was looked for instead of what was asked
	Facets []Facet
}

// Facet counts items by the values of one property.
type Facet struct {
	Name   string
	Values []Value
}

// Value is one value of a facet and how many of the items found have it.
type Value struct {
	Name  string `json:"value"` // a concept's URI, a kind, a length, …
	Count int    `json:"count"`
}

// The names of facets.
const (
	FacetKind   = "kind"
	FacetTaxon  = "taxon"
	FacetLevel  = "level"
	FacetLength = "length"
	FacetAccess = "access"
	FacetHere   = "here"
)

const maxWords = 12

// Asks reports whether q holds a word to look for.
func Asks(q string) bool { return len(word.Stems(q)) > 0 }

// Search answers a query on a generation. The answer is shared: it is not to
// be changed.
func (x *Index) Search(tx *sqlite.Tx, generation int64, q Query) (Result, error) {
	s, err := x.at(tx.Ctx(), within(tx), generation)
	if err != nil {
		return Result{}, err
	}
	key := q.key()
	if known, ok := s.answers.get(key); ok {
		return known, nil
	}
	visible := s.visible(q.Day, q.Staff)
	f, err := s.filters(tx, q)
	if err != nil {
		return Result{}, err
	}
	tiers, result := []set{visible}, Result{}
	if Asks(q.Q) {
		if tiers, result.Meant, err = s.tiers(tx, q.Q, visible); err != nil {
			return Result{}, err
		}
	}
	match := newSet(len(s.ids))
	for _, t := range tiers {
		match.or(t.and(visible))
	}
	chosen := f.apply(match.clone(), "")
	result.Total = chosen.count()
	result.Items = s.page(tiers, chosen, q.Skip, q.Limit)
	if q.Facets {
		result.Facets = s.count(match, f)
	}
	if key != "" {
		s.answers.put(key, result, 1)
	}
	return result, nil
}

// tiers ranks what has the words of q, best first.
func (s *shelves) tiers(tx *sqlite.Tx, q string, visible set) (tiers []set, said string, err error) {
	asked, all, said, err := s.asked(tx, q, visible)
	if err != nil {
		return nil, "", err
	}
	every := hits{s.all.clone(), s.all.clone(), s.all.clone(), s.all.clone()}
	for _, h := range all {
		every.whole.and(h.whole)
		every.title.and(h.title)
		every.head.and(h.head)
		every.any.and(h.any)
	}
	if every.any.common(visible) == 0 && len(all) > 1 {
		return most(all), said, nil
	}
	tiers = []set{every.whole, every.title, every.head, every.any}
	if every.whole.count() == 0 {
		return tiers, said, nil
	}
	first, err := s.term(tx, signFirst+asked[0], false)
	if err != nil {
		return nil, "", err
	}
	if first = first.clone().and(every.whole); first.count() == 0 {
		return tiers, said, nil // nor is any the title itself
	}
	exact, err := s.term(tx, signWhole+strings.Join(asked, "-"), false)
	if err != nil {
		return nil, "", err
	}
	return append([]set{exact.clone(), first}, tiers...), said, nil
}

// most ranks items by how many of the words they have.
func most(all []hits) (tiers []set) {
	heads, anys := make([]set, len(all)+1), make([]set, len(all)+1)
	for n := range heads {
		heads[n], anys[n] = make(set, len(all[0].any)), make(set, len(all[0].any))
	}
	for _, h := range all {
		for n := len(all); n > 1; n-- {
			heads[n].or(heads[n-1].clone().and(h.head))
			anys[n].or(anys[n-1].clone().and(h.any))
		}
		heads[1].or(h.head)
		anys[1].or(h.any)
	}
	for n := len(all); n > 0; n-- {
		tiers = append(tiers, heads[n], anys[n])
	}
	return tiers
}

// asked reads the words of q and what has each. A word that nothing has is
// replaced by those it may be; said is then what was looked for.
func (s *shelves) asked(tx *sqlite.Tx, q string, visible set) (asked []string, all []hits, said string, err error) {
	words := word.Split(q)
	if kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return word.Empty(word.Plain(w)) || word.Plain(w) == "" }); len(kept) > 0 {
		words = kept
	}
	words = words[:min(len(words), maxWords)]
	forgiven := false
	for i, w := range words {
		raw, stem := cut(word.Plain(w)), stem(w)
		unfinished := i == len(words)-1
		h, err := s.hits(tx, raw, stem, unfinished)
		if err != nil {
			return nil, nil, "", err
		}
		if h.any.common(visible) == 0 {
			guess, better, err := s.forgive(tx, raw, stem, unfinished, visible)
			if err != nil {
				return nil, nil, "", err
			}
			if guess.stem != "" {
				h, stem, words[i], forgiven = better, guess.stem, guess.written, true
			}
		}
		asked, all = append(asked, stem), append(all, h)
	}
	if forgiven {
		said = strings.Join(words, " ")
	}
	return asked, all, said, nil
}

// forgive finds what a word that nothing has may be: the commonest of the
// nearest words, and what has any of them.
func (s *shelves) forgive(tx *sqlite.Tx, raw, stem string, unfinished bool, visible set) (guess meant, h hits, err error) {
	v, err := s.vocabulary(tx.Ctx(), within(tx))
	if err != nil {
		return meant{}, hits{}, err
	}
	near := v.near(stem, word.Mistakes(stem), false)
	if len(near) == 0 && unfinished {
		near = v.near(raw, word.Mistakes(raw), true)
	}
	for _, m := range near {
		one, err := s.hits(tx, m.stem, m.stem, false)
		if err != nil {
			return meant{}, hits{}, err
		}
		if one.any.common(visible) == 0 {
			continue // others may see it
		}
		if guess.stem == "" {
			guess = m
		}
		h = h.or(one)
	}
	return guess, h, nil
}

// page takes limit items after skip: tier by tier, what is here first, in the
// order of titles.
func (s *shelves) page(tiers []set, chosen set, skip, limit int) (items []int64) {
	s.mu.Lock()
	here := s.here
	s.mu.Unlock()
	left := chosen.clone()
	for _, t := range tiers {
		t = t.clone().and(left)
		left.without(t)
		for _, part := range []set{t.clone().and(here), t.clone().without(here)} {
			n := part.count()
			if skip >= n {
				skip -= n
				continue
			}
			for _, place := range s.sorted(part, n, skip+limit-len(items))[skip:] {
				items = append(items, s.ids[place])
			}
			if skip = 0; len(items) >= limit {
				return items
			}
		}
	}
	return items
}

// sorted lists the first places of a part of n, in the order of titles.
func (s *shelves) sorted(part set, n, limit int) (places []int32) {
	if n < len(s.order)/16 {
		for i := range part {
			for w := part[i]; w != 0; w &= w - 1 {
				places = append(places, int32(i*64+bits.TrailingZeros64(w)))
			}
		}
		slices.SortFunc(places, func(a, b int32) int { return cmp.Compare(s.rank[a], s.rank[b]) })
		return places[:min(len(places), limit)]
	}
	for _, place := range s.order {
		if len(places) >= limit {
			break
		}
		if part.has(int(place)) {
			places = append(places, place)
		}
	}
	return places
}
