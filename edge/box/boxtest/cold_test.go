package boxtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// TestCold_AFilmIsSeenBeforeItIsHere opens a film on a box that has just
// begun to fill over a thin line: the page offers it, its end is served before
// the film is whole, and what the box then holds is the film.
func TestCold_AFilmIsSeenBeforeItIsHere(t *testing.T) {
	b := NewBorne(t)
	b.Origin.Slow.Store(int64(100 * time.Millisecond)) // 320 KiB/s each
	b.Start()
	v := NewVisitor(t, b)
	if err := v.SignIn(t.Context(), account(t, b, directory.Pupil, 0)); err != nil {
		t.Fatal(err)
	}
	var film catalogue.Item
	until(t, "no film is offered while it comes", func() bool {
		var page struct{ Items []catalogue.Item }
		_, text, err := v.Do(t.Context(), http.MethodGet, "/api/v1/items?kind=video&limit=100", "", nil)
		if err != nil || json.Unmarshal(text, &page) != nil {
			return false
		}
		for _, it := range page.Items {
			if it.Coming {
				film = it
				return true
			}
		}
		return false
	})
	main, _ := film.Asset(notice.RoleMain, "")
	_, page, err := v.Do(t.Context(), http.MethodGet, "/eleve/ressource/"+film.ID, "", nil)
	if err != nil || !bytes.Contains(page, []byte("/blobs/"+main.SHA256)) {
		t.Errorf("its page does not play it: %v\n%.2000s", err, page)
	}
	want, err := os.ReadFile(filepath.Join(b.Origin.Dir, "blobs", main.SHA256[:2], main.SHA256))
	if err != nil {
		t.Fatal(err)
	}
	held := filepath.Join(b.Data, "content", "blobs", main.SHA256[:2], main.SHA256)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL()+"/blobs/"+main.SHA256, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes="+strconv.Itoa(len(want)-1000)+"-")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want[len(want)-1000:]) {
		t.Fatalf("its end: %s, %d bytes, %v", resp.Status, len(got), err)
	}
	if _, err := os.Stat(held); err == nil {
		t.Log("the film was whole before its end was served: a fast line")
	}
	b.Origin.Slow.Store(0)
	until(t, "the film does not become whole", func() bool {
		b, err := os.ReadFile(held)
		return err == nil && bytes.Equal(b, want)
	})
}

// until waits for what must come true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}
