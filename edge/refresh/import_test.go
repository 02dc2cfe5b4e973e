package refresh_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau/edge/box/boxtest"
	"preau/media/courier"
	"preau/sync/budget"
)

// TestImport_TheLineGivesWay: files are on their way over a line that gives
// next to nothing when a stick is plugged in that has them all.
func TestImport_TheLineGivesWay(t *testing.T) {
	dir := t.TempDir()
	public := filepath.Join(dir, "public")
	root := boxtest.Publish(t, filepath.Join(dir, "repo"), public)
	files := http.FileServer(http.Dir(public))
	var stuck atomic.Int32
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/blobs/") {
			stuck.Add(1)
			<-r.Context().Done()
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(origin.Close)
	b := newWorld(t, root, origin.URL, &clock{at: time.Now()}, budget.Words{}, nil)
	until(t, "files on their way", func() bool { return stuck.Load() > 0 })
	stick, err := courier.Open(public)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done, err := b.Import(ctx, stick, nil)
	if err != nil || done.Missing != 0 || done.Files == 0 || !b.whole(t) {
		t.Fatalf("%+v, %v", done, err)
	}
	until(t, "the line's next turn", func() bool { return b.Tries() > 0 })
}
