// Package public is what anybody on the school's network may read: what the
// box does with people's data, in plain words and from the same table that
// deletes it; and how accessible its pages are. It promises that both are one
// link away on every page; it refuses nobody.
package public

import (
	"embed"
	"fmt"
	"log/slog"
	"net/http"

	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/sync/journal"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site   *web.Site
	School string
	Log    *slog.Logger
}

type streamView struct {
	Name, Purpose, Keep, Upstream string
}

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	pages, err := deps.Site.Open(web.Audience{Name: "public", Home: "/", Files: files, Pages: []string{"confidentialite", "accessibilite"}})
	if err != nil {
		return fmt.Errorf("install the public pages: %w", err)
	}
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	kit.HandleFunc(mux, "GET /confidentialite", func(w http.ResponseWriter, r *http.Request) error {
		var rows []streamView
		for _, p := range journal.Streams() {
			rows = append(rows, streamView{string(p.Stream), p.Purpose, kept(pages, r, p.Keep), p.Upstream})
		}
		return pages.Render(w, r, http.StatusOK, "confidentialite", map[string]any{"School": deps.School, "Streams": rows})
	})
	kit.HandleFunc(mux, "GET /accessibilite", func(w http.ResponseWriter, r *http.Request) error {
		return pages.Render(w, r, http.StatusOK, "accessibilite", nil)
	})
	return nil
}

// kept says a term in words.
func kept(pages *web.Pages, r *http.Request, k journal.Retention) string {
	switch {
	case !k.SchoolYear:
		return pages.Say(r, "priv.days", k.Days)
	case k.Months > 0:
		return pages.Say(r, "priv.months", k.Months)
	}
	return pages.Say(r, "priv.year")
}
