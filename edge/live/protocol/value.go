package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Value is a pupil's answer: a text, a number, or the indices of choices.
// Exactly one of the three is set.
type Value struct {
	Text    *string
	Number  *float64
	Choices []int
}

// UnmarshalJSON tells the three apart by their form.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	var err error
	switch data = bytes.TrimSpace(data); {
	case len(data) == 0:
		return fmt.Errorf("read an answer: it is empty")
	case data[0] == '"':
		err = json.Unmarshal(data, &v.Text)
	case data[0] == '[':
		err = json.Unmarshal(data, &v.Choices)
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		err = json.Unmarshal(data, &v.Number)
	case string(data) == "null":
		return nil
	default:
		return fmt.Errorf("read an answer: it is neither a text, a number nor a list")
	}
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	return nil
}

// MarshalJSON writes the one that is set.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.Text != nil:
		return json.Marshal(*v.Text)
	case v.Number != nil:
		return json.Marshal(*v.Number)
	case v.Choices != nil:
		return json.Marshal(v.Choices)
	}
	return []byte("null"), nil
}

// Bounds of a question and of its answers. Texts are measured in characters;
// a message may carry four bytes for each, before what cannot be seen is gone.
const (
	MaxChoices = 8
	MaxLabel   = 120  // characters of a choice
	MaxText    = 300  // characters of a question
	MaxAnswer  = 200  // characters of an answer
	MaxNumber  = 1e12 // of an answer that is a number, either way
	MaxSeconds = 3600 // until a question closes by itself
	runeBytes  = 4
)

func (c *checker) value(field string, v Value) {
	switch {
	case v.Text != nil:
		c.needed(field, *v.Text, MaxAnswer*runeBytes)
	case v.Number != nil:
		c.number(field, *v.Number, -MaxNumber, MaxNumber)
	case v.Choices != nil:
		if len(v.Choices) > MaxChoices {
			c.fail(field, fmt.Sprintf("at most %d choices", MaxChoices))
		}
		for i, n := range v.Choices {
			c.number(field, float64(n), 0, MaxChoices-1)
			for _, other := range v.Choices[:i] {
				if other == n {
					c.fail(field, "different choices")
				}
			}
		}
	default:
		c.fail(field, "a text, a number or a list of choices")
	}
}

// Is reports whether two values are the same answer.
func (v Value) Is(w Value) bool {
	switch {
	case v.Text != nil:
		return w.Text != nil && *v.Text == *w.Text
	case v.Number != nil:
		return w.Number != nil && math.Abs(*v.Number-*w.Number) < 1e-9
	}
	if len(v.Choices) != len(w.Choices) || w.Text != nil || w.Number != nil {
		return false
	}
	for i := range v.Choices {
		if v.Choices[i] != w.Choices[i] {
			return false
		}
	}
	return true
}
