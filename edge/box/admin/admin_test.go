package admin_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/box/admin"
	"preau/internal/httpkit"
)

func handlers() http.Handler {
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "POST /admin/sum", func(w http.ResponseWriter, r *http.Request) error {
		var in []int
		if err := httpkit.ReadJSON(w, r, 1<<10, &in); err != nil {
			return err
		}
		total := 0
		for _, n := range in {
			total += n
		}
		return httpkit.WriteJSON(w, http.StatusOK, total)
	})
	kit.HandleFunc(mux, "POST /admin/size", func(w http.ResponseWriter, r *http.Request) error {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, n)
	})
	kit.HandleFunc(mux, "GET /admin/paper", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write(bytes.Repeat([]byte("x"), 1<<20))
		return err
	})
	kit.HandleFunc(mux, "GET /admin/no", func(http.ResponseWriter, *http.Request) error {
		return preau.E(preau.Conflict, "it is already there", "Take another name.", nil)
	})
	return mux
}

// TestClient_SameBothWays walks one conversation over the socket of a folder
// deeper than a socket's name may be, and in process.
func TestClient_SameBothWays(t *testing.T) {
	data := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Dial(t.Context(), data); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("nobody runs, and Dial says %v", err)
	}
	for range 2 { // the second finds what the first, as if killed, left
		ln, err := admin.Listen(data)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(data, "admin.sock"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the socket is %v, %v: others may speak", info, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- httpkit.Serve(ctx, httpkit.NewServer(handlers(), slog.New(slog.DiscardHandler)), ln, time.Second)
		}()
		c, err := admin.Dial(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		converse(t, c)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	isEnded := false
	converse(t, admin.Within(handlers(), func() { isEnded = true }))
	if !isEnded {
		t.Error("the box opened for the command stays open")
	}
}

func converse(t *testing.T, c *admin.Client) {
	t.Helper()
	defer c.Close()
	var n int
	if err := c.Do(t.Context(), http.MethodPost, "/admin/sum", []int{1, 2, 3}, &n); err != nil || n != 6 {
		t.Errorf("sum: %d, %v", n, err)
	}
	if err := c.Upload(t.Context(), "/admin/size", strings.NewReader(strings.Repeat("y", 3<<20)), &n); err != nil || n != 3<<20 {
		t.Errorf("upload: %d, %v", n, err)
	}
	var paper bytes.Buffer
	if err := c.Download(t.Context(), "/admin/paper", &paper); err != nil || paper.Len() != 1<<20 {
		t.Errorf("download: %d bytes, %v", paper.Len(), err)
	}
	err := c.Do(t.Context(), http.MethodGet, "/admin/no", nil, nil)
	if preau.KindOf(err) != preau.Conflict || preau.RemedyOf(err) != "Take another name." {
		t.Errorf("a refusal came back as %v", err)
	}
}
