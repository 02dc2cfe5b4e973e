package index

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"preau/internal/sqlite"
)

// fewItems: when titles and heads have fewer items than these for a word that
// is being typed, documents are searched for its beginning too.
const fewItems = 200

// term is the set of the items that have a word; with prefix, of those that
// have a word which begins so. It is not to be changed.
func (s *shelves) term(tx *sqlite.Tx, t string, prefix bool) (set, error) {
	if strings.ContainsFunc(t, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return newSet(len(s.ids)), nil // no term of ours: nothing has it
	}
	match := `"` + t + `"`
	if prefix {
		match += " *"
	}
	if p, ok := s.terms.get(match); ok {
		return p.unpack(len(s.all)), nil
	}
	items, err := tx.Numbers("SELECT group_concat(rowid) FROM catalogue_find WHERE catalogue_find MATCH ?", match)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", match, err)
	}
	found := s.placesOf(items)
	if len(items) > keptItems {
		p := pack(found)
		s.terms.put(match, p, p.size())
	}
	return found, nil
}

// begins is the set of the items that have, at a place, a word that begins so.
// Beginnings that the same words of titles and heads share are one set.
func (s *shelves) begins(tx *sqlite.Tx, sign, begin string) (set, error) {
	v := s.words.Load()
	if sign == signText || !v.knows(begin) {
		return s.term(tx, sign+begin, true)
	}
	longest, words := v.narrow(begin)
	if words == 0 {
		return newSet(len(s.ids)), nil
	}
	return s.term(tx, sign+longest, words > 1)
}

// whole is the set of the items that have, at a place, a word.
func (s *shelves) whole(tx *sqlite.Tx, sign, stem string) (set, error) {
	if v := s.words.Load(); sign != signText && v.knows(stem) && !v.has(stem) {
		return newSet(len(s.ids)), nil
	}
	return s.term(tx, sign+stem, false)
}

// placesOf turns numbers of items, smallest first, into a set. Those of other
// generations are not in it.
func (s *shelves) placesOf(items []int64) set {
	found := newSet(len(s.ids))
	place := 0
	for _, id := range items {
		// Neighbours are near in the list; what is far is looked up.
		for near := 0; near < 8 && place < len(s.ids) && s.ids[place] < id; near++ {
			place++
		}
		if place < len(s.ids) && s.ids[place] < id {
			skip, _ := slices.BinarySearch(s.ids[place:], id)
			place += skip
		}
		if place < len(s.ids) && s.ids[place] == id {
			found.add(place)
		}
	}
	return found
}

// hits are the items of one word: in the title as it is, in the title though
// unfinished, in the head too, in the documents too. Each holds the one before.
type hits struct{ whole, title, head, any set }

// hits reads those of a word as it was written; raw is plain, stem is its stem.
// unfinished: somebody is still typing it.
func (s *shelves) hits(tx *sqlite.Tx, raw, stem string, unfinished bool) (h hits, err error) {
	whole := func(sign string, onto set) set {
		found, e := s.whole(tx, sign, stem)
		return join(onto, found, e, &err)
	}
	begins := func(sign string, onto set) set {
		found, e := s.begins(tx, sign, raw)
		return join(onto, found, e, &err)
	}
	// Where the stem begins as it is written, what begins so holds it too.
	within := strings.HasPrefix(stem, raw)
	h.whole = whole(signTitle, nil)
	h.title, h.head = h.whole, nil
	if unfinished && len(raw) >= 2 {
		h.title = begins(signTitle, h.title)
	}
	h.head = h.title
	if unfinished && len(raw) >= 3 {
		h.head = begins(signHead, h.head)
	}
	if !unfinished || len(raw) < 3 || !within {
		h.head = whole(signHead, h.head)
	}
	// Documents have every word, and most of those that begin so: they help
	// when the rest does not.
	if unfinished && len(raw) >= 4 && err == nil && !s.words.Load().has(stem) && h.head.count() < fewItems {
		h.any = begins(signText, h.head)
		if within {
			return h, err
		}
	} else {
		h.any = h.head
	}
	h.any = whole(signText, h.any)
	return h, err
}

// join adds found to onto, and notes the first error.
func join(onto, found set, failed error, err *error) set {
	if failed != nil && *err == nil {
		*err = failed
	}
	if onto == nil || found == nil {
		return found
	}
	return onto.clone().or(found)
}

func (h hits) or(o hits) hits {
	if h.any == nil {
		return o
	}
	return hits{h.whole.clone().or(o.whole), h.title.clone().or(o.title), h.head.clone().or(o.head), h.any.clone().or(o.any)}
}
