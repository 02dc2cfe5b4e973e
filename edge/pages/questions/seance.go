package questions

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau/edge/live/protocol"
	"preau/edge/live/question"
	"preau/edge/live/results"
	"preau/internal/sheet"
)

type lessonView struct {
	ID, Class, Date string
	Asked           []askedView
}

type askedView struct {
	N              int
	Text, Kind, At string
	Answered, Of   int
	Choices        []choiceView
	Right          string // of a number or a text
	Judged         bool
	Good           int
	Open           bool
	Given          []givenView
}

type choiceView struct {
	Letter, Label string
	Count, Part   int // of those who answered, in %
	Right         bool
}

type givenView struct {
	Name, Answer  string
	Judged, Right bool
}

func (q *room) list(w http.ResponseWriter, r *http.Request) error {
	l, past, err := q.lesson(r)
	if err != nil {
		return err
	}
	class, err := q.Directory.Class(r.Context(), l.Class)
	if err != nil {
		return err
	}
	name, err := q.names(r, l.Class)
	if err != nil {
		return err
	}
	v := lessonView{ID: l.ID.String(), Class: class.Name, Date: l.Start.In(q.Zone).Format("02/01/2006 15:04")}
	for i, p := range past {
		a := q.view(r, p, name)
		a.N = len(past) - i
		v.Asked = append(v.Asked, a)
	}
	return q.pages.Render(w, r, http.StatusOK, "seance", v)
}

func (q *room) view(r *http.Request, p results.Past, name func(string) string) askedView {
	t := p.Tally()
	a := askedView{Text: p.Text, Kind: string(p.Form), At: time.UnixMilli(p.At).In(q.Zone).Format("15:04"), Answered: t.Answered, Of: max(p.Present, t.Answered), Open: p.Open && !p.Ended, Judged: len(p.Right) > 0}
	for i, n := range t.Counts {
		c := choiceView{Letter: question.Letter(i), Count: n, Part: 100 * n / max(1, t.Answered), Right: isRight(p, i)}
		switch {
		case p.Form == protocol.FormTrueFalse:
			c.Letter, c.Label = "", q.truth(r, i == 0)
		case i < len(p.Choices):
			c.Label = p.Choices[i]
		}
		a.Choices = append(a.Choices, c)
	}
	if len(t.Counts) == 0 {
		a.Right = q.rights(r, p)
	}
	for _, g := range p.Answers() {
		right, known := question.Judge(&p.Question, g.Value)
		if right {
			a.Good++
		}
		a.Given = append(a.Given, givenView{Name: name(g.Person), Answer: q.written(r, p, g.Value), Judged: known, Right: right})
	}
	slices.SortFunc(a.Given, func(a, b givenView) int { return cmp.Compare(a.Name, b.Name) })
	return a
}

func isRight(p results.Past, i int) bool {
	return slices.ContainsFunc(p.Right, func(v question.Value) bool { return v.Number != nil && int(*v.Number) == i })
}

func (q *room) truth(r *http.Request, yes bool) string {
	if yes {
		return q.pages.Say(r, "question.true")
	}
	return q.pages.Say(r, "question.false")
}

// written is an answer in the reader's words.
func (q *room) written(r *http.Request, p results.Past, v question.Value) string {
	if p.Form == protocol.FormTrueFalse {
		return q.truth(r, len(v.Choices) > 0 && v.Choices[0] == 0)
	}
	return strings.ReplaceAll(question.Write(&p.Question, v), "[,]", ", ")
}

// rights are the right answers in words.
func (q *room) rights(r *http.Request, p results.Past) string {
	var all []string
	for _, v := range p.Right {
		if v.Number != nil && (p.Form == protocol.FormChoice || p.Form == protocol.FormTrueFalse) {
			v = question.Value{Choices: []int{int(*v.Number)}}
		}
		all = append(all, q.written(r, p, v))
	}
	return strings.Join(all, ", ")
}

// export is the same as a sheet, one line an answer, the earliest question
// first.
func (q *room) export(w http.ResponseWriter, r *http.Request) error {
	l, past, err := q.lesson(r)
	if err != nil {
		return err
	}
	name, err := q.names(r, l.Class)
	if err != nil {
		return err
	}
	say := func(key string) string { return q.pages.Say(r, key) }
	rows := [][]string{{say("questions.n"), say("questions.at"), say("questions.question"), say("questions.pupil"), say("questions.answer"), say("questions.right"), say("questions.good")}}
	for i := len(past) - 1; i >= 0; i-- {
		p := past[i]
		v, right := q.view(r, p, name), q.rights(r, p)
		for _, g := range v.Given {
			good := ""
			if g.Judged {
				good = say("questions.no")
				if g.Right {
					good = say("questions.yes")
				}
			}
			rows = append(rows, []string{strconv.Itoa(len(past) - i), v.At, cmp.Or(p.Text, say("questions."+v.Kind)), g.Name, g.Answer, right, good})
		}
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="questions-%s.csv"`, l.Start.In(q.Zone).Format("2006-01-02-1504")))
	return sheet.Write(w, rows)
}
