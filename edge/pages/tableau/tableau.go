// Package tableau is the whiteboard's page, and the scene: an item alone, as
// a class sees it on the board and on every tablet. It promises that no name
// and no score is on the board, that what is read from the back of the room
// is large enough, and that it comes back by itself. A board that the school
// remembers by its place says which lesson comes there, and is taken by that
// lesson's teacher without a code. It refuses accounts: a board is known by its
// own cookie.
package tableau

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/live/pairing"
	"preau/edge/timetable"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/media/catalogue"
	"preau/media/catalogue/holding"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site  *web.Site
	Items interface {
		Item(ctx context.Context, id string, staff bool) (catalogue.Item, error)
		HTMLPages(ctx context.Context, it *catalogue.Item) ([]holding.HTMLPage, error)
	}
	// Packs is where an HTML item's files are on the second origin, up to and
	// with the last slash; empty when it is not served.
	Packs  func(r *http.Request, item string) string
	Boards *pairing.Pairing
	Rooms  interface {
		Teaches(room, person string) bool
	}
	Timetable *timetable.Timetable
	Directory *directory.Directory
	Clock     preau.Clock
	Zone      *time.Location
	Log       *slog.Logger
}

type audience struct {
	Deps
	pages *web.Pages
	build string
}

// Install adds the board's routes.
func Install(mux *http.ServeMux, deps Deps) error {
	a := &audience{Deps: deps}
	var err error
	a.pages, err = deps.Site.Open(web.Audience{Name: "tableau", Home: "/tableau", Files: files, Pages: []string{"tableau", "scene"}, Bare: true})
	if err != nil {
		return fmt.Errorf("install the board's pages: %w", err)
	}
	kit := &httpkit.Kit{Log: deps.Log, Page: a.pages.Problem}
	a.build = a.pages.Build()
	kit.HandleFunc(mux, "GET /tableau", a.page)
	kit.HandleFunc(mux, "GET /tableau/etat", a.state)
	kit.HandleFunc(mux, "GET /live/boards", a.boards)
	kit.HandleFunc(mux, "POST /live/take", a.take)
	kit.HandleFunc(mux, "GET /scene/{id...}", a.scene)
	return nil
}
