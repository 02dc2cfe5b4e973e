package prof

import (
	"net/http"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/web"
)

type doorView struct {
	Login, Next, Error string
	Token              bool // a technician's one-use token instead
}

func (a *audience) door(w http.ResponseWriter, r *http.Request) error {
	return a.pages.Render(w, r, http.StatusOK, "connexion", doorView{Next: web.LocalPath(r.URL.Query().Get("next"))})
}

func (a *audience) enter(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	v := doorView{Login: r.PostFormValue("login"), Next: web.LocalPath(r.PostFormValue("next"))}
	s, err := a.Access.SignInStaff(w, r, v.Login, r.PostFormValue("phrase"))
	return a.entered(w, r, v, s, err)
}

func (a *audience) technicianDoor(w http.ResponseWriter, r *http.Request) error {
	return a.pages.Render(w, r, http.StatusOK, "connexion", doorView{Token: true})
}

func (a *audience) technicianEnter(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	s, err := a.Access.SignInToken(w, r, r.PostFormValue("phrase"))
	return a.entered(w, r, doorView{Token: true}, s, err)
}

// entered goes on to the person's home, or shows the door again with what
// went wrong; what was typed as login is kept, the secret is not.
func (a *audience) entered(w http.ResponseWriter, r *http.Request, v doorView, s access.Session, err error) error {
	if err == nil {
		next := v.Next
		if next == "" || next == "/" {
			next = s.Role.Home()
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	status := http.StatusUnauthorized
	switch wait, waits := access.WaitOf(err); {
	case waits:
		v.Error, status = a.pages.Say(r, "connexion.wait", wait.Round(time.Second)), http.StatusTooManyRequests
	case preau.KindOf(err) == preau.Unauthorized, preau.KindOf(err) == preau.Invalid, preau.KindOf(err) == preau.NotFound, preau.KindOf(err) == preau.Forbidden:
		v.Error = a.pages.Say(r, "connexion.wrong")
	default:
		return err
	}
	return a.pages.Render(w, r, status, "connexion", v)
}
