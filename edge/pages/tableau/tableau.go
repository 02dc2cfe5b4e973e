// Package tableau is the whiteboard's page: a code and the hour while it
// waits, the item alone while a class uses it. It promises that no name and
// no score is on it, that everything read from the back of the room is large
// enough, and that it comes back by itself. It refuses accounts: a board is
// known by its own cookie.
package tableau

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"

	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n tableau
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site *web.Site
	Log  *slog.Logger
}

// Install adds the board's route.
func Install(mux *http.ServeMux, deps Deps) error {
	pages, err := deps.Site.Open(web.Audience{Name: "tableau", Home: "/tableau", Files: files, Pages: []string{"tableau"}, Bare: true})
	if err != nil {
		return fmt.Errorf("install the board's page: %w", err)
	}
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	kit.HandleFunc(mux, "GET /tableau", func(w http.ResponseWriter, r *http.Request) error {
		return pages.Render(w, r, http.StatusOK, "tableau", nil)
	})
	return nil
}
