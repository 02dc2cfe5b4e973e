// Package eleve is what pupils see: who they are, where they were, what there
// is, and the players. It promises complete pages without JavaScript, one tap
// from the home to the second where a film was left, and plain words at every
// fault. It refuses to know how anything is stored: it asks the catalogue,
// the directory, progress and access, and shows what they say.
//
// Anybody on the school's network may browse; only a pupil's own work is kept.
package eleve

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
	"preau/edge/pages/visitor"
	"preau/edge/progress"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/media/catalogue"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Catalogue is what the pages ask of a *catalogue.Catalogue.
type Catalogue interface {
	Item(ctx context.Context, id string, staff bool) (catalogue.Item, error)
	Items(ctx context.Context, q catalogue.Query) (catalogue.Page, error)
	Members(ctx context.Context, collection string, staff bool) ([]catalogue.Item, error)
	Tree(ctx context.Context, lang string, staff bool) ([]catalogue.Node, error)
	Label(uri, lang string) string
}

// Progress is what they ask of a *progress.Progress.
type Progress interface {
	Of(ctx context.Context, pid, item string) (progress.Entry, error)
	Resume(ctx context.Context, pid string, limit int) ([]progress.Entry, error)
	Done(ctx context.Context, pid string, limit int) ([]progress.Entry, error)
	Since(ctx context.Context, pid string, since time.Time, limit int) ([]progress.Entry, error)
	Days(ctx context.Context, pid string, from, to time.Time) ([]progress.Day, error)
}

// Access is what they ask of an *access.Access.
type Access interface {
	Session(r *http.Request) (access.Session, bool)
	SignInPupil(w http.ResponseWriter, r *http.Request, pid, code string) (access.Session, error)
	SignInBadge(w http.ResponseWriter, r *http.Request, text string) (access.Session, error)
	Switch(w http.ResponseWriter, r *http.Request) (class string, err error)
}

// Directory is what they ask of a *directory.Directory.
type Directory interface {
	Classes(ctx context.Context) ([]directory.Class, error)
	Class(ctx context.Context, id string) (directory.Class, error)
	ClassesOf(ctx context.Context, pid string) ([]directory.Class, error)
	Pupils(ctx context.Context, class string) ([]directory.Person, error)
	Person(ctx context.Context, pid string) (directory.Person, error)
}

// Deps are what the box lends.
type Deps struct {
	Site      *web.Site
	Catalogue Catalogue
	Progress  Progress
	Access    Access
	Directory Directory
	Plans     Plans
	Cahier    Cahier
	Clock     preau.Clock
	Zone      *time.Location
	// Packs is where the files of an HTML item are on the second origin, up
	// to and with the last slash; empty when that origin is not served.
	Packs func(r *http.Request, item string) string
	// Text reads a small text blob, at most limit bytes of it.
	Text func(ctx context.Context, sha256 string, limit int64) ([]byte, error)
	// Courses lists the cmi5 courses that a person has.
	Courses func(ctx context.Context, pid string, classes []string) ([]string, error)
	Log     *slog.Logger
}

// pupils holds what the handlers share.
type pupils struct {
	Deps
	pages    *web.Pages
	domaines domaineIndex
}

// Install adds the routes of pupils, and the door of the box.
func Install(mux *http.ServeMux, deps Deps) error {
	p := &pupils{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{
		Name: "eleve", Home: "/", Files: files, Viewer: visitor.Pupil(deps.Access),
		Pages: []string{"classes", "noms", "code", "accueil", "explorer", "recherche", "film", "lecture", "exercice", "collection", "plan", "selection", "bilan", "cahier", "badge"},
	})
	if err != nil {
		return fmt.Errorf("install the pupils' pages: %w", err)
	}
	p.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"GET /{$}":                                        p.door,
		"GET /connexion":                                  p.classes,
		"GET /connexion/classe/{class}":                   p.names,
		"GET /connexion/classe/{class}/{pupil}":           p.code,
		"POST /connexion/classe/{class}/{pupil}":          p.signIn,
		"GET /connexion/badge":                            p.badge,
		"POST /connexion/badge":                           p.signInBadge,
		"POST /deconnexion":                               p.signOut,
		"GET /eleve/{$}":                                  p.home,
		"GET /eleve/explorer":                             p.explore,
		"GET /eleve/explorer/{domaine}":                   p.explore,
		"GET /eleve/explorer/{domaine}/{niveau}":          p.explore,
		"GET /eleve/explorer/{domaine}/{niveau}/{notion}": p.explore,
		"GET /eleve/recherche":                            p.search,
		"GET /eleve/ressource/{id...}":                    p.item,
		"GET /eleve/plan/{plan}":                          p.plan,
		"GET /eleve/selection":                            p.selection,
		"POST /eleve/selection":                           p.keep,
		"GET /eleve/bilan":                                p.bilan,
		"GET /eleve/cahier":                               p.cahier,
	} {
		kit.HandleFunc(mux, pattern, h)
	}
	return nil
}

// pupil is who signed in, if a pupil did: only their work is looked up.
func (p *pupils) pupil(r *http.Request) (access.Session, bool) {
	s, ok := p.Access.Session(r)
	return s, ok && s.Role == access.Pupil
}

// staff reports whether the reader may see what is for staff.
func (p *pupils) staff(r *http.Request) bool {
	s, ok := p.Access.Session(r)
	return ok && s.Role != access.Pupil && s.Role != access.Board
}
