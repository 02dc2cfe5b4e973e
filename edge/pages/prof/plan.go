package prof

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/plan"
	"preau/edge/showing"
	"preau/edge/web"
)

type planView struct {
	ID, Title string
	Kind      plan.Kind
	Version   int
	Mine      bool
	Steps     []stepView
	Q         string
	Found     []showing.Item // what the search for a resource gave
	Searched  bool
	Given     []givenView
	Classes   []classView
	NewID     string // of the registration the form would make
	Today     string
	Rules     []plan.MoveOn
}

type stepView struct {
	ID, Title, Kind string
	Meeting, Gone   bool // gone: no longer in the catalogue
	Rule            plan.MoveOn
	Mastery         int // percent
	Minutes         int
	First, Last     bool
}

type givenView struct {
	ID, Name, Class string
	Due             string // « 27/11 », or nothing
	Note            string
}

var planRules = []plan.MoveOn{plan.Completed, plan.Passed, plan.CompletedAndPassed, plan.CompletedOrPassed, plan.NotApplicable}

// planOf reads the plan in the path.
func (a *audience) planOf(r *http.Request) (who access.Session, pl plan.Plan, err error) {
	if who, err = a.teacher(r); err != nil {
		return who, pl, err
	}
	id, err := preau.ParseID(r.PathValue("plan"))
	if err != nil {
		return who, pl, preau.E(preau.NotFound, "no such plan", "Go back to the list.", err)
	}
	pl, err = a.Plans.Plan(r.Context(), id)
	return who, pl, err
}

// plan shows one, to edit and to give.
func (a *audience) plan(w http.ResponseWriter, r *http.Request) error {
	who, pl, err := a.planOf(r)
	if err != nil {
		return err
	}
	if pl.Owner != who.Person && pl.Kind == plan.Selection {
		return preau.E(preau.NotFound, "no such plan", "Go back to the list.", nil)
	}
	v := planView{ID: pl.ID.String(), Title: pl.Title, Kind: pl.Kind, Version: pl.Version, Mine: pl.Owner == who.Person, NewID: preau.NewID().String(),
		Q: strings.TrimSpace(r.URL.Query().Get("q")), Today: a.Clock.Now().In(a.Zone).Format(time.DateOnly), Rules: planRules}
	// Courses made elsewhere may have blocks; here their steps are one list.
	nodes := slices.Collect(plan.Walk(pl.Nodes))
	for i, n := range nodes {
		v.Steps = append(v.Steps, a.stepView(r, n, i == 0, i == len(nodes)-1))
	}
	if v.Q != "" {
		v.Searched = true
		if v.Found, err = a.Showing.Search(r.Context(), v.Q[:min(len(v.Q), 200)]); err != nil {
			return err
		}
	}
	given, err := a.Plans.Registrations(r.Context(), pl.ID)
	if err != nil {
		return err
	}
	for _, reg := range given {
		g := givenView{ID: reg.ID.String(), Name: a.nameOf(r, reg), Class: reg.Class, Note: reg.Note}
		if !reg.Due.IsZero() {
			g.Due = web.LongDate(a.lang(r), reg.Due.In(a.Zone))
		}
		v.Given = append(v.Given, g)
	}
	classes, err := a.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range classes {
		v.Classes = append(v.Classes, classView{c.ID, c.Name})
	}
	return a.pages.Render(w, r, http.StatusOK, "plan", v)
}

func (a *audience) stepView(r *http.Request, n plan.Node, first, last bool) stepView {
	s := stepView{ID: n.ID, Title: n.Title, Meeting: n.Meeting, Rule: n.MoveOn, Mastery: int(n.Mastery*100 + .5), Minutes: n.Minutes, First: first, Last: last}
	if n.Item == "" {
		return s
	}
	it, ok := a.Showing.One(r.Context(), n.Item)
	s.Kind, s.Gone = it.Kind, !ok
	if s.Title == "" {
		s.Title = it.Title
	}
	if s.Title == "" {
		s.Title = a.pages.Say(r, "plan.goneitem")
	}
	return s
}

// changePlan makes one change that the form names: « add », « up:ID »… The
// version in the form says on what it was decided.
func (a *audience) changePlan(w http.ResponseWriter, r *http.Request) error {
	who, pl, err := a.planOf(r)
	if err != nil {
		return err
	}
	if err := a.form(w, r); err != nil {
		return err
	}
	do, step, _ := strings.Cut(r.PostFormValue("do"), ":")
	if do == "close" {
		if err := a.Plans.Close(r.Context(), who.Person, pl.ID); err != nil {
			return err
		}
		http.Redirect(w, r, "/prof/plans", http.StatusSeeOther)
		return nil
	}
	version := number(r.PostFormValue("version"))
	if version != pl.Version {
		return preau.E(preau.Conflict, "this plan was changed in another window", "Reload it and make your change again.", nil)
	}
	if err := edit(&pl, do, step, r); err != nil {
		return err
	}
	if _, err := a.Plans.Save(r.Context(), who.Person, pl); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/plans/"+pl.ID.String()+"#etapes", http.StatusSeeOther)
	return nil
}

// edit changes the plan's own list of steps; steps inside blocks are moved
// among their siblings.
func edit(pl *plan.Plan, do, step string, r *http.Request) error {
	switch do {
	case "title":
		pl.Title = strings.TrimSpace(r.PostFormValue("title"))
		return nil
	case "add":
		pl.Nodes = append(pl.Nodes, plan.Node{ID: preau.NewID().String(), Item: step})
		return nil
	case "meeting":
		pl.Nodes = append(pl.Nodes, plan.Node{ID: preau.NewID().String(), Meeting: true, Title: strings.TrimSpace(r.PostFormValue("meeting")), Minutes: number(r.PostFormValue("minutes"))})
		return nil
	}
	siblings, i := find(&pl.Nodes, step)
	if siblings == nil {
		return preau.E(preau.Conflict, "this step is no longer in the plan", "Reload the page.", nil)
	}
	list := *siblings
	switch {
	case do == "up" && i > 0:
		list[i-1], list[i] = list[i], list[i-1]
	case do == "down" && i < len(list)-1:
		list[i+1], list[i] = list[i], list[i+1]
	case do == "remove":
		*siblings = slices.Delete(list, i, i+1)
	case do == "rule":
		list[i].MoveOn = plan.MoveOn(r.PostFormValue("rule"))
		list[i].Mastery = float64(number(r.PostFormValue("mastery"))) / 100
		list[i].Minutes = number(r.PostFormValue("minutes"))
	}
	return nil
}

// find looks a step up, with the list that holds it.
func find(nodes *[]plan.Node, id string) (*[]plan.Node, int) {
	for i := range *nodes {
		n := &(*nodes)[i]
		if n.ID == id {
			return nodes, i
		}
		if siblings, at := find(&n.Children, id); siblings != nil {
			return siblings, at
		}
	}
	return nil, 0
}

// number reads a small whole number of a form; what is none is 0, and the
// plan's own check refuses what makes no sense.
func number(s string) (n int) {
	for _, c := range strings.TrimSpace(s) {
		if c < '0' || c > '9' || n > 1e6 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// givePlan gives a plan to a class.
func (a *audience) givePlan(w http.ResponseWriter, r *http.Request) error {
	who, pl, err := a.planOf(r)
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
	class, err := a.Directory.Class(r.Context(), r.PostFormValue("class"))
	if err != nil {
		return err
	}
	reg := plan.Registration{ID: id, Plan: pl.ID, Class: class.ID, Tutor: who.Person, Note: strings.TrimSpace(r.PostFormValue("note"))}
	if due := r.PostFormValue("due"); due != "" {
		day, err := time.ParseInLocation(time.DateOnly, due, a.Zone)
		if err != nil {
			return preau.E(preau.Invalid, "the date is not one", "Choose it in the calendar, or leave it empty.", err)
		}
		reg.Due = day.Add(23*time.Hour + 59*time.Minute) // the whole day
	}
	if err := a.Plans.Assign(r.Context(), who.Person, reg); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/plans/"+pl.ID.String()+"#donner", http.StatusSeeOther)
	return nil
}

// takePlanBack takes it back.
func (a *audience) takePlanBack(w http.ResponseWriter, r *http.Request) error {
	who, pl, err := a.planOf(r)
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
	if err := a.Plans.Withdraw(r.Context(), who.Person, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/plans/"+pl.ID.String()+"#donner", http.StatusSeeOther)
	return nil
}
