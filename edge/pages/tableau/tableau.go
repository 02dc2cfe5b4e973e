// Package tableau is the whiteboard's page, and the scene: an item alone, as
// a class sees it on the board and on every tablet. It promises that no name
// and no score is on the board, that what is read from the back of the room
// is large enough, and that it comes back by itself. It refuses accounts: a
// board is known by its own cookie.
package tableau

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"

	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/media/catalogue"
)

//go:embed i18n tableau scene
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site  *web.Site
	Items interface {
		Item(ctx context.Context, id string, staff bool) (catalogue.Item, error)
	}
	// Packs is where an HTML item's files are on the second origin, up to and
	// with the last slash; empty when it is not served.
	Packs func(r *http.Request, item string) string
	Log   *slog.Logger
}

type audience struct {
	Deps
	pages *web.Pages
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
	kit.HandleFunc(mux, "GET /tableau", func(w http.ResponseWriter, r *http.Request) error {
		return a.pages.Render(w, r, http.StatusOK, "tableau", nil)
	})
	kit.HandleFunc(mux, "GET /scene/{id...}", a.scene)
	return nil
}
