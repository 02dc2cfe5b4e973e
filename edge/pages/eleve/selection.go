package eleve

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"preau"
	"preau/edge/access"
	"preau/edge/plan"
	"preau/edge/web"
	"preau/media/catalogue"
)

type selectionView struct {
	Kept    []keptView
	Shared  bool // with the pupil's class
	Class   string
	Friends []friendView // what classmates share
}

type keptView struct {
	Card  card
	Gone  bool // withdrawn from the catalogue since
	Stars int
	Scale [5]int // 1 to 5
	Step  string
}

type friendView struct {
	From  string
	Cards []card
}

// selection shows what the pupil keeps, and what classmates share.
func (p *pupils) selection(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.pupil(r)
	if !ok {
		return preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	mine, err := p.own(r, s)
	if err != nil {
		return err
	}
	stars, err := p.Plans.Ratings(r.Context(), s.Person)
	if err != nil {
		return err
	}
	var v selectionView
	for n := range plan.Walk(mine.Nodes) {
		k := keptView{Stars: stars[n.Item], Scale: [5]int{1, 2, 3, 4, 5}, Step: n.ID}
		it, err := p.Catalogue.Item(r.Context(), n.Item, false)
		switch {
		case err == nil:
			k.Card = p.card(r.Context(), it, web.Language(r))
		case preau.KindOf(err) == preau.NotFound:
			k.Gone, k.Card.Title = true, n.Title
		default:
			return err
		}
		v.Kept = append(v.Kept, k)
	}
	if class, err := p.Directory.Class(r.Context(), s.Group); err == nil {
		v.Class = class.Name
	}
	if mine.Version > 0 {
		given, err := p.Plans.Registrations(r.Context(), mine.ID)
		if err != nil {
			return err
		}
		v.Shared = len(given) > 0
	}
	if v.Friends, err = p.friends(r, s); err != nil {
		return err
	}
	return p.pages.Render(w, r, http.StatusOK, "selection", v)
}

// friends lists the selections that classmates share; adults' plans are on
// the home page.
func (p *pupils) friends(r *http.Request, s access.Session) (found []friendView, err error) {
	assigned, err := p.assigned(r, s)
	if err != nil {
		return nil, err
	}
	for _, a := range assigned {
		if a.Kind != plan.Selection || a.Owner == s.Person {
			continue
		}
		who, err := p.Directory.Person(r.Context(), a.Owner)
		if preau.KindOf(err) == preau.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		f := friendView{From: who.Given}
		for _, id := range plan.Items(a.Nodes) {
			if it, err := p.Catalogue.Item(r.Context(), id, false); err == nil {
				f.Cards = append(f.Cards, p.card(r.Context(), it, web.Language(r)))
			}
		}
		if len(f.Cards) > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}

// own is the pupil's one selection; a new one when there is none yet.
func (p *pupils) own(r *http.Request, s access.Session) (plan.Plan, error) {
	owned, err := p.Plans.Owned(r.Context(), s.Person)
	if err != nil {
		return plan.Plan{}, err
	}
	if at := slices.IndexFunc(owned, func(pl plan.Plan) bool { return pl.Kind == plan.Selection }); at >= 0 {
		return owned[at], nil
	}
	return plan.Plan{ID: preau.NewID(), Kind: plan.Selection, Title: p.pages.Say(r, "selection.title")}, nil
}

// keep changes the selection: keep or drop an item, rate it, share the whole
// or stop.
func (p *pupils) keep(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.pupil(r)
	if !ok {
		return preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		return preau.E(preau.Invalid, "the form cannot be read", "Reload the page and try again.", err)
	}
	mine, err := p.own(r, s)
	if err != nil {
		return err
	}
	item, do := r.PostFormValue("item"), r.PostFormValue("do")
	switch {
	case do == "keep":
		var it catalogue.Item
		if it, err = p.Catalogue.Item(r.Context(), item, false); err == nil && !slices.Contains(plan.Items(mine.Nodes), it.ID) {
			mine.Nodes = append(mine.Nodes, plan.Node{ID: preau.NewID().String(), Item: it.ID, Title: it.Title})
			_, err = p.Plans.Save(r.Context(), s.Person, mine)
		}
	case do == "drop":
		mine.Nodes = slices.DeleteFunc(mine.Nodes, func(n plan.Node) bool { return n.Item == item || n.ID == r.PostFormValue("step") })
		_, err = p.Plans.Save(r.Context(), s.Person, mine)
	case do == "share":
		err = p.share(r, s, mine)
	case do == "unshare":
		err = p.unshare(r, s, mine)
	case strings.HasPrefix(do, "star") && len(do) == 5:
		err = p.Plans.Rate(r.Context(), s.Person, item, int(do[4]-'0'))
	default:
		err = preau.E(preau.Invalid, "the form does not say what to do", "Reload the page and try again.", nil)
	}
	if err != nil {
		return err
	}
	back := "/eleve/selection"
	if from, err := url.Parse(r.PostFormValue("from")); err == nil && from.Host == "" && strings.HasPrefix(from.Path, "/eleve/") {
		back = from.EscapedPath()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// share shows the selection to the pupil's own class, and to nobody else.
func (p *pupils) share(r *http.Request, s access.Session, mine plan.Plan) error {
	if s.Group == "" || mine.Version == 0 {
		return preau.E(preau.Conflict, "there is nothing to share, or no class to share it with", "Keep something first.", nil)
	}
	given, err := p.Plans.Registrations(r.Context(), mine.ID)
	if err != nil || len(given) > 0 {
		return err
	}
	return p.Plans.Assign(r.Context(), s.Person, plan.Registration{ID: preau.NewID(), Plan: mine.ID, Class: s.Group})
}

func (p *pupils) unshare(r *http.Request, s access.Session, mine plan.Plan) error {
	given, err := p.Plans.Registrations(r.Context(), mine.ID)
	if err != nil {
		return err
	}
	for _, reg := range given {
		if err := p.Plans.Withdraw(r.Context(), s.Person, reg.ID); err != nil {
			return err
		}
	}
	return nil
}
