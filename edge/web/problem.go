package web

import (
	"net/http"

	"preau/internal/httpkit"
)

const problemPage = "problem"

// problemView is what the page of a problem shows.
type problemView struct {
	Title, Text, Do string // keys
	Home            string
	Detail          string
	ID              string
}

// Problem renders a problem for people: what happened, what is kept, what to
// do, one button. It is the Page of an audience's httpkit.Kit.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, pr httpkit.Problem) {
	key := "problem." + pr.Kind
	if _, ok := p.words[languages[0]][key+".title"]; !ok {
		key = "problem.internal"
	}
	v := problemView{Title: key + ".title", Text: key + ".text", Home: p.audience.Home, Detail: pr.Text, ID: pr.ID}
	if pr.Remedy != "" {
		v.Detail += " " + pr.Remedy
	}
	if err := p.Render(w, r, pr.Status, problemPage, v); err != nil {
		p.site.options.Log.Error("problem page failed", "id", pr.ID, "err", err)
		http.Error(w, pr.Text+"\n"+pr.Remedy, pr.Status)
	}
}
