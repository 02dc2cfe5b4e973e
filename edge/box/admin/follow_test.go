package admin_test

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"preau"
	"preau/edge/box/admin"
	"preau/internal/httpkit"
)

// long is a handler that tells of three steps and ends as asked.
func long() http.Handler {
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "POST /admin/long", func(w http.ResponseWriter, r *http.Request) error {
		var end string
		if err := httpkit.ReadJSON(w, r, 1<<10, &end); err != nil {
			return err
		}
		return httpkit.Follow(w, func(tell func(preau.Progress)) (any, error) {
			if end == "early" {
				return nil, preau.E(preau.NotFound, "no stick", "Plug one in.", nil)
			}
			for i := range 3 {
				tell(preau.Progress{Files: 3, FilesDone: i + 1, Bytes: 300, BytesDone: int64(i+1) * 100, Rate: 50})
			}
			if end == "late" {
				return nil, preau.E(preau.Full, "the stick is full", "Take a larger one.", errors.New("ENOSPC"))
			}
			return map[string]int{"files": 3}, nil
		})
	})
	return mux
}

// TestFollow_TheSameOverTheSocketAndInProcess: progress, result, and errors
// before and after the first step.
func TestFollow_TheSameOverTheSocketAndInProcess(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	ln, err := admin.Listen(data)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: long(), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(ln) }()
	t.Cleanup(func() { srv.Close(); <-done })
	over, err := admin.Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*admin.Client{"socket": over, "in process": admin.Within(long(), func() {})} {
		var steps []preau.Progress
		var out struct{ Files int }
		tell := func(p preau.Progress) { steps = append(steps, p) }
		if err := c.Follow(t.Context(), "/admin/long", "well", &out, tell); err != nil || out.Files != 3 || len(steps) != 3 || steps[0].ETA != 4 {
			t.Errorf("%s: %+v, %+v, %v", name, out, steps, err)
		}
		if err := c.Follow(t.Context(), "/admin/long", "early", &out, tell); preau.KindOf(err) != preau.NotFound || preau.RemedyOf(err) == "" {
			t.Errorf("%s: refused before the first step: %v", name, err)
		}
		if err := c.Follow(t.Context(), "/admin/long", "late", &out, tell); preau.KindOf(err) != preau.Full || preau.RemedyOf(err) == "" {
			t.Errorf("%s: ended by an error: %v", name, err)
		}
		c.Close()
	}
}
