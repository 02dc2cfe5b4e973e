package question

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"preau"
	"preau/edge/live/protocol"
)

// Answer is what a person answered last.
type Answer struct {
	Person string
	Value  Value
	At     int64 // ms since 1970
	N      int64 // grows with each answer to the question: the larger is the later
}

// Tally is what everybody may know of the answers: no name, no text.
type Tally struct {
	Answered int
	Counts   []int // of each choice; of true and false; nil for the other kinds
}

// Sheet is a question with its answers. It is not safe for more than one
// goroutine at a time.
type Sheet struct {
	Question
	answers map[string]Answer
	n       int64
}

// Closed is why an answer came too late; it is the pupil who reads it.
var Closed = preau.E(preau.Conflict, "the question is closed", "Your answer was not counted. Look at the board.", nil)

// NewSheet makes one, empty or with the answers given so far.
func NewSheet(q Question, answers ...Answer) *Sheet {
	s := &Sheet{Question: q, answers: make(map[string]Answer, len(answers))}
	for _, a := range answers {
		s.answers[a.Person] = a
		s.n = max(s.n, a.N)
	}
	return s
}

// Setting is where and when a question is asked, and by whom.
type Setting struct {
	Lesson, Class string
	By            string // local id of the teacher
	At            int64  // ms since 1970
	Present       int    // pupils here, the most there were
}

// Clone copies the sheet as it stands.
func (s *Sheet) Clone() *Sheet {
	c := *s
	c.answers = maps.Clone(s.answers)
	return &c
}

// Answer takes a person's answer in; it replaces the one before.
func (s *Sheet) Answer(person string, given Value, now int64) (Answer, error) {
	if person == "" || !s.Open || s.Late(now) {
		return Answer{}, Closed
	}
	v, err := Read(&s.Question, given)
	if err != nil {
		return Answer{}, err
	}
	if _, again := s.answers[person]; !again && len(s.answers) >= MaxPeople {
		return Answer{}, preau.E(preau.TooLarge, "too many people answer this question", "", nil)
	}
	s.n++
	a := Answer{Person: person, Value: v, At: now, N: s.n}
	s.answers[person] = a
	return a, nil
}

// Late reports whether the question's time is over.
func (s *Sheet) Late(now int64) bool { return s.Until != 0 && now >= s.Until }

// Close ends the answers; closing again changes nothing.
func (s *Sheet) Close() { s.Open = false }

// Reveal closes the question and says what was right.
func (s *Sheet) Reveal(right []Value) error {
	checked, err := checkRight(&s.Question, right)
	if err != nil {
		return err
	}
	s.Close()
	s.Right = checked
	return nil
}

// checkRight puts right answers into the form that answers have. A choice has
// the indices of all that are right; the others have any that is.
func checkRight(q *Question, right []Value) ([]Value, error) {
	if len(right) == 0 || len(right) > MaxRight {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("between 1 and %d answers are right", MaxRight), "Say which.", nil)
	}
	out := make([]Value, 0, len(right))
	one := *q
	for _, r := range right {
		if r.Choices != nil {
			return nil, errShape
		}
		v, err := Read(&one, r)
		if err != nil {
			return nil, err
		}
		if v.Choices != nil {
			i := float64(v.Choices[0])
			v = Value{Number: &i}
		}
		out = append(out, v)
	}
	if q.Form == protocol.FormTrueFalse && len(out) > 1 {
		return nil, errShape
	}
	return out, nil
}

// Judge reports whether an answer is right; known is false until the teacher
// said what is.
func Judge(q *Question, v Value) (right, known bool) {
	if len(q.Right) == 0 {
		return false, false
	}
	if choices(q) > 0 {
		return judgePicks(q, v.Choices), true
	}
	return slices.ContainsFunc(q.Right, func(r Value) bool {
		switch {
		case r.Number != nil && v.Number != nil:
			return math.Abs(*r.Number-*v.Number) <= 1e-9*max(1, math.Abs(*r.Number))
		case r.Text != nil && v.Text != nil:
			return strings.EqualFold(*r.Text, *v.Text)
		}
		return false
	}), true
}

// judgePicks wants all of the right ones where several may be picked, any of
// them where one may.
func judgePicks(q *Question, picks []int) bool {
	right := map[int]bool{}
	for _, r := range q.Right {
		if r.Number != nil {
			right[int(*r.Number)] = true
		}
	}
	if q.Multiple && len(picks) != len(right) {
		return false
	}
	for _, p := range picks {
		if !right[p] {
			return false
		}
	}
	return len(picks) > 0
}

// Of is a person's answer.
func (s *Sheet) Of(person string) (Answer, bool) {
	a, ok := s.answers[person]
	return a, ok
}

// Answers lists them, the earliest first.
func (s *Sheet) Answers() []Answer {
	all := make([]Answer, 0, len(s.answers))
	for _, a := range s.answers {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Answer) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.Person, b.Person)) })
	return all
}

// Tally counts.
func (s *Sheet) Tally() Tally {
	t := Tally{Answered: len(s.answers)}
	if n := choices(&s.Question); n > 0 {
		t.Counts = make([]int, n)
		for _, a := range s.answers {
			for _, p := range a.Value.Choices {
				if p >= 0 && p < n { // what was kept may be of an older question
					t.Counts[p]++
				}
			}
		}
	}
	return t
}
