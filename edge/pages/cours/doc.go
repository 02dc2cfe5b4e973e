// Package cours is what pupils and teachers see of cmi5 courses: a pupil's
// courses, with how far they are and a button to each part; the part itself,
// framed or in a window of its own; a teacher's shelf, to whom a course is
// given, and the table of a class. It promises pages that read without
// JavaScript, and one that starts a part only once: a launch that was used is
// offered again, not replayed. It refuses to judge anything: package launch
// does.
package cours

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/cmi5"
	"preau/edge/cmi5/launch"
	"preau/edge/directory"
	"preau/edge/pages/visitor"
	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site      *web.Site
	Access    *access.Access
	Directory *directory.Directory
	Courses   *cmi5.Courses
	Launches  *launch.Launches
	// Second is the address of a path on the second origin; empty when that
	// is not served.
	Second func(r *http.Request, path string) string
	Log    *slog.Logger
}

// room holds what the handlers share.
type room struct {
	Deps
	pages *web.Pages
}

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	c := &room{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{Name: "cours", Home: "/", Files: files, Viewer: visitor.Pupil(deps.Access),
		Pages: []string{"liste", "cours", "seance", "etagere", "fiche", "table"}})
	if err != nil {
		return fmt.Errorf("install the pages of courses: %w", err)
	}
	c.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"GET /eleve/cours":            c.mine,
		"GET /eleve/cours/{course}":   c.course,
		"POST /eleve/cours/{course}":  c.launch,
		"GET /eleve/seance/{session}": c.session,

		"GET /prof/cours":                         c.shelf,
		"GET /prof/cours/{course}":                c.sheet,
		"POST /prof/cours/{course}/donner":        c.give,
		"POST /prof/cours/{course}/retirer":       c.takeBack,
		"GET /prof/cours/{course}/suivi/{class}":  c.follow,
		"POST /prof/cours/{course}/suivi/{class}": c.waive,
	} {
		kit.HandleFunc(mux, pattern, h)
	}
	return nil
}

// form reads a small form.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		return preau.E(preau.Invalid, "the form cannot be read", "Go back and send it again.", err)
	}
	return nil
}
