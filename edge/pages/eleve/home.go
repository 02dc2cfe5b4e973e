package eleve

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"preau"
	"preau/edge/access"
	"preau/edge/plan"
	"preau/edge/web"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

type homeView struct {
	Given    string
	Resume   *card  // one tap
	Continue []card // begun besides
	Discover []card
	Done     []card
	Domaines []tile
	Tasks    []task
	Work     int // due in the cahier de textes
	Courses  int // cmi5
	Pupil    bool
}

const (
	onHome    = 4 // cards in a row of the home
	lookAhead = 24
)

func (p *pupils) home(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.Access.Session(r)
	if !ok {
		http.Redirect(w, r, "/connexion", http.StatusSeeOther)
		return nil
	}
	ctx, lang := r.Context(), web.Language(r)
	v := homeView{}
	v.Given, _, _ = strings.Cut(s.Name, " ")
	known := map[string]bool{}
	if s.Role == access.Pupil {
		if who, err := p.Directory.Person(ctx, s.Person); err == nil {
			v.Given = who.Given
		}
		if err := p.ownWork(ctx, &v, s, lang, known); err != nil {
			return err
		}
		tasks, _, err := p.tasks(r, s)
		if err != nil {
			return err
		}
		classes, err := p.classIDs(ctx, s)
		if err != nil {
			return err
		}
		work, err := p.Cahier.Work(ctx, classes, p.Clock.Now())
		if err != nil {
			return err
		}
		courses, err := p.Courses(ctx, s.Person, classes)
		if err != nil {
			return err
		}
		v.Pupil, v.Work, v.Courses = true, len(work), len(courses)
		v.Tasks = slices.DeleteFunc(tasks, func(t task) bool { return t.Finished || t.Kind == plan.Selection })
	}
	var err error
	if v.Discover, err = p.discover(ctx, s, lang, known); err != nil {
		return err
	}
	tree, err := p.Catalogue.Tree(ctx, lang, false)
	if err != nil {
		return err
	}
	v.Domaines = p.tiles(tree, "/eleve/explorer")
	return p.pages.Render(w, r, http.StatusOK, "accueil", v)
}

// ownWork fills what the pupil began and finished; known gathers the ids.
func (p *pupils) ownWork(ctx context.Context, v *homeView, s access.Session, lang string, known map[string]bool) error {
	begun, err := p.Progress.Resume(ctx, s.Person, onHome+1)
	if err != nil {
		return err
	}
	for _, e := range begun {
		it, err := p.Catalogue.Item(ctx, e.Item, false)
		if preau.KindOf(err) == preau.NotFound {
			continue // withdrawn since
		}
		if err != nil {
			return err
		}
		known[it.ID] = true
		c := p.card(ctx, it, lang).seen(e)
		switch {
		case v.Resume == nil && c.Available:
			v.Resume = &c
		default:
			v.Continue = append(v.Continue, c)
		}
	}
	finished, err := p.Progress.Done(ctx, s.Person, lookAhead)
	if err != nil {
		return err
	}
	for _, e := range finished {
		known[e.Item] = true
		if len(v.Done) == onHome {
			continue
		}
		it, err := p.Catalogue.Item(ctx, e.Item, false)
		if preau.KindOf(err) == preau.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		v.Done = append(v.Done, p.card(ctx, it, lang).seen(e))
	}
	return nil
}

// discover proposes what the pupil has not opened: for their level first,
// what is here before what is not, the next of a collection rather than its
// third film.
func (p *pupils) discover(ctx context.Context, s access.Session, lang string, known map[string]bool) ([]card, error) {
	var level string
	if s.Group != "" {
		if class, err := p.Directory.Class(ctx, s.Group); err == nil {
			level = class.Level
		}
	}
	queries := []catalogue.Query{{Limit: lookAhead}}
	if level != "" {
		queries = append([]catalogue.Query{{Level: level, Limit: lookAhead}}, queries...)
	}
	var here, later []card
	for _, q := range queries {
		page, err := p.Catalogue.Items(ctx, q)
		if err != nil {
			return nil, err
		}
		series := map[string]bool{}
		for _, it := range page.Items {
			if known[it.ID] || it.Kind == notice.KindCollection || it.PartOf != "" && series[it.PartOf] {
				continue
			}
			known[it.ID], series[it.PartOf] = true, true
			c := p.card(ctx, it, lang)
			if c.Available {
				here = append(here, c)
			} else {
				later = append(later, c)
			}
		}
	}
	all := append(here, later...)
	return all[:min(onHome*2, len(all))], nil
}
