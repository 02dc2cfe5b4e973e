// Package direction is what vie scolaire and the head of the school see: the
// day as it is (rolls done and missing, who is not there, what nobody has
// decided), each pupil's absences with their reasons, and the register as a
// document. It promises complete pages without JavaScript, that a change made
// anywhere in the school shows here within two seconds, and that a reason is
// never more than a category.
//
// It refuses everyone else; the guard of package access does it first.
package direction

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/attendance/report"
	"preau/edge/directory"
	"preau/edge/pages/visitor"
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
	Clock      preau.Clock
	Zone       *time.Location
	Signer     report.Signer // zero: the box has no certificate yet
	Log        *slog.Logger
}

// office holds what the handlers share.
type office struct {
	Deps
	pages *web.Pages
}

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	o := &office{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{
		Name: "direction", Home: "/direction/", Files: files, Pages: []string{"jour", "eleve", "appel", "registre", "seances", "lieux"}, Viewer: visitor.Adult(deps.Access),
	})
	if err != nil {
		return fmt.Errorf("install the office's pages: %w", err)
	}
	o.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"GET /direction/{$}":              o.day,
		"GET /direction/version":          o.version,
		"POST /direction/justifier":       o.justify,
		"POST /direction/trancher":        o.settle,
		"GET /direction/eleve/{pupil}":    o.pupil,
		"GET /direction/appel/{lesson}":   o.roll,
		"POST /direction/appel/{lesson}":  o.correct,
		"GET /direction/registre":         o.registers,
		"GET /direction/seances":          o.lessons,
		"POST /direction/seances":         o.changeLesson,
		"GET /direction/lieux":            o.places,
		"POST /direction/lieux":           o.changePlaces,
		"GET /direction/registre/{class}": o.register,
	} {
		kit.HandleFunc(mux, pattern, h)
	}
	return nil
}

// who is the session that the guard let in.
func (o *office) who(r *http.Request) (access.Session, error) { return visitor.Who(o.Access, r) }

func (o *office) now() time.Time { return o.Clock.Now().In(o.Zone) }

// version tells the page's script whether anything is new.
func (o *office) version(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(strconv.FormatUint(o.Attendance.Version(), 10)))
	return err
}

// form reads a posted form, bounded.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	if err := r.ParseForm(); err != nil {
		return preau.E(preau.Invalid, "the form cannot be read", "Reload the page and try again.", err)
	}
	return nil
}

// back returns to the page that the form was on.
func back(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalPath(r.PostFormValue("from"))
	if next == "" || next == "/" {
		next = "/direction/"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// names finds people once a page.
type names struct {
	o     *office
	r     *http.Request
	known map[string]directory.Person
	class map[string]string
}

func (o *office) names(r *http.Request) *names {
	return &names{o, r, map[string]directory.Person{}, map[string]string{}}
}

// of is how a person is called here; somebody erased has no name any more.
func (n *names) of(pid string) string {
	p, ok := n.known[pid]
	if !ok {
		var err error
		if p, err = n.o.Directory.Person(n.r.Context(), pid); err != nil {
			p = directory.Person{Given: n.o.pages.Say(n.r, "jour.gone")}
		}
		n.known[pid] = p
	}
	if p.Is(directory.Pupil) || p.Title == "" {
		return p.Name()
	}
	return p.Formal()
}

func (n *names) classOf(id string) string {
	if name, ok := n.class[id]; ok {
		return name
	}
	name := ""
	if c, err := n.o.Directory.Class(n.r.Context(), id); err == nil {
		name = c.Name
	}
	n.class[id] = name
	return name
}
