package eleve

import (
	"net/http"
	"time"

	"preau"
	"preau/edge/web"
)

type bilanView struct {
	Days    []dayView
	Minutes int // in all
	Most    int // of a day, for the bars
	Done    []card
	Begun   []card
	Tasks   []task
}

type dayView struct {
	Date    string
	Minutes int
}

// bilanDays is how far back a pupil looks: two weeks, no ranking, no streak.
const bilanDays = 14

// bilan is the pupil's own view of what they did.
func (p *pupils) bilan(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.pupil(r)
	if !ok {
		return preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	ctx, lang, now := r.Context(), web.Language(r), p.Clock.Now()
	var v bilanView
	days, err := p.Progress.Days(ctx, s.Person, now.AddDate(0, 0, -bilanDays), now)
	if err != nil {
		return err
	}
	for _, d := range days {
		date, err := time.ParseInLocation(time.DateOnly, d.Date, p.Zone)
		if err != nil {
			return err
		}
		minutes := int(d.Worked.Minutes())
		v.Days = append(v.Days, dayView{web.LongDate(lang, date), minutes})
		v.Minutes += minutes
		v.Most = max(v.Most, minutes)
	}
	entries, err := p.Progress.Since(ctx, s.Person, now.AddDate(0, 0, -bilanDays), 24)
	if err != nil {
		return err
	}
	for _, e := range entries {
		it, err := p.Catalogue.Item(ctx, e.Item, false)
		if preau.KindOf(err) == preau.NotFound && err != nil {
			continue
		}
		if err != nil {
			return err
		}
		c := p.card(ctx, it, lang).seen(e)
		if c.Done {
			v.Done = append(v.Done, c)
		} else {
			v.Begun = append(v.Begun, c)
		}
	}
	if v.Tasks, _, err = p.tasks(r, s); err != nil {
		return err
	}
	return p.pages.Render(w, r, http.StatusOK, "bilan", v)
}
