// Package technicien is the technician's page on the box itself: where it
// stands, which stick is plugged in, who is signed in on what, what the log said
// last. It promises to change nothing but to take packs from a stick, to go back
// to the catalogue before and to end a session (a lost tablet, a stolen laptop); what else changes a box is the
// command line's. It refuses everyone else; the guard of
// package access does it first.
package technicien

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n/*.json borne/*.html
var files embed.FS

// Fact is one line of where the box stands.
type Fact struct {
	Name  string // a word of the page's
	Value string
	Bad   bool
}

// Deps are what the box lends.
type Deps struct {
	Site   *web.Site
	Access *access.Access
	Facts  func(ctx context.Context, lang string) ([]Fact, error)
	Log    *slog.Logger
	Lines  func() []string // the log's last
	Sticks Sticks
	// Content is what the box keeps.
	Content Contents
	Zone    *time.Location
}

type technician struct {
	Deps
	pages *web.Pages
}

type view struct {
	Facts    []Fact
	Contents []Fact
	Previous string // date of what a rollback returns to
	Sticks   []Stick
	Import   *Import
	Sessions []sessionView
	Lines    []string
}

type sessionView struct{ ID, Name, Role, Seen string }

const shownLines = 60

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	t := &technician{Deps: deps}
	var err error
	if t.pages, err = deps.Site.Open(web.Audience{Name: "technicien", Home: "/technicien/", Files: files, Pages: []string{"borne"}, Viewer: t.viewer}); err != nil {
		return fmt.Errorf("install the technician's page: %w", err)
	}
	kit := &httpkit.Kit{Log: deps.Log, Page: t.pages.Problem}
	kit.HandleFunc(mux, "GET /technicien/{$}", t.borne)
	kit.HandleFunc(mux, "POST /technicien/revoquer", t.revoke)
	kit.HandleFunc(mux, "POST /technicien/cle", t.importStick)
	kit.HandleFunc(mux, "POST /technicien/contenus/retour", t.rollBack)
	return nil
}

func (t *technician) viewer(r *http.Request) web.Viewer {
	s, ok := t.Access.Session(r)
	if !ok {
		return web.Viewer{}
	}
	return web.Viewer{Name: s.Name, SignOut: "/deconnexion", Account: "/compte/"}
}

func (t *technician) borne(w http.ResponseWriter, r *http.Request) error {
	facts, err := t.Facts(r.Context(), web.Language(r))
	if err != nil {
		return err
	}
	open, err := t.Access.Staff(r.Context())
	if err != nil {
		return err
	}
	contents, previous, err := t.Content.Contents(r.Context(), web.Language(r))
	if err != nil {
		return err
	}
	v := view{Contents: contents, Previous: previous, Facts: facts, Import: t.Sticks.Importing()}
	if v.Sticks, err = t.Sticks.Plugged(r.Context()); err != nil {
		return err
	}
	for _, s := range open {
		v.Sessions = append(v.Sessions, sessionView{s.ID, s.Name, string(s.Role), s.Seen.In(t.Zone).Format("02/01 15:04")})
	}
	if lines := t.Lines(); len(lines) > 0 {
		v.Lines = slices.Clone(lines[max(0, len(lines)-shownLines):])
		slices.Reverse(v.Lines)
	}
	return t.pages.Render(w, r, http.StatusOK, "borne", v)
}

// revoke ends one session of an adult.
func (t *technician) revoke(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	id := r.PostFormValue("id")
	if id == "" {
		return preau.E(preau.Invalid, "the form does not say which session", "Reload the page and try again.", nil)
	}
	if err := t.Access.Revoke(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/technicien/", http.StatusSeeOther)
	return nil
}
