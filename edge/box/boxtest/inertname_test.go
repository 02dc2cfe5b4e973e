package boxtest

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// wicked is a first name that would run if a page took it for markup.
const wicked = `<img src=x onerror="window.pwned=1">"'&<script>window.pwned=1</script>`

// TestName_ScriptInItIsText: a pupil whose first name is a script is shown by
// that name, letter for letter, and nothing of it runs: in the class's list,
// on its own page, on the remote, on the roll and at the office.
func TestName_ScriptInItIsText(t *testing.T) {
	t.Parallel()
	b := NewBorne(t)
	who := account(t, b, directory.Pupil, 0)
	rename(t, b, who.Person, wicked)
	b.Start()
	chromium := NewBrowser(t)
	pupil, teacher, office := chromium.NewPage("pupil", 1024, 768), chromium.NewPage("teacher", 1280, 800), chromium.NewPage("office", 1280, 800)
	inert := func(p *Page, where string) {
		t.Helper()
		p.WaitFor(`document.body.textContent.includes(`+quote(wicked)+`)`, 10*time.Second)
		p.WaitFor(`document.readyState === "complete"`, 10*time.Second)
		if Eval[bool](p, `!!window.pwned || !!document.querySelector("img[src=x], [onerror]") || [...document.scripts].some(s => s.textContent.includes("pwned"))`) {
			t.Errorf("the name is markup: %s", where)
		}
	}
	pupil.Open(b.URL() + "/connexion/classe/" + who.Group)
	inert(pupil, "the list of the class")
	enter(pupil, b.URL(), who)
	inert(pupil, "the pupil's home")

	world := &World{t: t, Box: b.URL(), Accounts: b.Accounts}
	enter(teacher, b.URL(), account(t, b, directory.Teacher, 0))
	lesson := world.OpenLesson(teacher, who.Class)
	inert(teacher, "the roll")
	world.OpenClass(teacher, lesson)
	c := &wholeClass{t: t, b: b, teacher: teacher}
	c.join(teacher)
	utterHand(pupil)
	teacher.WaitFor(`[...document.querySelectorAll(".present[data-state=hand]")].some(e => e.textContent.includes("onerror"))`, 10*time.Second)
	inert(teacher, "the remote, with a hand up")
	c.say(&protocol.ShareAsk{Person: who.Person})
	inert(teacher, "the remote, having asked a page of the pupil's")

	teacher.Open(b.URL() + "/prof/appel/" + lesson)
	teacher.WaitFor(`document.querySelector("p-appel[enhanced]")`, 10*time.Second)
	Eval[bool](teacher, `[...document.querySelectorAll(".appel-carte")].find(e => e.textContent.includes("onerror")).querySelector(".appel-bouton").click(), document.querySelector(".appel-valider").click(), true`)
	teacher.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 10*time.Second)
	enter(office, b.URL(), account(t, b, directory.Principal, 0))
	office.Open(b.URL() + "/direction/")
	inert(office, "the office's list of who is missing")
}

// rename gives somebody another first name, past what an import lets in.
func rename(t *testing.T, b *Borne, person, given string) {
	t.Helper()
	u := url.URL{Scheme: "file", Opaque: filepath.Join(b.Data, "preau.db")}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	res, err := db.ExecContext(t.Context(), `UPDATE person SET given = ? WHERE pid = ?`, given, person)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%d renamed, %v", n, err)
	}
}
