package index

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"

	"preau/internal/sqlite"
	"preau/media/catalogue/word"
)

// common words and beginnings have more items than these, by the count of the
// vocabulary; they are read before anybody asks for them, the commonest first.
const (
	commonItems = 2000
	maxCommon   = 600
)

// knows reports whether what the vocabulary does not have is in no title and
// no head. Very long and very short words are not learnt.
func (v *vocabulary) knows(text string) bool {
	return v != nil && !v.cut && len(text) >= minKnown && len(text) < maxStem-4
}

// has reports whether a title or a head has the word.
func (v *vocabulary) has(stem string) bool {
	if v == nil {
		return false
	}
	_, is := slices.BinarySearch(v.stems, stem)
	return is
}

// narrow is the longest beginning that all words share which begin so, and how
// many they are.
func (v *vocabulary) narrow(begin string) (longest string, words int) {
	i := sort.SearchStrings(v.stems, begin)
	j := i + sort.SearchStrings(v.stems[i:], begin+"\xff")
	if i == j {
		return begin, 0
	}
	first, last := v.stems[i], v.stems[j-1]
	longest = strings.ToValidUTF8(first[:word.Shared(first, last)], "")
	return max(begin, longest), j - i
}

// beginning is one of several words.
type beginning struct {
	text  string
	count int
	word  bool
}

// commonest lists the words and the beginnings that most items have.
func (v *vocabulary) commonest() (list []beginning) {
	var open []beginning // of the word at hand, shortest first
	end := func(to int) {
		for len(open) > to {
			b := open[len(open)-1]
			open = open[:len(open)-1]
			// Those of the same words are one set: the longest stands for them.
			same := len(list) > 0 && strings.HasPrefix(list[len(list)-1].text, b.text) && list[len(list)-1].count == b.count
			if b.count > commonItems && !same {
				list = append(list, b)
			}
		}
	}
	for i, w := range v.stems {
		at := 0
		for at < len(open) && strings.HasPrefix(w, open[at].text) && !open[at].word {
			at++
		}
		end(at)
		for n := max(2, len(open)+2); n <= len(w); n++ {
			open = append(open, beginning{text: w[:n]})
		}
		open = append(open, beginning{text: w, word: true})
		for k := range open {
			open[k].count += v.known[i].count
		}
	}
	end(0)
	slices.SortStableFunc(list, func(a, b beginning) int { return cmp.Compare(b.count, a.count) })
	return list[:min(len(list), maxCommon)]
}

// warm reads the commonest words and beginnings, each in a short transaction.
// Those that come first are read last: what is kept has a bound, and they stay.
func (s *shelves) warm(ctx context.Context, read Read, v *vocabulary) error {
	for _, b := range slices.Backward(v.commonest()) {
		err := read(ctx, func(tx *sqlite.Tx) (err error) {
			if b.word {
				if _, err = s.hits(tx, b.text, b.text, false); err == nil {
					_, err = s.term(tx, signFirst+b.text, false)
				}
				return err
			}
			if _, err = s.begins(tx, signTitle, b.text); err == nil && len(b.text) >= 3 {
				_, err = s.begins(tx, signHead, b.text)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
