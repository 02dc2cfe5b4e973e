package boxtest

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/media/catalogue/publisher"
)

// TestRollback_InOneCommandAndByTheButton: a new version drops a film that
// lessons need. The technician goes back by one command, then to and fro by
// the page's button; a film goes on being served throughout, by a restart too.
func TestRollback_InOneCommandAndByTheButton(t *testing.T) {
	t.Parallel()
	b := NewBorne(t)
	b.Start()
	caughtUp(t, b)
	film := func() bool {
		t.Helper()
		resp, text, err := NewVisitor(t, b).Do(t.Context(), http.MethodGet, "/api/v1/items?kind=video", "", nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("items: %v, %v", resp, err)
		}
		return bytes.Contains(text, []byte("lf-adjectif-2"))
	}
	r, err := publisher.Open(t.Context(), b.Repo)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Stock().Remove(t.Context(), []string{"ark:/99999/lf-adjectif-2"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Sign(t.Context(), publisher.SignOptions{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Publish(t.Context(), b.Origin.Dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	preau := func(args ...string) string {
		t.Helper()
		bin, err := Binary()
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bin, append(args, "--data", b.Data)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	preau("refresh")
	until := func(there bool) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); film() != there; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the film is never there=%v", there)
			}
		}
	}
	until(false)
	t.Log(preau("content", "rollback", "--yes"))
	until(true)
	preau("refresh") // the same version does not come back by itself
	if !film() {
		t.Fatal("a refresh undid the rollback")
	}
	b.Kill()
	b.Start()
	until(true)

	page := NewBrowser(t).NewPage("technician", 1280, 900)
	page.Open(b.URL() + "/connexion/technicien")
	page.Type("#phrase", account(t, b, directory.Technician, 0).Secret)
	page.Click("form .primary")
	page.WaitFor(`location.pathname === "/technicien/"`, 20*time.Second)
	const form = `form[action="/technicien/contenus/retour"]`
	for _, there := range []bool{false, true} {
		page.Open(b.URL() + "/technicien/")
		bothClean(t, page, "the technician's page with a way back")
		speak(page, "fr")
		page.Click("[aria-labelledby=contenus] summary")
		clean(t, page, "the way back, open")
		if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
			page.Shot(filepath.Join(dir, "technicien-contenus-1280.png"), true)
		}
		page.Click(form + " [name=sur]")
		page.Click(form + " button")
		page.WaitFor(`location.hash === "#contenus"`, 10*time.Second)
		until(there)
	}
}
