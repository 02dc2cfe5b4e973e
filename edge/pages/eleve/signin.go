package eleve

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
)

// door leads everyone to their own home.
func (p *pupils) door(w http.ResponseWriter, r *http.Request) error {
	to := "/connexion"
	if s, ok := p.Access.Session(r); ok {
		switch s.Role {
		case access.Pupil:
			to = "/eleve/"
		case access.Teacher:
			to = "/prof/"
		case access.Principal:
			to = "/direction/"
		case access.Technician:
			to = "/technicien/"
		case access.Board:
			to = "/tableau"
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

type classesView struct{ Classes []directory.Class }

func (p *pupils) classes(w http.ResponseWriter, r *http.Request) error {
	if _, ok := p.Access.Session(r); ok {
		return p.door(w, r)
	}
	all, err := p.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	return p.pages.Render(w, r, http.StatusOK, "classes", classesView{all})
}

// nameCard is a pupil as classmates find themselves: « Lou E. », in full only
// where two would be the same.
type nameCard struct{ ID, Given, Initial, Letter string }

type namesView struct {
	Class directory.Class
	Names []nameCard
}

func (p *pupils) names(w http.ResponseWriter, r *http.Request) error {
	class, err := p.Directory.Class(r.Context(), r.PathValue("class"))
	if err != nil {
		return err
	}
	people, err := p.Directory.Pupils(r.Context(), class.ID)
	if err != nil {
		return err
	}
	return p.pages.Render(w, r, http.StatusOK, "noms", namesView{class, nameCards(people)})
}

func nameCards(people []directory.Person) []nameCard {
	same := map[string]int{}
	for _, one := range people {
		same[short(one)]++
	}
	cards := make([]nameCard, len(people))
	for i, one := range people {
		c := nameCard{ID: one.ID, Given: one.Given, Initial: firstLetter(one.Family) + ".", Letter: firstLetter(one.Given)}
		if same[short(one)] > 1 {
			c.Initial = one.Family
		}
		cards[i] = c
	}
	return cards
}

func short(p directory.Person) string { return p.Given + " " + firstLetter(p.Family) }

func firstLetter(name string) string {
	_, n := utf8.DecodeRuneInString(name)
	return strings.ToUpper(name[:n])
}

type codeView struct {
	Class   directory.Class
	Pupil   nameCard
	Symbols []symbol
	Touched string // digits so far
	Slots   []bool // filled or not
	Wrong   bool
	Wait    int // seconds, when tries came too fast
}

type symbol struct{ Digit, Name, Label string }

func (p *pupils) code(w http.ResponseWriter, r *http.Request) error {
	return p.pad(w, r, http.StatusOK, codeView{})
}

// pad shows the ten pictures with v's state.
func (p *pupils) pad(w http.ResponseWriter, r *http.Request, status int, v codeView) (err error) {
	if v.Class, err = p.Directory.Class(r.Context(), r.PathValue("class")); err != nil {
		return err
	}
	who, err := p.Directory.Person(r.Context(), r.PathValue("pupil"))
	if err != nil {
		return err
	}
	v.Pupil = nameCards([]directory.Person{who})[0]
	for _, s := range access.Symbols() {
		v.Symbols = append(v.Symbols, symbol{string(s.Digit), s.Name, "code." + s.Name})
	}
	for i := range access.CodeLength {
		v.Slots = append(v.Slots, i < len(v.Touched))
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.pages.Render(w, r, status, "code", v)
}

// signIn takes one more picture (a page each without JavaScript) or, with the
// last, opens the session.
func (p *pupils) signIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	touched := digits(r.PostFormValue("code") + r.PostFormValue("symbol"))
	if r.PostFormValue("erase") != "" {
		touched = ""
	}
	if len(touched) < access.CodeLength {
		return p.pad(w, r, http.StatusOK, codeView{Touched: touched})
	}
	_, err := p.Access.SignInPupil(w, r, r.PathValue("pupil"), touched)
	if err == nil {
		http.Redirect(w, r, "/eleve/", http.StatusSeeOther)
		return nil
	}
	switch wait, waits := access.WaitOf(err); {
	case waits:
		return p.pad(w, r, http.StatusTooManyRequests, codeView{Wait: max(1, int(wait.Round(time.Second).Seconds()))})
	case preau.KindOf(err) == preau.Unauthorized, preau.KindOf(err) == preau.Invalid:
		return p.pad(w, r, http.StatusUnauthorized, codeView{Wrong: true})
	}
	return err
}

// digits keeps at most a code's length of them.
func digits(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
	return s[:min(len(s), access.CodeLength)]
}

// signOut leads a shared tablet to the names of the same class.
func (p *pupils) signOut(w http.ResponseWriter, r *http.Request) error {
	class, err := p.Access.Switch(w, r)
	if err != nil && !errors.Is(err, r.Context().Err()) {
		return err
	}
	to := "/connexion"
	if class != "" {
		to = "/connexion/classe/" + class
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
