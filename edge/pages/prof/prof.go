// Package prof is what teachers see: the day's lessons, the roll in one
// screen, what they prepare and follow. It promises that the roll works without
// JavaScript and that nothing here waits for the line out of the school. It
// refuses everyone who does not teach; the guard of package access does it
// first, by route.
package prof

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/pages/visitor"
	"preau/edge/plan"
	"preau/edge/progress"
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
	Rooms      Rooms
	Plans      *plan.Plans
	Progress   *progress.Progress
	Showing    *showing.Finder
	Clock      preau.Clock
	Zone       *time.Location
	Log        *slog.Logger
}

// audience holds what the handlers share.
type audience struct {
	Deps
	pages *web.Pages
}

// Install adds the routes of teachers, and the door of all adults.
func Install(mux *http.ServeMux, deps Deps) error {
	a := &audience{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{
		Name: "prof", Home: "/prof/", Files: files, Pages: []string{"jour", "appel", "connexion", "plans", "plan", "suivi", "cahier", "cahiers", "reservations"}, Viewer: visitor.Adult(deps.Access),
	})
	if err != nil {
		return fmt.Errorf("install the teachers' pages: %w", err)
	}
	a.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"GET /connexion/adulte":      a.door,
		"POST /connexion/adulte":     a.enter,
		"GET /connexion/technicien":  a.technicianDoor,
		"POST /connexion/technicien": a.technicianEnter,
		"GET /prof/{$}":              a.day,
		"POST /prof/seances":         a.ensureLesson,
		"GET /prof/appel/{lesson}":   a.roll,
		"POST /prof/appel/{lesson}":  a.takeRoll,
		"POST /prof/trancher":        a.settle,
		"POST /prof/badges/{class}":  a.badges,

		"GET /prof/plans":                                 a.plans,
		"POST /prof/plans":                                a.makePlan,
		"GET /prof/plans/{plan}":                          a.plan,
		"POST /prof/plans/{plan}":                         a.changePlan,
		"POST /prof/plans/{plan}/donner":                  a.givePlan,
		"POST /prof/plans/{plan}/retirer":                 a.takePlanBack,
		"GET /prof/plans/{plan}/suivi/{class}":            a.followPlan,
		"POST /prof/plans/{plan}/suivi/{class}":           a.validateStep,
		"GET /prof/plans/{plan}/suivi/{class}/export.csv": a.exportPlan,
		"GET /prof/suivi/{class}":                         a.followClass,

		"GET /prof/cahiers":          a.cahiers,
		"GET /prof/cahier/{lesson}":  a.cahier,
		"POST /prof/cahier/{lesson}": a.writeCahier,
		"GET /prof/agenda.ics":       a.agenda,
		"GET /prof/reservations":     a.reservations,
		"POST /prof/reservations":    a.reserve,

		"GET /prof/suivi/{class}/export.csv": a.exportClass,
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
