package box

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"preau"
	"preau/edge/box/admin"
	"preau/internal/httpkit"
)

// administered is a part of the box that commands reach.
type administered interface {
	InstallAdmin(handle func(pattern string, h httpkit.Handler))
}

// adminParts are the parts that have commands.
func (b *Box) adminParts() []administered {
	return []administered{b.rosters(), b.lrs, b.privacy, b.courses, b.content, b.supply}
}

// adminHandler is the door for commands: no session, no network, so no guard.
func (b *Box) adminHandler() http.Handler {
	kit := &httpkit.Kit{Log: b.opts.Log}
	mux := http.NewServeMux()
	for _, part := range b.adminParts() {
		part.InstallAdmin(func(pattern string, h httpkit.Handler) { kit.HandleFunc(mux, pattern, h) })
	}
	kit.HandleFunc(mux, "GET /admin/ping", func(w http.ResponseWriter, _ *http.Request) error {
		return httpkit.WriteJSON(w, http.StatusOK, map[string]string{"version": b.opts.Version})
	})
	kit.HandleFunc(mux, "/", func(http.ResponseWriter, *http.Request) error {
		return preau.E(preau.NotFound, "this box does not know the command", "Update it, or use the command of its own release.", nil)
	})
	return mux
}

// serveAdmin answers commands until ctx ends.
func (b *Box) serveAdmin(ln net.Listener) func(context.Context) error {
	srv := httpkit.NewServer(b.adminHandler(), b.opts.Log)
	return func(ctx context.Context) error { return httpkit.Serve(ctx, srv, ln, drain) }
}

// Admin gives a command the box of data: the one that runs, or, when none
// does, one opened for as long as the client.
func Admin(ctx context.Context, data string) (*admin.Client, error) {
	if c, err := admin.Dial(ctx, data); err == nil {
		return c, nil
	}
	if !exists(data) {
		return nil, preau.E(preau.NotFound, "there is no box in "+data, "Give its data folder with --data.", nil)
	}
	b, err := Open(ctx, Options{Data: data, Log: discard()})
	if err != nil {
		return nil, fmt.Errorf("open the box for one command: %w", err)
	}
	return admin.Within(b.adminHandler(), b.Close), nil
}
