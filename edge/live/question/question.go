// Package question is a question asked to a class at once and what it is
// answered: a pure state, without clock, disk or network. It promises that
// each person counts once, by the last answer before the question closed; that
// nothing over its bounds or of another kind gets in; and that what is told to
// a board holds no name, and of the answers at most the one text or number
// that the teacher chose to show.
//
// It refuses answers of a closed question, in words for the pupil who sent
// them, and numbers that are not finite.
//
// Words: a question is open, then closed, then revealed when the teacher says
// what was right; a pick is the index of a choice; the tally is what anybody
// may see.
package question

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"preau"
	"preau/edge/live/protocol"
)

// Bounds of a question and of its answers; protocol says the others.
const (
	MaxPeople = 1000 // who answer one question
	MaxRight  = 8    // right answers
)

// Question, Ask and Value are as on the wire. A question's text may be empty,
// and so may labels: it is asked aloud. True or false is a choice of two, in
// this order.
type (
	Question = protocol.Question
	Ask      = protocol.Ask
	Value    = protocol.Value
)

// New checks a question and opens it.
func New(id string, a Ask, now int64) (Question, error) {
	q := Question{ID: id, Form: a.Form, Text: clean(a.Text), Multiple: a.Multiple && a.Form == protocol.FormChoice, Open: true}
	switch a.Form {
	case protocol.FormChoice:
		if len(a.Choices) < 2 || len(a.Choices) > protocol.MaxChoices {
			return Question{}, preau.E(preau.Invalid, fmt.Sprintf("a choice is between 2 and %d answers", protocol.MaxChoices), "Add or take away answers.", nil)
		}
		for _, c := range a.Choices {
			q.Choices = append(q.Choices, clean(c))
		}
	case protocol.FormTrueFalse, protocol.FormNumber, protocol.FormText:
		if len(a.Choices) > 0 {
			return Question{}, preau.E(preau.Invalid, "only a choice has answers to choose from", "", nil)
		}
	default:
		return Question{}, preau.E(preau.Invalid, "no question is of this kind", "Ask a choice, true or false, a number or a short text.", nil)
	}
	if a.Seconds < 0 || a.Seconds > protocol.MaxSeconds {
		return Question{}, preau.E(preau.Invalid, "a question stays open for an hour at most", "", nil)
	}
	if a.Seconds > 0 {
		q.Until = now + int64(a.Seconds)*1000
	}
	if utf8.RuneCountInString(q.Text) > protocol.MaxText {
		return Question{}, preau.E(preau.TooLarge, fmt.Sprintf("a question has %d characters at most", protocol.MaxText), "Make it shorter.", nil)
	}
	if slices.ContainsFunc(q.Choices, func(c string) bool { return utf8.RuneCountInString(c) > protocol.MaxLabel }) {
		return Question{}, preau.E(preau.TooLarge, fmt.Sprintf("an answer to choose has %d characters at most", protocol.MaxLabel), "Make it shorter.", nil)
	}
	return q, nil
}

// choices is how many there are to pick from.
func choices(q *Question) int {
	if q.Form == protocol.FormTrueFalse {
		return 2
	}
	return len(q.Choices)
}

// clean makes one line of text: what cannot be seen, or turns the direction
// of what follows, goes; runs of spaces become one.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.Is(unicode.Cc, r), unicode.Is(unicode.Co, r), r != '\u200d' && unicode.Is(unicode.Cf, r):
			return -1 // the joiner stays: it makes one picture of two
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
