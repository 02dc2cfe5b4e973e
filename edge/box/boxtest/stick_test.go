package boxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"preau/edge/directory"
)

// mountStick mounts a small file system where sticks are, as the system does
// when one is plugged in.
func mountStick(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		Must(t, "mounting a stick needs root")
	}
	dir, err := os.MkdirTemp("/mnt", "preau-stick-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64m", "preau-stick", dir).CombinedOutput(); err != nil {
		Must(t, "no file system can be mounted here: "+string(out))
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

// TestStick_IsOfferedAndImported: the line is cut, a stick with the catalogue
// is plugged in, the technician's page offers it, and what it brings is served.
func TestStick_IsOfferedAndImported(t *testing.T) {
	b := NewBorne(t)
	b.Origin.Cut.Store(true)
	b.Start()
	page := NewBrowser(t).NewPage("technician", 1280, 900)
	page.Open(b.URL() + "/connexion/technicien")
	page.Type("#phrase", account(t, b, directory.Technician, 0).Secret)
	page.Click("form .primary")
	page.WaitFor(`location.pathname === "/technicien/"`, 20*time.Second)
	if Eval[bool](page, `!!document.querySelector("#cles")`) {
		t.Error("a stick is offered before there is one")
	}
	stick := mountStick(t)
	if out, err := exec.Command("cp", "-r", b.Origin.Dir, filepath.Join(stick, "preau")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// As an export's, but for what it says of itself.
	label := `{"format":1,"whole":true,"made":"2026-11-23T17:30:00Z","by":"0230019W borne-1","packs":[{"slug":"les-fondamentaux","version":1,"items":4,"files":20,"bytes":4000000}]}`
	if err := os.WriteFile(filepath.Join(stick, "preau", "stick.json"), []byte(label), 0o644); err != nil {
		t.Fatal(err)
	}
	until := func(cond string) {
		t.Helper()
		deadline := time.Now().Add(60 * time.Second)
		for !Eval[bool](page, cond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", cond)
			}
			page.Open(b.URL() + "/technicien/")
			time.Sleep(300 * time.Millisecond)
		}
	}
	until(`!!document.querySelector("#cles") && document.body.textContent.includes("0230019W")`)
	bothClean(t, page, "the technician's page with a stick")
	if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
		page.Shot(filepath.Join(dir, "technicien-cle-1280.png"), true)
		page.Size(320, 700)
		page.Shot(filepath.Join(dir, "technicien-cle-320.png"), true)
		page.Size(1280, 800)
	}
	page.Click(`form[action="/technicien/cle"] .primary`)
	page.WaitFor(`location.hash === "#cles"`, 30*time.Second)
	until(`document.body.textContent.includes("Import done")`)
	bothClean(t, page, "the technician's page after an import")
	var items struct {
		Items []struct{ ID string }
	}
	if err := Get(t.Context(), b.URL()+"/api/v1/items?kind=video", &items); err != nil || len(items.Items) < 4 {
		t.Errorf("%d films on the box, %v", len(items.Items), err)
	}
}
