// Package questions is what a teacher reads of the questions of a lesson, then
// and after class: each with its counts, who answered what behind a fold, and
// a sheet of all of it. It promises that names are for the lesson's own
// teachers, and that no spreadsheet runs what a pupil wrote. It refuses
// everyone else.
package questions

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/live"
	"preau/edge/live/results"
	"preau/edge/pages/visitor"
	"preau/edge/timetable"
	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n seance
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site      *web.Site
	Access    *access.Access
	Directory *directory.Directory
	Timetable *timetable.Timetable
	Hub       *live.Hub
	Results   *results.Results
	Zone      *time.Location
	Log       *slog.Logger
}

// room holds what the handlers share.
type room struct {
	Deps
	pages *web.Pages
}

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	q := &room{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{Name: "questions", Home: "/prof/", Files: files, Pages: []string{"seance"}, Viewer: visitor.Adult(deps.Access)})
	if err != nil {
		return fmt.Errorf("install the pages of questions: %w", err)
	}
	q.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	kit.HandleFunc(mux, "GET /prof/questions/{lesson}", q.list)
	kit.HandleFunc(mux, "GET /prof/questions/{lesson}/export.csv", q.export)
	return nil
}

// lesson is that of the path, for its own teachers alone: who gives it, who is
// in its room, who asked in it.
func (q *room) lesson(r *http.Request) (l timetable.Lesson, past []results.Past, err error) {
	s, ok := q.Access.Session(r)
	if !ok {
		return l, nil, preau.E(preau.Unauthorized, "nobody is signed in", "Sign in first.", nil)
	}
	if l, err = visitor.Lesson(q.Timetable, r); err != nil {
		return l, nil, err
	}
	if past, err = q.Results.Lesson(r.Context(), l.ID.String()); err != nil {
		return l, nil, err
	}
	asked := slices.ContainsFunc(past, func(p results.Past) bool { return p.By == s.Person })
	if !asked && !slices.Contains(l.Staff(), s.Person) && !q.Hub.Teaches(l.ID.String(), s.Person) {
		return l, nil, preau.E(preau.Forbidden, "these questions are another teacher's", "Go back to your own lessons.", nil)
	}
	return l, past, nil
}

// names finds how pupils are called: those of the class at once, others one by
// one, as who left since.
func (q *room) names(r *http.Request, class string) (func(pid string) string, error) {
	pupils, err := q.Directory.Pupils(r.Context(), class)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for _, p := range pupils {
		known[p.ID] = p.Name()
	}
	return func(pid string) string {
		name, ok := known[pid]
		if !ok {
			name = q.pages.Say(r, "questions.left")
			if p, err := q.Directory.Person(r.Context(), pid); err == nil {
				name = p.Name()
			}
			known[pid] = name
		}
		return name
	}, nil
}
