package index

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"preau/media/catalogue/word"
)

// vocabulary holds the stems of titles and heads, in their order.
type vocabulary struct {
	stems []string
	known []known
	cut   bool // there were more
}

// minKnown is how long a word must be to be learnt.
const minKnown = 3

// maxVocabulary bounds the memory it takes; the rarest words go.
const maxVocabulary = 100_000

// vocabulary is read when a word is first not found, or before.
func (s *shelves) vocabulary(ctx context.Context, read Read) (*vocabulary, error) {
	s.learning.Lock()
	defer s.learning.Unlock()
	if v := s.words.Load(); v != nil {
		return v, nil
	}
	v, err := learnt(ctx, read, s.packs, map[string]*known{})
	if err == nil {
		s.words.Store(v)
	}
	return v, err
}

// learnt adds the words of packs to all, and sorts them.
func learnt(ctx context.Context, read Read, packs []int64, all map[string]*known) (*vocabulary, error) {
	err := eachShelf(ctx, read, packs, "words", func(b []byte) error {
		learn(all, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	v := &vocabulary{stems: slices.Collect(maps.Keys(all))}
	if v.cut = len(v.stems) > maxVocabulary; v.cut {
		slices.SortFunc(v.stems, func(a, b string) int { return cmp.Compare(all[b].count, all[a].count) })
		v.stems = slices.Clone(v.stems[:maxVocabulary])
	}
	slices.Sort(v.stems)
	for _, key := range v.stems {
		v.known = append(v.known, *all[key])
	}
	return v, nil
}

func learn(all map[string]*known, b []byte) {
	for line := range bytes.Lines(b) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			continue
		}
		n, err := strconv.Atoi(string(fields[2]))
		if err != nil {
			continue
		}
		if k := all[string(fields[0])]; k != nil {
			k.count += n
			continue
		}
		all[string(fields[0])] = &known{string(fields[1]), n}
	}
}

// meant is a word that may have been meant.
type meant struct {
	stem, written string
	count         int
}

const maxMeant = 3

// near finds the words nearest to asked: the fewest errors first, then the
// commonest. With prefix the word may go on after what was asked.
func (v *vocabulary) near(asked string, errors int, prefix bool) []meant {
	var found []meant
	for _, n := range word.Nearest(v.stems, asked, errors, prefix) {
		found = append(found, meant{v.stems[n], v.known[n].written, v.known[n].count})
	}
	slices.SortFunc(found, func(a, b meant) int { return cmp.Or(b.count-a.count, strings.Compare(a.stem, b.stem)) })
	return found[:min(len(found), maxMeant)]
}
