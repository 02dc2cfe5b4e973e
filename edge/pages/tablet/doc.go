// Package tablet is what a pupil's tablet keeps, so that it works without the
// box: the service worker, the home screen's manifest, and the list of pages
// and files that are this pupil's to keep. It promises that the list holds
// what was given to this pupil and what they began, nearest first, with its
// size; that it fits a bound; and that it is nobody else's. It refuses to list
// what is for staff, what is not whole on the box, and what runs on the second
// origin.
package tablet

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/plan"
	"preau/edge/progress"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/media/catalogue"
)

//go:embed i18n away
var files embed.FS

// bare is what is left to show when the browser dropped every page that it
// kept and the box is away: it needs nothing else.
//
//go:embed bare.html
var bare string

// Access is what the package asks of an *access.Access.
type Access interface {
	Session(r *http.Request) (access.Session, bool)
}

// Directory is what it asks of a *directory.Directory.
type Directory interface {
	ClassesOf(ctx context.Context, pid string) ([]directory.Class, error)
}

// Plans is what it asks of a *plan.Plans.
type Plans interface {
	For(ctx context.Context, pid string, classes []string, now time.Time) ([]plan.Assigned, error)
	Of(ctx context.Context, pl plan.Plan, pid string) (plan.State, error)
}

// Progress is what it asks of a *progress.Progress.
type Progress interface {
	Resume(ctx context.Context, pid string, limit int) ([]progress.Entry, error)
}

// Catalogue is what it asks of a *catalogue.Catalogue.
type Catalogue interface {
	Item(ctx context.Context, id string, staff bool) (catalogue.Item, error)
}

// Deps are what the box lends.
type Deps struct {
	Site      *web.Site
	Access    Access
	Directory Directory
	Plans     Plans
	Progress  Progress
	Catalogue Catalogue
	Clock     preau.Clock
	Log       *slog.Logger
}

// shelf answers what is to be kept.
type shelf struct {
	Deps
	pages *web.Pages
}

// Install adds the routes. What anybody may ask for lies under /assets/.
func Install(mux *http.ServeMux, deps Deps) error {
	// The page is a pupil's in looks, and nobody's: it is shown to whoever
	// holds the tablet.
	pages, err := deps.Site.Open(web.Audience{Name: "eleve", Home: "/eleve/", Files: files, Pages: []string{"away"}})
	if err != nil {
		return fmt.Errorf("install what tablets keep: %w", err)
	}
	s := &shelf{deps, pages}
	worker, err := deps.Site.Worker("eleve", bare)
	if err != nil {
		return fmt.Errorf("install the worker: %w", err)
	}
	manifest, err := deps.Site.Manifest()
	if err != nil {
		return fmt.Errorf("install the manifest: %w", err)
	}
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	mux.Handle("GET /assets/worker.js", worker)
	mux.Handle("GET /assets/preau.webmanifest", manifest)
	kit.HandleFunc(mux, "GET /eleve/tablette", s.list)
	kit.HandleFunc(mux, "GET /eleve/hors-ligne", s.away)
	return nil
}

// away is what the worker shows for a page that it does not have.
func (s *shelf) away(w http.ResponseWriter, r *http.Request) error {
	return s.pages.Render(w, r, http.StatusOK, "away", nil)
}
