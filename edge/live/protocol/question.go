package protocol

import "fmt"

// Ask puts a question to the class (teacher).
type Ask struct {
	Ref      string   `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	Form     Form     `json:"kind" enum:"choice,truefalse,number,text"`
	Text     string   `json:"text,omitempty" max:"1200" doc:"the question, 300 characters; absent: it is asked aloud"`
	Choices  []string `json:"choices,omitempty" most:"8" max:"480" doc:"of a choice: 2 to 8, of 120 characters; empty ones are letters alone"`
	Multiple bool     `json:"multiple,omitempty" doc:"of a choice: more than one may be chosen"`
	Seconds  int      `json:"seconds,omitempty" doc:"to answer in, 3600 at most; absent: until it is closed"`
}

// AskClose ends the time for answers, and shows the right ones if told
// (teacher).
type AskClose struct {
	Ref    string  `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	ID     string  `json:"id" max:"64" doc:"of the question"`
	Reveal *Reveal `json:"reveal,omitempty"`
}

// Reveal is what is right.
type Reveal struct {
	Right []Value `json:"right" most:"8" doc:"indices of choices (0 is true, 1 false), or the numbers or texts that are right"`
}

// AskEnd takes the question off the screens (teacher).
type AskEnd struct {
	Ref string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	ID  string `json:"id" max:"64"`
}

// AskShow shows one answer on the boards, without a name (teacher).
type AskShow struct {
	Ref    string `json:"ref,omitempty" max:"64" doc:"echoed by ok or error"`
	ID     string `json:"id" max:"64" doc:"of the question: a number or a text"`
	Person string `json:"person,omitempty" max:"64" doc:"whose answer; absent: none is shown any more"`
}

// Answer answers a question; the last one before it closes counts (pupil).
type Answer struct {
	Ref   string `json:"ref,omitempty" max:"64" doc:"echoed by ok, once the answer is on the box's disk, or by error"`
	ID    string `json:"id" max:"64"`
	Value Value  `json:"value" doc:"a text, a number, or the indices of choices (true is [0], false is [1])"`
}

// Form is how a question is answered.
type Form string

// The forms.
const (
	FormChoice    Form = "choice"
	FormTrueFalse Form = "truefalse"
	FormNumber    Form = "number"
	FormText      Form = "text"
)

// Question is what screens show of one.
type Question struct {
	ID       string   `json:"id"`
	Form     Form     `json:"kind" enum:"choice,truefalse,number,text"`
	Text     string   `json:"text"`
	Choices  []string `json:"choices,omitempty"`
	Multiple bool     `json:"multiple,omitempty"`
	Open     bool     `json:"open" doc:"answers are taken"`
	Until    int64    `json:"until,omitempty" doc:"server time in ms at which it closes by itself"`
	Right    []Value  `json:"right,omitempty" doc:"once it was shown what is right"`
	Shown    string   `json:"shown,omitempty" doc:"an answer that the teacher shows, without its name: all screens are told, boards draw it"`
}

// QuestionSet is the event of ask, ask-close and ask-end.
type QuestionSet struct {
	Seq      int64     `json:"seq"`
	Question *Question `json:"question" doc:"null: none any more"`
}

// Tally tells boards and teachers how many answered, and what; never who.
type Tally struct {
	ID       string `json:"id"`
	Answered int    `json:"answered"`
	Of       int    `json:"of" doc:"pupils here"`
	Counts   []int  `json:"counts,omitempty" doc:"answers a choice; for true and false: of true, of false"`
}

// Answers tells teachers who answered what. A full one replaces the list;
// another replaces the answers of those it names.
type Answers struct {
	ID      string        `json:"id"`
	Full    bool          `json:"full,omitempty"`
	Answers []AnswerGiven `json:"answers"`
}

// AnswerGiven is one pupil's answer.
type AnswerGiven struct {
	Person string `json:"person"`
	Value  Value  `json:"value"`
	At     int64  `json:"at" doc:"server time, ms since 1970"`
}

func (*Ask) kind() Kind         { return "ask" }
func (*AskClose) kind() Kind    { return "ask-close" }
func (*AskEnd) kind() Kind      { return "ask-end" }
func (*AskShow) kind() Kind     { return "ask-show" }
func (*Answer) kind() Kind      { return "answer" }
func (*QuestionSet) kind() Kind { return "question" }
func (*Tally) kind() Kind       { return "tally" }
func (*Answers) kind() Kind     { return "answers" }

func (m *Ask) ref() string      { return m.Ref }
func (m *AskClose) ref() string { return m.Ref }
func (m *AskEnd) ref() string   { return m.Ref }
func (m *AskShow) ref() string  { return m.Ref }

func (c *checker) ask(m *Ask) {
	c.oneOf("kind", string(m.Form), "choice", "truefalse", "number", "text")
	c.text("text", m.Text, MaxText*runeBytes)
	if len(m.Choices) > MaxChoices {
		c.fail("choices", fmt.Sprintf("at most %d", MaxChoices))
	}
	for _, s := range m.Choices {
		c.text("choices", s, MaxLabel*runeBytes)
	}
	if (m.Form == FormChoice) != (len(m.Choices) >= 2) || m.Form != FormChoice && len(m.Choices) > 0 {
		c.fail("choices", "2 to 8 for a choice, absent for another kind")
	}
	if m.Multiple && m.Form != FormChoice {
		c.fail("multiple", "absent but for a choice")
	}
	c.number("seconds", float64(m.Seconds), 0, MaxSeconds)
}

func (c *checker) askClose(m *AskClose) {
	c.needed("id", m.ID, 64)
	if m.Reveal == nil {
		return
	}
	if len(m.Reveal.Right) > MaxChoices {
		c.fail("right", "at most 8 answers")
	}
	for _, v := range m.Reveal.Right {
		if v.Choices != nil {
			c.fail("right", "numbers or texts")
		}
		c.value("right", v)
	}
}
