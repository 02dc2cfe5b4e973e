package eleve

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/plan"
	"preau/edge/web"
)

// Plans is what the pages ask of a *plan.Plans.
type Plans interface {
	For(ctx context.Context, pid string, classes []string, now time.Time) ([]plan.Assigned, error)
	Of(ctx context.Context, pl plan.Plan, pid string) (plan.State, error)
	Owned(ctx context.Context, pid string) ([]plan.Plan, error)
	Save(ctx context.Context, who string, pl plan.Plan) (plan.Plan, error)
	Assign(ctx context.Context, who string, r plan.Registration) error
	Registrations(ctx context.Context, plan preau.ID) ([]plan.Registration, error)
	Withdraw(ctx context.Context, who string, id preau.ID) error
	Rate(ctx context.Context, pid, item string, stars int) error
	Ratings(ctx context.Context, pid string) (map[string]int, error)
}

// task is a plan in the list of what is to be done.
type task struct {
	URL, Title string
	Kind       plan.Kind
	From       string // who gave it
	Due        string
	Late       bool
	Done, Of   int
	Finished   bool
	Next       string // title of the next step
}

type planView struct {
	Task  task
	Note  string
	Steps []step
	Hours *plan.Hours
}

type step struct {
	Title, Note, Help string
	Depth             int
	Block, Meeting    bool
	Card              *card
	Open, Done, Next  bool
	Best              string
}

// tasks lists what the pupil has to do, what is finished last.
func (p *pupils) tasks(r *http.Request, s access.Session) ([]task, []plan.Assigned, error) {
	assigned, err := p.assigned(r, s)
	if err != nil {
		return nil, nil, err
	}
	var open, finished []task
	for _, a := range assigned {
		state, err := p.Plans.Of(r.Context(), a.Plan, s.Person)
		if err != nil {
			return nil, nil, err
		}
		t := p.task(r, a, state)
		if t.Finished {
			finished = append(finished, t)
		} else {
			open = append(open, t)
		}
	}
	return append(open, finished...), assigned, nil
}

func (p *pupils) assigned(r *http.Request, s access.Session) ([]plan.Assigned, error) {
	ids, err := p.classIDs(r.Context(), s)
	if err != nil {
		return nil, err
	}
	return p.Plans.For(r.Context(), s.Person, ids, p.Clock.Now())
}

func (p *pupils) task(r *http.Request, a plan.Assigned, state plan.State) task {
	t := task{URL: "/eleve/plan/" + a.ID.String(), Title: a.Title, Kind: a.Kind, Done: state.Done, Of: state.Of, Finished: state.Satisfied}
	giver := a.Registration.Tutor
	if giver == "" {
		giver = a.Owner
	}
	if who, err := p.Directory.Person(r.Context(), giver); err == nil {
		t.From = who.Formal()
	}
	if due := a.Registration.Due; !due.IsZero() {
		t.Due = web.LongDate(web.Language(r), due.In(p.Zone))
		t.Late = !t.Finished && p.Clock.Now().After(due)
	}
	if state.Next != nil {
		t.Next = p.stepTitle(r, state.Next.Node)
	}
	return t
}

func (p *pupils) stepTitle(r *http.Request, n plan.Node) string {
	if n.Title != "" || n.Item == "" {
		return n.Title
	}
	if it, err := p.Catalogue.Item(r.Context(), n.Item, false); err == nil {
		return it.Title
	}
	return p.pages.Say(r, "plan.withdrawn")
}

// plan shows the steps of one, with the next one to press.
func (p *pupils) plan(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.pupil(r)
	if !ok {
		return preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	assigned, err := p.assigned(r, s)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(assigned, func(a plan.Assigned) bool { return a.ID.String() == r.PathValue("plan") })
	if at < 0 {
		return preau.E(preau.NotFound, "no such plan for this pupil", "Go back to the home page.", nil)
	}
	a := assigned[at]
	state, err := p.Plans.Of(r.Context(), a.Plan, s.Person)
	if err != nil {
		return err
	}
	v := planView{Task: p.task(r, a, state), Note: a.Registration.Note}
	if a.Kind == plan.Module {
		v.Hours = &state.Hours
	}
	for _, st := range state.Steps {
		v.Steps = append(v.Steps, p.step(r, st, state.Next != nil && state.Next.ID == st.ID))
	}
	return p.pages.Render(w, r, http.StatusOK, "plan", v)
}

func (p *pupils) step(r *http.Request, st plan.Step, next bool) step {
	s := step{Title: p.stepTitle(r, st.Node), Note: st.Note, Depth: st.Depth, Block: st.IsBlock(), Meeting: st.Meeting, Open: st.Open, Done: st.Satisfied, Next: next}
	if st.Best != nil {
		s.Best = strconv.Itoa(int(*st.Best*100+.5)) + " %"
	}
	if st.Item == "" {
		return s
	}
	if it, err := p.Catalogue.Item(r.Context(), st.Item, false); err == nil {
		c := p.card(r.Context(), it, web.Language(r))
		s.Card = &c
	}
	return s
}
