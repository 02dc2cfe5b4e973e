// Package console is the collectivité's newspaper: its boxes on one page,
// read from the store alone. It promises that every figure comes from signed
// deliveries, that a missing or altered one is named, and that no cell speaks
// of fewer than five persons. It refuses names: there are none in the store.
package console

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"preau"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/sync/lake"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Options are what a console needs.
type Options struct {
	Lake   *lake.Lake
	Site   *web.Site
	Clock  preau.Clock
	Zone   *time.Location
	Every  time.Duration // between editions
	Log    *slog.Logger
	Footer string // the store's address, as the page shows it
}

// Console prints editions and shows the newest.
type Console struct {
	opts   Options
	pages  *web.Pages
	newest atomic.Pointer[Edition]
}

// New opens the pages; Serve prints.
func New(opts Options) (*Console, error) {
	pages, err := opts.Site.Open(web.Audience{Name: "console", Files: files, Pages: []string{"une"}})
	if err != nil {
		return nil, fmt.Errorf("open the console: %w", err)
	}
	return &Console{opts: opts, pages: pages}, nil
}

// Install adds the console's routes.
func (c *Console) Install(mux *http.ServeMux) {
	kit := &httpkit.Kit{Log: c.opts.Log, Page: c.pages.Problem}
	kit.HandleFunc(mux, "GET /{$}", c.front)
	kit.HandleFunc(mux, "GET /api/v1/edition", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		return httpkit.WriteJSON(w, http.StatusOK, c.Newest())
	})
	kit.HandleFunc(mux, "GET /healthz", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte("ok\n"))
		return err
	})
}

// Newest is the last edition printed, or one that says that none is yet.
func (c *Console) Newest() *Edition {
	if e := c.newest.Load(); e != nil {
		return e
	}
	return &Edition{Waiting: true}
}

// Serve prints an edition now and every so often until ctx ends. A store that
// cannot be read is said on the page, beside the last edition.
func (c *Console) Serve(ctx context.Context) error {
	tick := time.NewTicker(c.opts.Every)
	defer tick.Stop()
	for {
		e, err := c.print(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			c.opts.Log.Warn("store not read", "err", err)
			last := *c.Newest()
			last.Unreadable = true
			c.newest.Store(&last)
		default:
			c.newest.Store(e)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
