// Package httpkit is how every HTTP face of the process is built: handlers
// return errors, one table decides the status, a short id stands on the
// screen and in the log, and the server has limits. It promises that the
// cause of an error never reaches the screen and that no wrapper of its hides
// ReadFrom, without which films are copied through the process instead of
// being sent by the kernel. It refuses to log what it returns.
package httpkit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"preau"
)

// Handler answers a request or says why it cannot. After it has begun to
// answer it should return nil, or an error that is only logged.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Problem is an error as its reader sees it. Kind is stable and drives the
// page's words; Text and Remedy are the English detail.
type Problem struct {
	Status int    `json:"-"`
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
	ID     string `json:"id"` // also in the log
}

// Err is the problem as an error again, on the side that was answered.
func (p Problem) Err() error { return preau.E(preau.ParseKind(p.Kind), p.Text, p.Remedy, nil) }

// Kit turns Handlers into http.Handlers.
type Kit struct {
	Log *slog.Logger
	// Page renders a problem for a person; nil writes plain text.
	Page func(w http.ResponseWriter, r *http.Request, p Problem)
}

// Handle adapts h. A panic in h is a problem like another.
func (k *Kit) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := track(w)
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				k.Log.Error("handler panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				k.fail(t, r, preau.E(preau.Internal, "the page broke", "Try again; if it persists, give this id to the technician.", nil))
			}
		}()
		if err := h(t, r); err != nil {
			k.fail(t, r, err)
		}
	})
}

// HandleFunc registers h under pattern, with the method in it.
func (k *Kit) HandleFunc(mux *http.ServeMux, pattern string, h Handler) {
	mux.Handle(pattern, k.Handle(h))
}

func (k *Kit) fail(t *tracker, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader left; there is nobody to tell
	}
	p := problem(err)
	level := slog.LevelInfo
	if p.Status >= 500 {
		level = slog.LevelError
	}
	k.Log.Log(r.Context(), level, "request failed", "id", p.ID, "status", p.Status, "method", r.Method, "path", r.URL.Path, "err", err)
	if t.wrote {
		return
	}
	t.Header().Set("Cache-Control", "no-store")
	for _, h := range []string{"Content-Encoding", "Content-Length", "ETag", "Last-Modified"} {
		t.Header().Del(h) // they described the answer that failed
	}
	switch {
	case wantsJSON(r):
		WriteProblem(t, p)
	case k.Page != nil:
		k.Page(t, r, p)
	default:
		http.Error(t, p.Text+"\n"+p.Remedy, p.Status)
	}
}

// WriteProblem writes p as the API does: {"error":{…}}.
func WriteProblem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(map[string]Problem{"error": p}) // the reader may be gone
}

func problem(err error) Problem {
	kind := preau.KindOf(err)
	p := Problem{Status: Status(kind), Kind: kind.String(), ID: ShortID(), Remedy: preau.RemedyOf(err)}
	if e, ok := errors.AsType[*preau.Error](err); ok {
		p.Text = e.Text
	} else if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok && tooBig != nil {
		p.Status, p.Kind, p.Text = http.StatusRequestEntityTooLarge, preau.TooLarge.String(), "the request is too large"
	} else {
		p.Text = "something went wrong on the box"
	}
	return p
}

// Status is the one table from kinds to HTTP statuses.
func Status(k preau.Kind) int {
	switch k {
	case preau.Invalid:
		return http.StatusBadRequest
	case preau.Unauthorized:
		return http.StatusUnauthorized
	case preau.Forbidden:
		return http.StatusForbidden
	case preau.NotFound:
		return http.StatusNotFound
	case preau.Conflict:
		return http.StatusConflict
	case preau.TooLarge:
		return http.StatusRequestEntityTooLarge
	case preau.RateLimited:
		return http.StatusTooManyRequests
	case preau.Full:
		return http.StatusInsufficientStorage
	case preau.Unavailable, preau.Busy:
		return http.StatusServiceUnavailable
	case preau.Expired:
		return http.StatusGone
	}
	return http.StatusInternalServerError
}

// ShortID makes six characters that nobody misreads aloud.
func ShortID() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	var b [6]byte
	_, _ = rand.Read(b[:]) // cannot fail
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:])
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/xapi/") ||
		strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}
