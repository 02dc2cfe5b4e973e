package word

import (
	"slices"
	"sort"
)

// Mistakes is how many typing errors are forgiven in a word.
func Mistakes(w string) int {
	switch n := len(w); {
	case n >= 9:
		return 2
	case n >= 5:
		return 1
	}
	return 0
}

// Nearest finds, in a sorted list, the places of the words that have the
// fewest errors, of errors at most: a letter wrong, missing, too many, or two
// exchanged. With prefix the word may go on after what was asked.
//
// As the list is sorted, a word shares the work done on the letters that it has
// in common with the one before, and all that begin with letters which are
// already too far are passed over at once.
func Nearest(sorted []string, asked string, errors int, prefix bool) (places []int) {
	if errors == 0 {
		return nil
	}
	width := len(asked) + 1
	rows := [][]int{make([]int, width)}
	for j := range width {
		rows[0][j] = j
	}
	before := ""
	for i := 0; i < len(sorted); {
		w := sorted[i]
		depth := Shared(before, w)
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
			if distance < errors {
				errors, places = distance, nil
			}
			places = append(places, i)
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
		i += 1 + sort.SearchStrings(sorted[i+1:], beyond)
	}
	return places
}

// Shared is how many bytes two words have in common at their beginning.
func Shared(a, b string) int {
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
