package prof

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"preau/edge/directory"
	"preau/edge/plan"
	"preau/edge/progress"
	"preau/edge/web"
	"preau/internal/sheet"
)

type followView struct {
	Class, ClassID string
	Plan           string // title; empty when the whole class is looked at
	PlanID         string
	Pupils         []followLine
	Stuck          int
	Steps          []stepHead
	Meetings       []stepHead
	Hard           []hardView
	CSV            string
	Days           int
}

type stepHead struct{ ID, Title string }

type followLine struct {
	ID, Name string
	Trouble  progress.Trouble
	On       string // what they work on
	Done, Of int
	Minutes  int // of work in the last days
	Marks    []mark
}

// mark is one step of one pupil.
type mark struct {
	Node               string
	Done, Begun, Taken bool // taken: validated by an adult, who may take it back
	Best               string
}

type hardView struct {
	Item, Question string
	Asked, Wrong   int // wrong: of those asked, at their first answer
}

// followDays is how far back « ces derniers jours » goes.
const followDays = 14

func (a *audience) lang(r *http.Request) string { return web.Language(r) }

// followClass says who works on what, who is stuck first, and which questions
// were hard.
func (a *audience) followClass(w http.ResponseWriter, r *http.Request) error {
	v, err := a.classFollow(r)
	if err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "suivi", v)
}

func (a *audience) classFollow(r *http.Request) (v followView, err error) {
	class, pupils, err := a.pupilsOf(r, r.PathValue("class"))
	if err != nil {
		return v, err
	}
	v = followView{Class: class.Name, ClassID: class.ID, Days: followDays, CSV: "/prof/suivi/" + class.ID + "/export.csv"}
	since := a.Clock.Now().AddDate(0, 0, -followDays)
	touched := map[string]int{}
	for _, p := range pupils {
		entries, err := a.Progress.Since(r.Context(), p.ID, since, 50)
		if err != nil {
			return v, err
		}
		line := followLine{ID: p.ID, Name: p.Name(), Of: len(entries)}
		for i, e := range entries {
			if e.Done {
				line.Done++
			}
			if e.Tries > 0 {
				touched[e.Item]++
			}
			if i == 0 {
				line.On = a.title(r, e.Item)
			}
			if t := e.Trouble(); t != "" && line.Trouble == "" {
				line.Trouble, line.On = t, a.title(r, e.Item)
				v.Stuck++
			}
		}
		if line.Minutes, err = a.worked(r, p.ID, since); err != nil {
			return v, err
		}
		v.Pupils = append(v.Pupils, line)
	}
	stuckFirst(v.Pupils)
	v.Hard, err = a.hard(r, pupils, touched)
	return v, err
}

func (a *audience) pupilsOf(r *http.Request, class string) (directory.Class, []directory.Person, error) {
	c, err := a.Directory.Class(r.Context(), class)
	if err != nil {
		return c, nil, err
	}
	pupils, err := a.Directory.Pupils(r.Context(), c.ID)
	return c, pupils, err
}

func (a *audience) worked(r *http.Request, pid string, since time.Time) (int, error) {
	days, err := a.Progress.Days(r.Context(), pid, since, a.Clock.Now())
	total := 0
	for _, d := range days {
		total += int(d.Worked.Minutes())
	}
	return total, err
}

// title is an item's, or its id when the catalogue lost it.
func (a *audience) title(r *http.Request, item string) string {
	if it, ok := a.Showing.One(r.Context(), item); ok {
		return it.Title
	}
	return item
}

// stuckFirst keeps the list's order otherwise.
func stuckFirst(lines []followLine) {
	slices.SortStableFunc(lines, func(x, y followLine) int {
		return cmp.Compare(rank(x), rank(y))
	})
}

func rank(l followLine) int {
	if l.Trouble != "" {
		return 0
	}
	return 1
}

// hard lists the questions that most got wrong at first, of the exercises the
// class worked on; fewer than three answers say nothing.
func (a *audience) hard(r *http.Request, pupils []directory.Person, touched map[string]int) (found []hardView, err error) {
	pids := make([]string, len(pupils))
	for i, p := range pupils {
		pids[i] = p.ID
	}
	for item := range touched {
		questions, err := a.Progress.Questions(r.Context(), pids, item)
		if err != nil {
			return nil, err
		}
		for _, q := range questions {
			if q.Asked >= 3 && q.Difficulty() >= .4 {
				found = append(found, hardView{a.title(r, item), q.Question, q.Asked, q.Asked - q.First})
			}
		}
	}
	slices.SortFunc(found, func(x, y hardView) int {
		return cmp.Or(cmp.Compare(y.Wrong*x.Asked, x.Wrong*y.Asked), cmp.Compare(x.Item, y.Item), cmp.Compare(x.Question, y.Question))
	})
	return found[:min(len(found), 10)], nil
}

// followPlan says how far each pupil of a class is with a plan.
func (a *audience) followPlan(w http.ResponseWriter, r *http.Request) error {
	v, err := a.planFollow(r)
	if err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "suivi", v)
}

func (a *audience) planFollow(r *http.Request) (v followView, err error) {
	_, pl, err := a.planOf(r)
	if err != nil {
		return v, err
	}
	class, pupils, err := a.pupilsOf(r, r.PathValue("class"))
	if err != nil {
		return v, err
	}
	v = followView{Class: class.Name, ClassID: class.ID, Plan: pl.Title, PlanID: pl.ID.String(), Days: followDays,
		CSV: "/prof/plans/" + pl.ID.String() + "/suivi/" + class.ID + "/export.csv"}
	for n := range plan.Walk(pl.Nodes) {
		if n.IsBlock() {
			continue
		}
		head := stepHead{n.ID, a.stepView(r, n, false, false).Title}
		v.Steps = append(v.Steps, head)
		if n.Meeting {
			v.Meetings = append(v.Meetings, head)
		}
	}
	for _, p := range pupils {
		line, err := a.planLine(r, pl, p)
		if err != nil {
			return v, err
		}
		if line.Trouble != "" {
			v.Stuck++
		}
		v.Pupils = append(v.Pupils, line)
	}
	stuckFirst(v.Pupils)
	return v, nil
}

func (a *audience) planLine(r *http.Request, pl plan.Plan, p directory.Person) (line followLine, err error) {
	state, err := a.Plans.Of(r.Context(), pl, p.ID)
	if err != nil {
		return line, err
	}
	line = followLine{ID: p.ID, Name: p.Name(), Done: state.Done, Of: state.Of}
	for _, st := range state.Steps {
		if st.IsBlock() {
			continue
		}
		m := mark{Node: st.ID, Done: st.Satisfied, Begun: st.Begun, Taken: st.Waived || st.Meeting && st.Satisfied}
		if st.Best != nil {
			m.Best = strconv.Itoa(int(*st.Best*100+.5)) + " %"
		}
		line.Marks = append(line.Marks, m)
		if st.Item == "" || st.Satisfied {
			continue
		}
		e, err := a.Progress.Of(r.Context(), p.ID, st.Item)
		if err != nil {
			return line, err
		}
		if t := e.Trouble(); t != "" && line.Trouble == "" {
			line.Trouble, line.On = t, a.title(r, st.Item)
		}
	}
	if line.On == "" && state.Next != nil && state.Next.Begun {
		line.On = a.title(r, state.Next.Item)
	}
	line.Minutes, err = a.worked(r, p.ID, a.Clock.Now().AddDate(0, 0, -followDays))
	return line, err
}

// validateStep notes who was at a meeting, or takes it back.
func (a *audience) validateStep(w http.ResponseWriter, r *http.Request) error {
	who, pl, err := a.planOf(r)
	if err != nil {
		return err
	}
	if err := a.form(w, r); err != nil {
		return err
	}
	node, pid := r.PostFormValue("node"), r.PostFormValue("pupil")
	if r.PostFormValue("do") == "undo" {
		err = a.Plans.Unvalidate(r.Context(), who.Person, pl.ID, node, pid)
	} else {
		err = a.Plans.Validate(r.Context(), who.Person, pl.ID, node, pid, plan.Attended)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/plans/"+pl.ID.String()+"/suivi/"+r.PathValue("class"), http.StatusSeeOther)
	return nil
}

// exportClass and exportPlan are the same tables, for a spreadsheet.
func (a *audience) exportClass(w http.ResponseWriter, r *http.Request) error {
	v, err := a.classFollow(r)
	if err != nil {
		return err
	}
	return a.export(w, r, v)
}

func (a *audience) exportPlan(w http.ResponseWriter, r *http.Request) error {
	v, err := a.planFollow(r)
	if err != nil {
		return err
	}
	return a.export(w, r, v)
}

func (a *audience) export(w http.ResponseWriter, r *http.Request, v followView) error {
	say := func(key string) string { return a.pages.Say(r, key) }
	head := []string{say("suivi.pupil"), say("suivi.done"), say("suivi.of"), say("suivi.minutes"), say("suivi.trouble")}
	for _, s := range v.Steps {
		head = append(head, s.Title)
	}
	rows := [][]string{head}
	for _, p := range v.Pupils {
		trouble := ""
		if p.Trouble != "" {
			trouble = say("suivi." + string(p.Trouble))
		}
		row := []string{p.Name, strconv.Itoa(p.Done), strconv.Itoa(p.Of), strconv.Itoa(p.Minutes), trouble}
		for _, m := range p.Marks {
			cell := ""
			switch {
			case m.Done:
				cell = say("suivi.yes")
			case m.Begun:
				cell = say("suivi.begun")
			}
			if m.Best != "" {
				cell += " " + m.Best
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "suivi.csv"))
	return sheet.Write(w, rows)
}
