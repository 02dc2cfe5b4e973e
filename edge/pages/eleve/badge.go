package eleve

import (
	"math"
	"net/http"

	"preau"
	"preau/edge/access"
)

type badgeView struct {
	Wrong bool
	Wait  int // seconds
}

// badge is where a badge's code leads.
func (p *pupils) badge(w http.ResponseWriter, r *http.Request) error {
	return p.pages.Render(w, r, http.StatusOK, "badge", badgeView{})
}

func (p *pupils) signInBadge(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	_, err := p.Access.SignInBadge(w, r, r.PostFormValue("badge"))
	if wait, waits := access.WaitOf(err); waits {
		return p.pages.Render(w, r, http.StatusTooManyRequests, "badge", badgeView{Wait: int(math.Ceil(wait.Seconds()))})
	}
	if err != nil {
		if preau.KindOf(err) == preau.Unauthorized {
			return p.pages.Render(w, r, http.StatusUnauthorized, "badge", badgeView{Wrong: true})
		}
		return err
	}
	http.Redirect(w, r, "/eleve/", http.StatusSeeOther)
	return nil
}
