package question

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"preau"
	"preau/edge/live/protocol"
)

var (
	errShape  = preau.E(preau.Invalid, "this answer is not of the kind that was asked", "Answer again.", nil)
	errNumber = preau.E(preau.Invalid, "this is not a number", "Write a number, such as 12 or 3,5.", nil)
	errEmpty  = preau.E(preau.Invalid, "the answer is empty", "Write or choose something.", nil)
	errLong   = preau.E(preau.TooLarge, fmt.Sprintf("an answer has %d characters at most", protocol.MaxAnswer), "Make it shorter.", nil)
)

// Read makes an answer to this question out of what was sent, in the one form
// it has: picks in order, a finite number, a clean line.
func Read(q *Question, v Value) (Value, error) {
	switch q.Form {
	case protocol.FormChoice, protocol.FormTrueFalse:
		return readPicks(q, v)
	case protocol.FormNumber:
		n, err := readNumber(v)
		return Value{Number: &n}, err
	case protocol.FormText:
		if v.Text == nil {
			return Value{}, errShape
		}
		s := clean(*v.Text)
		switch {
		case s == "":
			return Value{}, errEmpty
		case utf8.RuneCountInString(s) > protocol.MaxAnswer:
			return Value{}, errLong
		}
		return Value{Text: &s}, nil
	}
	return Value{}, errShape
}

func readPicks(q *Question, v Value) (Value, error) {
	picks := v.Choices
	if v.Number != nil && *v.Number == math.Trunc(*v.Number) && math.Abs(*v.Number) < protocol.MaxChoices {
		picks = []int{int(*v.Number)}
	}
	if len(picks) == 0 {
		return Value{}, errEmpty
	}
	if len(picks) > protocol.MaxChoices || len(picks) > 1 && !q.Multiple {
		return Value{}, errShape
	}
	picks = slices.Clone(picks)
	slices.Sort(picks)
	picks = slices.Compact(picks)
	if picks[0] < 0 || picks[len(picks)-1] >= choices(q) {
		return Value{}, errShape
	}
	return Value{Choices: picks}, nil
}

// readNumber takes a JSON number, or one as a pupil writes it: 3,5 or 1 000.
func readNumber(v Value) (float64, error) {
	var n float64
	switch {
	case v.Number != nil:
		n = *v.Number
	case v.Text != nil:
		s := strings.NewReplacer(",", ".", " ", "", "−", "-").Replace(clean(*v.Text))
		if s == "" {
			return 0, errEmpty
		}
		if strings.Trim(s, "+-.0123456789") != "" { // no hexadecimal, no exponent, no infinity
			return 0, errNumber
		}
		var err error
		if n, err = strconv.ParseFloat(s, 64); err != nil {
			return 0, errNumber
		}
	default:
		return 0, errShape
	}
	if math.IsNaN(n) || math.Abs(n) > protocol.MaxNumber {
		return 0, errNumber
	}
	return n + 0, nil // minus nought is nought
}

// Write is an answer as people read it: the letters of the picks, the number,
// the text. A true-or-false is "true" or "false".
func Write(q *Question, v Value) string {
	switch {
	case v.Number != nil:
		return strconv.FormatFloat(*v.Number, 'f', -1, 64)
	case v.Text != nil:
		return *v.Text
	case q.Form == protocol.FormTrueFalse:
		return strconv.FormatBool(len(v.Choices) > 0 && v.Choices[0] == 0)
	}
	letters := make([]string, len(v.Choices))
	for i, p := range v.Choices {
		letters[i] = Letter(p)
	}
	return strings.Join(letters, "[,]") // as xAPI joins several
}

// Letter names a choice: A, B, C…
func Letter(i int) string { return string(rune('A' + i)) }
