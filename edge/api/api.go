// Package api is the box's JSON face: what the pages' scripts and the
// school's own tools call. It promises that every route it installs is in
// openapi.json and the other way round, that bodies are bounded and decoded
// strictly, that who acts is the session and never the body, that a request
// sent twice does once, and that work kept for one person is never taken for
// another's. It refuses cross-origin writes: bodies must
// say application/json, which no foreign form can, and the box checks the
// origin of all writes besides.
package api

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/progress"
	"preau/edge/timetable"
	"preau/internal/httpkit"
	"preau/media/catalogue"
)

//go:embed openapi.json
var openapi []byte

// Catalogue is what the API asks of the catalogue.
type Catalogue interface {
	Items(ctx context.Context, q catalogue.Query) (catalogue.Page, error)
	Item(ctx context.Context, id string, staff bool) (catalogue.Item, error)
}

// Status is what anybody on the school's network may know of the box.
type Status struct {
	School    string    `json:"school"`
	UAI       preau.UAI `json:"uai"`
	Version   string    `json:"version"`
	Time      time.Time `json:"time"`
	Clock     string    `json:"clock"`   // synced, held or unsure
	Online    bool      `json:"online"`  // the line out of the school works
	Waiting   int64     `json:"waiting"` // records not yet delivered
	Catalogue struct {
		Version int64 `json:"version"`
		Whole   bool  `json:"whole"` // all that it promises is here
	} `json:"catalogue"`
}

// Deps are what the box lends.
type Deps struct {
	Kit        *httpkit.Kit
	Clock      preau.Clock
	Access     *access.Access
	Directory  *directory.Directory
	Timetable  *timetable.Timetable
	Attendance *attendance.Attendance
	Progress   *progress.Progress
	Catalogue  Catalogue
	Status     func(ctx context.Context) (Status, error)
}

// api holds what the handlers share.
type api struct {
	Deps
	pace *pace
}

type route struct {
	pattern string
	handler httpkit.Handler
}

// Install adds the routes. Who may call them is in access.Rules; the writing
// ones check it again. It refuses to start with a part missing: a nil one
// would only show at the first request.
func Install(mux *http.ServeMux, deps Deps) error {
	if deps.Kit == nil || deps.Clock == nil || deps.Access == nil || deps.Directory == nil || deps.Timetable == nil ||
		deps.Attendance == nil || deps.Progress == nil || deps.Catalogue == nil || deps.Status == nil {
		return preau.E(preau.Internal, "the API lacks a part of the box", "", nil)
	}
	for _, r := range routes(deps) {
		deps.Kit.HandleFunc(mux, r.pattern, r.handler)
	}
	return nil
}

func routes(deps Deps) []route {
	a := &api{Deps: deps, pace: newPace()}
	pupil := deps.Access.Require(access.Pupil)
	teaching := deps.Access.Require(access.Teacher, access.Principal)
	return []route{
		{"GET /api/v1/openapi.json", a.document},
		{"GET /api/v1/status", a.status},
		{"GET /api/v1/session", a.session},
		{"GET /api/v1/items", a.items},
		{"GET /api/v1/items/{id...}", a.item},
		{"POST /api/v1/progress", pupil(a.own(a.paced(a.progress)))},
		{"POST /api/v1/launches", pupil(a.own(a.paced(a.launch)))},
		{"POST /api/v1/results", pupil(a.own(a.paced(a.result)))},
		{"POST /api/v1/registers", teaching(a.own(a.register))},
		{"POST /api/v1/registers/{id}/reopen", teaching(a.own(a.reopen))},
	}
}

func (a *api) document(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := w.Write(openapi)
	return err
}

func (a *api) status(w http.ResponseWriter, r *http.Request) error {
	s, err := a.Status(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.WriteJSON(w, http.StatusOK, s)
}

// session says who the browser is; role is empty when it is nobody. A script
// must not need an error to learn that.
func (a *api) session(w http.ResponseWriter, r *http.Request) error {
	s, _ := a.Access.Session(r)
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.WriteJSON(w, http.StatusOK, map[string]string{"id": s.ID, "role": string(s.Role), "name": s.Name, "person": s.Person, "group": s.Group})
}

// own refuses what a tablet kept of one person and sends with the session of
// another: it may have changed hands meanwhile.
func (a *api) own(h httpkit.Handler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, _ := a.Access.Session(r)
		if whose := r.Header.Get("Preau-For"); whose != "" && whose != s.Person {
			return preau.E(preau.Forbidden, "somebody else is signed in on this tablet", "It keeps this until its own person is back.", nil)
		}
		return h(w, r)
	}
}

// staff reports whether the reader may see what is for staff.
func (a *api) staff(r *http.Request) bool {
	s, ok := a.Access.Session(r)
	return ok && (s.Role == access.Teacher || s.Role == access.Principal)
}

// who is the pupil that Require let in.
func (a *api) who(r *http.Request) progress.Who {
	s, _ := a.Access.Session(r)
	return progress.Who{Person: s.Person, Group: s.Group}
}
