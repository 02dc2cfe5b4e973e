package question_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
)

func ask(t *testing.T, a question.Ask) *question.Sheet {
	t.Helper()
	q, err := question.New("q1", a, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return question.NewSheet(q)
}

func four() question.Ask {
	return question.Ask{Form: protocol.FormChoice, Choices: []string{"", "", "", ""}}
}

func values(t *testing.T, raw string) (v []question.Value) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// value reads an answer as it comes over the wire; what is none has no part.
func value(raw string) (v question.Value) {
	if json.Unmarshal([]byte(raw), &v) != nil {
		return question.Value{}
	}
	return v
}

func TestNew_Bounds(t *testing.T) {
	labels := func(n, length int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.Repeat("é", length)
		}
		return out
	}
	for name, c := range map[string]struct {
		ask question.Ask
		ok  bool
	}{
		"aloud":            {four(), true},
		"two":              {question.Ask{Form: protocol.FormChoice, Choices: labels(2, 1)}, true},
		"eight, long":      {question.Ask{Form: protocol.FormChoice, Choices: labels(8, protocol.MaxLabel), Text: strings.Repeat("é", protocol.MaxText)}, true},
		"one":              {question.Ask{Form: protocol.FormChoice, Choices: labels(1, 1)}, false},
		"nine":             {question.Ask{Form: protocol.FormChoice, Choices: labels(9, 1)}, false},
		"label too long":   {question.Ask{Form: protocol.FormChoice, Choices: labels(2, protocol.MaxLabel+1)}, false},
		"text too long":    {question.Ask{Form: protocol.FormText, Text: strings.Repeat("é", protocol.MaxText+1)}, false},
		"choices of text":  {question.Ask{Form: protocol.FormText, Choices: labels(2, 1)}, false},
		"unknown kind":     {question.Ask{Form: "essay"}, false},
		"an hour":          {question.Ask{Form: protocol.FormTrueFalse, Seconds: protocol.MaxSeconds}, true},
		"over an hour":     {question.Ask{Form: protocol.FormTrueFalse, Seconds: protocol.MaxSeconds + 1}, false},
		"negative seconds": {question.Ask{Form: protocol.FormTrueFalse, Seconds: -1}, false},
	} {
		if _, err := question.New("q", c.ask, 0); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswer_EachKind(t *testing.T) {
	multiple := four()
	multiple.Multiple = true
	for _, c := range []struct {
		ask  question.Ask
		raw  string
		want string // "" means refused
	}{
		{four(), `2`, `[2]`}, {four(), `[2]`, `[2]`}, {four(), `[4]`, ""}, {four(), `[-1]`, ""}, {four(), `[0,1]`, ""}, {four(), `[]`, ""}, {four(), `1.5`, ""}, {four(), `"A"`, ""}, {four(), `null`, ""}, {four(), `{"a":1}`, ""}, {four(), `[1e99]`, ""},
		{multiple, `[3,0,3]`, `[0,3]`}, {multiple, `[0,1,2,3]`, `[0,1,2,3]`}, {multiple, `[0,1,2,3,0,1,2,3,0]`, ""},
		{question.Ask{Form: protocol.FormTrueFalse}, `1`, `[1]`}, {question.Ask{Form: protocol.FormTrueFalse}, `2`, ""}, {question.Ask{Form: protocol.FormTrueFalse, Multiple: true}, `[0,1]`, ""}, {question.Ask{Form: protocol.FormTrueFalse}, `true`, ""},
		{question.Ask{Form: protocol.FormNumber}, `3.5`, `3.5`}, {question.Ask{Form: protocol.FormNumber}, `"3,5"`, `3.5`}, {question.Ask{Form: protocol.FormNumber}, `"1 000"`, `1000`}, {question.Ask{Form: protocol.FormNumber}, `"−2"`, `-2`}, {question.Ask{Form: protocol.FormNumber}, `-0`, `0`},
		{question.Ask{Form: protocol.FormNumber}, `"0x10"`, ""}, {question.Ask{Form: protocol.FormNumber}, `"Inf"`, ""}, {question.Ask{Form: protocol.FormNumber}, `1e13`, ""}, {question.Ask{Form: protocol.FormNumber}, `"douze"`, ""}, {question.Ask{Form: protocol.FormNumber}, `""`, ""}, {question.Ask{Form: protocol.FormNumber}, `[1]`, ""},
		{question.Ask{Form: protocol.FormText}, `"  Paris \n sur\u202e Seine "`, `"Paris sur Seine"`}, {question.Ask{Form: protocol.FormText}, `"   "`, ""}, {question.Ask{Form: protocol.FormText}, `3`, ""},
		{question.Ask{Form: protocol.FormText}, `"` + strings.Repeat("é", 200) + `"`, `"` + strings.Repeat("é", 200) + `"`}, {question.Ask{Form: protocol.FormText}, `"` + strings.Repeat("é", 201) + `"`, ""},
		{question.Ask{Form: protocol.FormText}, `"<img src=x onerror=alert(1)>"`, `"\u003cimg src=x onerror=alert(1)\u003e"`},
	} {
		a, err := ask(t, c.ask).Answer("p1", value(c.raw), 1001)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s accepts %s as %+v", c.ask.Form, c.raw, a.Value)
			} else if e, ok := errors.AsType[*preau.Error](err); !ok || e.Text == "" {
				t.Errorf("%s: the refusal of %s has no words: %v", c.ask.Form, c.raw, err)
			}
			continue
		}
		got, merr := json.Marshal(a.Value)
		if err != nil || merr != nil || string(got) != c.want {
			t.Errorf("%s: %s became %s (%v %v), want %s", c.ask.Form, c.raw, got, err, merr, c.want)
		}
	}
}

func TestSheet_LastAnswerBeforeCloseCounts(t *testing.T) {
	s := ask(t, four())
	put := func(person string, pick int, now int64) error {
		_, err := s.Answer(person, value(fmt.Sprint(pick)), now)
		return err
	}
	for i := range 5 {
		if err := put(fmt.Sprint("p", i), 0, 1001); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(put("p0", 2, 1002), put("p0", 3, 1003), put("p0", 3, 1004)); err != nil {
		t.Fatal(err)
	}
	if got := s.Tally(); !reflect.DeepEqual(got, question.Tally{Answered: 5, Counts: []int{4, 0, 0, 1}}) {
		t.Errorf("tally %+v", got)
	}
	if got := s.Answers(); got[len(got)-1].Person != "p0" || got[len(got)-1].N != 8 {
		t.Errorf("the latest is not last: %+v", got)
	}
	s.Close()
	if err := put("p0", 1, 1005); err == nil || preau.KindOf(err) != preau.Conflict {
		t.Errorf("an answer after the close: %v", err)
	}
	if err := put("p9", 1, 1005); err == nil {
		t.Error("a first answer after the close is taken")
	}
	if a, ok := s.Of("p0"); !ok || a.Value.Choices[0] != 3 {
		t.Errorf("what counts is %+v", a)
	}
	again := question.NewSheet(s.Question, s.Answers()...)
	if !reflect.DeepEqual(again.Tally(), s.Tally()) || !reflect.DeepEqual(again.Answers(), s.Answers()) {
		t.Errorf("after a restart %+v, before %+v", again.Tally(), s.Tally())
	}
}

func TestSheet_ClosesByItsClock(t *testing.T) {
	a := four()
	a.Seconds = 30
	s := ask(t, a)
	if _, err := s.Answer("p", value("1"), 1000+29_999); err != nil {
		t.Error(err)
	}
	if _, err := s.Answer("p", value("1"), 1000+30_000); err == nil {
		t.Error("an answer is taken when the time is over")
	}
}

func TestSheet_NobodyIsAsked(t *testing.T) {
	s := ask(t, four())
	if _, err := s.Answer("", value("1"), 1001); err == nil {
		t.Error("nobody answered, and counts")
	}
	for i := range question.MaxPeople {
		if _, err := s.Answer(fmt.Sprint(i), value("1"), 1001); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Answer("one more", value("1"), 1001); err == nil {
		t.Error("a question has no bound of people")
	}
	if _, err := s.Answer("7", value("2"), 1001); err != nil {
		t.Errorf("one who answered cannot change: %v", err)
	}
}

func TestReveal_Judges(t *testing.T) {
	multiple := four()
	multiple.Multiple = true
	for _, c := range []struct {
		ask            question.Ask
		right          string
		good, bad      string
		refusedAsRight string
	}{
		{four(), `[2]`, `2`, `1`, `[4]`},
		{four(), `[1,2]`, `2`, `0`, `[[1]]`},
		{multiple, `[0,2]`, `[2,0]`, `[0]`, `["A"]`},
		{multiple, `[0]`, `[0]`, `[0,1]`, `[]`},
		{question.Ask{Form: protocol.FormTrueFalse}, `[0]`, `0`, `1`, `[0,1]`},
		{question.Ask{Form: protocol.FormNumber}, `["3,5",7]`, `3.50`, `3.6`, `["x"]`},
		{question.Ask{Form: protocol.FormText}, `["Paris"]`, `"paris "`, `"Lyon"`, `[3]`},
	} {
		s := ask(t, c.ask)
		if err := s.Reveal(values(t, c.refusedAsRight)); err == nil || !s.Open {
			t.Errorf("%s: %s is revealed as right (%v, open %v)", c.ask.Form, c.refusedAsRight, err, s.Open)
		}
		a, aerr := s.Answer("a", value(c.good), 1001)
		b, berr := s.Answer("b", value(c.bad), 1001)
		if _, known := question.Judge(&s.Question, a.Value); known {
			t.Errorf("%s: judged before anything was said", c.ask.Form)
		}
		if err := errors.Join(aerr, berr, s.Reveal(values(t, c.right))); err != nil {
			t.Fatal(err)
		}
		if right, known := question.Judge(&s.Question, a.Value); !right || !known {
			t.Errorf("%s: %s is wrong against %s", c.ask.Form, c.good, c.right)
		}
		if right, _ := question.Judge(&s.Question, b.Value); right {
			t.Errorf("%s: %s is right against %s", c.ask.Form, c.bad, c.right)
		}
		if s.Open {
			t.Errorf("%s: open after it was revealed", c.ask.Form)
		}
	}
}

func TestWrite(t *testing.T) {
	multiple := four()
	multiple.Multiple = true
	for _, c := range []struct {
		ask       question.Ask
		raw, want string
	}{
		{multiple, `[2,0]`, "A[,]C"}, {question.Ask{Form: protocol.FormTrueFalse}, `0`, "true"}, {question.Ask{Form: protocol.FormTrueFalse}, `1`, "false"},
		{question.Ask{Form: protocol.FormNumber}, `"3,50"`, "3.5"}, {question.Ask{Form: protocol.FormText}, `"a b"`, "a b"},
	} {
		s := ask(t, c.ask)
		a, err := s.Answer("p", value(c.raw), 1001)
		if got := question.Write(&s.Question, a.Value); err != nil || got != c.want {
			t.Errorf("%s is written %q (%v), want %q", c.raw, got, err, c.want)
		}
	}
}

// FuzzAnswer sends anything as an answer: whatever is taken reads back the
// same, is within bounds and is counted once.
func FuzzAnswer(f *testing.F) {
	for kind := range uint8(5) {
		for _, raw := range []string{`1`, `[0,2]`, `"3,5"`, `"<b>é\u202e</b>"`, `null`, `[[]]`, `1e999`, `"\ud800"`, `-0`} {
			f.Add(kind, []byte(raw))
		}
	}
	asks := []question.Ask{four(), {Form: protocol.FormChoice, Choices: make([]string, 8), Multiple: true}, {Form: protocol.FormTrueFalse}, {Form: protocol.FormNumber}, {Form: protocol.FormText}}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		s := ask(t, asks[int(kind)%len(asks)])
		a, err := s.Answer("p", value(string(raw)), 1001)
		if err != nil {
			if s.Tally().Answered != 0 {
				t.Fatal("a refused answer counts")
			}
			return
		}
		text, err := json.Marshal(a.Value)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Answer("p", value(string(text)), 1002)
		if err != nil || !reflect.DeepEqual(a.Value, b.Value) {
			t.Fatalf("%s came back as %s (%v)", raw, text, err)
		}
		sum := 0
		for _, n := range s.Tally().Counts {
			sum += n
		}
		if s.Tally().Answered != 1 || sum != len(a.Value.Choices) {
			t.Fatalf("tally %+v of one answer %s", s.Tally(), text)
		}
		if a.Value.Text != nil && (len([]rune(*a.Value.Text)) > protocol.MaxAnswer || strings.ContainsFunc(*a.Value.Text, func(r rune) bool { return r < ' ' || r == '\u202e' })) {
			t.Fatalf("kept %q", *a.Value.Text)
		}
	})
}
