// Package regie is the teacher's side of a class in session: the remote that
// opens, plays, points and closes on the board and on every tablet. It
// promises that a command is confirmed only once the box has it on its disk,
// and that who needs help comes first. It refuses whoever is not a teacher of
// the room, and the room that is over: both lead back to the day.
package regie

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/live"
	"preau/edge/pages/visitor"
	"preau/edge/plan"
	"preau/edge/showing"
	"preau/edge/timetable"
	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site       *web.Site
	Access     *access.Access
	Directory  *directory.Directory
	Timetable  *timetable.Timetable
	Attendance *attendance.Attendance
	Hub        *live.Hub
	Plans      *plan.Plans
	Showing    *showing.Finder
	Zone       *time.Location
	Log        *slog.Logger
}

// audience holds what the handlers share.
type audience struct {
	Deps
	pages *web.Pages
}

// Install adds the routes of the remote.
func Install(mux *http.ServeMux, deps Deps) error {
	a := &audience{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{
		Name: "regie", Home: "/prof/", Files: files, Pages: []string{"annotations", "classe", "ferme"}, Viewer: visitor.Adult(deps.Access),
	})
	if err != nil {
		return fmt.Errorf("install the remote: %w", err)
	}
	a.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"GET /prof/classe/{lesson}":  a.class,
		"POST /prof/classe/{lesson}": a.openClass,
		"GET /prof/tableau":          a.claimPage,

		"GET /prof/annotations":            a.annotations,
		"GET /prof/annotations/gardees":    a.kept,
		"POST /prof/annotations/supprimer": a.removeAnnotation,

		"GET /prof/classe/{lesson}/ressource":        a.item,
		"GET /prof/classe/{lesson}/diaporama/{plan}": a.steps,
	} {
		kit.HandleFunc(mux, pattern, h)
	}
	return nil
}

// teacher is the session that the guard let in.
func (a *audience) teacher(r *http.Request) (access.Session, error) { return visitor.Who(a.Access, r) }

// lesson finds the one in the path, with its class.
func (a *audience) lesson(r *http.Request) (timetable.Lesson, directory.Class, error) {
	return visitor.Class(a.Timetable, a.Directory, r)
}
