package index

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"preau/internal/sqlite"
)

// vocabulary holds the stems of titles and heads, in their order.
type vocabulary struct {
	stems []string
	known []known
}

// maxVocabulary bounds the memory it takes; the rarest words go.
const maxVocabulary = 100_000

// vocabulary is read when a word is first not found.
func (s *shelves) vocabulary(tx *sqlite.Tx) (*vocabulary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.words != nil {
		return s.words, nil
	}
	rs, err := tx.Query("SELECT words FROM catalogue_shelf WHERE version = ? AND pack IN ("+packsOf+")", version, s.generation)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	all := map[string]*known{}
	for rs.Next() {
		var b []byte
		if err := rs.Scan(&b); err != nil {
			return nil, fmt.Errorf("read a shelf: %w", err)
		}
		learn(all, b)
	}
	if err := rs.Err(); err != nil {
		return nil, err
	}
	v := &vocabulary{stems: slices.Collect(maps.Keys(all))}
	if len(v.stems) > maxVocabulary {
		slices.SortFunc(v.stems, func(a, b string) int { return cmp.Compare(all[b].count, all[a].count) })
		v.stems = slices.Clone(v.stems[:maxVocabulary])
	}
	slices.Sort(v.stems)
	for _, key := range v.stems {
		v.known = append(v.known, *all[key])
	}
	s.words = v
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

// mistakes is how many typing errors are forgiven in a word.
func mistakes(w string) int {
	switch n := len(w); {
	case n >= 9:
		return 2
	case n >= 5:
		return 1
	}
	return 0
}

// meant is a word that may have been meant.
type meant struct {
	stem, written string
	distance      int
	count         int
}

const maxMeant = 3

// near finds the words nearest to asked: the fewest errors first (a letter
// wrong, missing, too many, or two exchanged), then the commonest. With prefix
// the word may go on after what was asked.
//
// The list is sorted, so that a word shares the work done on the letters that
// it has in common with the one before, and all that begin with letters which
// are already too far are passed over at once.
func (v *vocabulary) near(asked string, errors int, prefix bool) []meant {
	if errors == 0 {
		return nil
	}
	width := len(asked) + 1
	rows := [][]int{make([]int, width)}
	for j := range width {
		rows[0][j] = j
	}
	var found []meant
	before := ""
	for i := 0; i < len(v.stems); {
		w := v.stems[i]
		depth := shared(before, w)
		dead := false
		for depth < len(w) && !dead {
			depth++
			rows = grow(rows, depth, width)
			row(rows, depth, asked, w)
			dead = slices.Min(rows[depth]) > errors && slices.Min(rows[depth-1]) >= errors
		}
		before = w[:depth]
		last := width - 1
		distance := rows[depth][last]
		if prefix {
			for d := range depth {
				distance = min(distance, rows[d+1][last])
			}
		}
		if distance <= errors && (depth == len(w) || prefix) {
			found = append(found, meant{w, v.known[i].written, distance, v.known[i].count})
			errors = min(errors, distance)
		}
		if !dead {
			i++
			continue
		}
		beyond := w[:depth] + "\xff"
		if prefix && distance <= errors { // the others that begin so are as near
			i++
			continue
		}
		i += 1 + sort.SearchStrings(v.stems[i+1:], beyond)
	}
	found = slices.DeleteFunc(found, func(m meant) bool { return m.distance > errors })
	slices.SortFunc(found, func(a, b meant) int { return cmp.Or(b.count-a.count, strings.Compare(a.stem, b.stem)) })
	return found[:min(len(found), maxMeant)]
}

func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func grow(rows [][]int, depth, width int) [][]int {
	for len(rows) <= depth {
		rows = append(rows, make([]int, width))
	}
	return rows
}

// row counts the errors between the first depth letters of w and each
// beginning of asked.
func row(rows [][]int, depth int, asked, w string) {
	this, above := rows[depth], rows[depth-1]
	c := w[depth-1]
	this[0] = depth
	for j := 1; j <= len(asked); j++ {
		wrong := above[j-1]
		if asked[j-1] != c {
			wrong++
		}
		this[j] = min(wrong, above[j]+1, this[j-1]+1)
		if depth > 1 && j > 1 && asked[j-1] == w[depth-2] && asked[j-2] == c {
			this[j] = min(this[j], rows[depth-2][j-2]+1)
		}
	}
}
