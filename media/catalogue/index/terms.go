package index

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"preau/internal/sqlite"
)

// Words found in more items than commonItems are kept as sets, at most
// maxCommon of them (6 MB over 100 000 items): the others cost less than a
// millisecond to read.
const (
	commonItems = 2000
	maxCommon   = 512
)

// term is the set of the items that have a word; with prefix, of those that
// have a word which begins so.
func (s *shelves) term(tx *sqlite.Tx, t string, prefix bool) (set, error) {
	if strings.ContainsFunc(t, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return newSet(len(s.ids)), nil // no term of ours: nothing has it
	}
	match := `"` + t + `"`
	if prefix {
		match += " *"
	}
	s.mu.Lock()
	kept, ok := s.terms[match]
	s.mu.Unlock()
	if ok {
		return kept, nil
	}
	items, err := numbers(tx, "SELECT group_concat(rowid) FROM catalogue_find WHERE catalogue_find MATCH ?", match)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", match, err)
	}
	found := s.placesOf(items)
	if len(items) > commonItems {
		s.mu.Lock()
		for old := range s.terms {
			if len(s.terms) < maxCommon {
				break
			}
			delete(s.terms, old)
		}
		s.terms[match] = found
		s.mu.Unlock()
	}
	return found, nil
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
	read := func(sign string, prefix bool, onto set) set {
		if err != nil {
			return nil
		}
		var found set
		word := stem
		if prefix {
			word = raw
		}
		if found, err = s.term(tx, sign+word, prefix); err != nil || onto == nil {
			return found
		}
		return onto.clone().or(found)
	}
	h.whole = read(signTitle, false, nil)
	h.title = h.whole
	if unfinished && len(raw) >= 2 {
		h.title = read(signTitle, true, h.title)
	}
	// Where the stem begins as it is written, what begins so holds it too.
	within := strings.HasPrefix(stem, raw)
	below := func(sign string, from int, onto set) set {
		prefix := unfinished && len(raw) >= from
		if !prefix || !within {
			onto = read(sign, false, onto)
		}
		if prefix {
			onto = read(sign, true, onto)
		}
		return onto
	}
	h.head = below(signHead, 3, h.title)
	h.any = below(signText, 4, h.head)
	return h, err
}

// warm reads the commonest words before anybody asks for them.
func (s *shelves) warm(ctx context.Context, tx *sqlite.Tx, v *vocabulary) error {
	common := map[string]int{}
	for i, k := range v.known {
		if k.count > commonItems {
			common[v.stems[i]] = k.count
		}
	}
	words := slices.SortedFunc(maps.Keys(common), func(a, b string) int { return common[b] - common[a] })
	for _, w := range words[:min(len(words), maxCommon/4)] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := s.hits(tx, w, w, true); err != nil {
			return err
		}
	}
	return nil
}

func (h hits) or(o hits) hits {
	if h.any == nil {
		return o
	}
	return hits{h.whole.clone().or(o.whole), h.title.clone().or(o.title), h.head.clone().or(o.head), h.any.clone().or(o.any)}
}
