package boxtest

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau/edge/directory"
)

// TestAnswerKey_IsForStaff asks for an exam's answer key as nobody, as a pupil
// and as a teacher; and for the metrics and a teacher's page as nobody.
func TestAnswerKey_IsForStaff(t *testing.T) {
	w := NewWorld(t)
	b := NewBrowser(t)
	key, err := os.ReadFile(filepath.Join(Repository(), "media", "sample", "items", "sujet-grammaire-dnb", "corrige.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/blobs/%x", sha256.Sum256(key))
	resp, err := http.Get(w.Box + path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody gets %s", resp.Status)
	}
	pupil, teacher := b.NewPage("pupil", 1024, 768), b.NewPage("teacher", 1024, 768)
	w.SignIn(pupil, w.Account(directory.Pupil, "6eA", 4))
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	ask := fmt.Sprintf(`fetch(%s).then(r => r.status + " " + r.headers.get("Cache-Control"))`, quote(path))
	if got := Eval[string](pupil, ask); !strings.HasPrefix(got, "403") {
		t.Errorf("a pupil gets %s", got)
	}
	if got := Eval[string](teacher, ask); !strings.HasPrefix(got, "200") || strings.Contains(got, "public") {
		t.Errorf("a teacher gets %q; the next pupil's cache must not", got)
	}
	if got := Eval[int](pupil, `fetch("/prof/", {redirect: "manual"}).then(r => r.status)`); got != http.StatusForbidden {
		t.Errorf("a pupil at the teachers' door gets %d", got)
	}
}
