package prof

import (
	"net/http"
	"strings"

	"preau"
	"preau/edge/plan"
)

type plansView struct {
	Kinds []kindView
	Plans []planLine
	NewID string
}

type kindView struct {
	Kind    plan.Kind
	Current bool
}

type planLine struct {
	ID, Title string
	Kind      plan.Kind
	Steps     int
	Given     []string // names of those it is given to
}

// planKinds are those a teacher makes here; a selection is a pupil's word.
var planKinds = [...]plan.Kind{plan.Homework, plan.Course, plan.Slides, plan.Module, plan.Selection}

// plans lists what the teacher prepared.
func (a *audience) plans(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	v := plansView{NewID: preau.NewID().String()}
	for i, k := range planKinds {
		v.Kinds = append(v.Kinds, kindView{k, i == 0})
	}
	mine, err := a.Plans.Owned(r.Context(), who.Person)
	if err != nil {
		return err
	}
	for _, pl := range mine {
		line := planLine{ID: pl.ID.String(), Title: pl.Title, Kind: pl.Kind, Steps: countSteps(pl.Nodes)}
		given, err := a.Plans.Registrations(r.Context(), pl.ID)
		if err != nil {
			return err
		}
		for _, reg := range given {
			line.Given = append(line.Given, a.nameOf(r, reg))
		}
		v.Plans = append(v.Plans, line)
	}
	return a.pages.Render(w, r, http.StatusOK, "plans", v)
}

func countSteps(nodes []plan.Node) (n int) {
	for node := range plan.Walk(nodes) {
		if !node.IsBlock() {
			n++
		}
	}
	return n
}

// nameOf is how a registration's class or pupil is called; somebody who left
// has no name here any more.
func (a *audience) nameOf(r *http.Request, reg plan.Registration) string {
	if reg.Class != "" {
		if c, err := a.Directory.Class(r.Context(), reg.Class); err == nil {
			return c.Name
		}
		return a.pages.Say(r, "plan.gone")
	}
	if p, err := a.Directory.Person(r.Context(), reg.Person); err == nil {
		return p.Name()
	}
	return a.pages.Say(r, "plan.gone")
}

// makePlan makes an empty plan and opens it. The id comes with the form: sent
// twice, it is one plan.
func (a *audience) makePlan(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	if err := a.form(w, r); err != nil {
		return err
	}
	id, err := preau.ParseID(r.PostFormValue("id"))
	if err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Reload the page and try again.", err)
	}
	pl, err := a.Plans.Save(r.Context(), who.Person, plan.Plan{ID: id, Kind: plan.Kind(r.PostFormValue("kind")), Title: strings.TrimSpace(r.PostFormValue("title"))})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/plans/"+pl.ID.String(), http.StatusSeeOther)
	return nil
}

// form reads a posted form, bounded.
func (a *audience) form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	if err := r.ParseForm(); err != nil {
		return preau.E(preau.Invalid, "the form cannot be read", "Reload the page and try again.", err)
	}
	return nil
}
