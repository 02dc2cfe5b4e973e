package boxtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"preau/edge/directory"
)

// speak switches a page's language and reloads it.
func speak(p *Page, lang string) {
	Eval[bool](p, fmt.Sprintf(`fetch("/langue", {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: "lang=%s&back=/"}).then(() => true)`, lang))
	p.Open(Eval[string](p, "location.href"))
}

// clean fails on any violation of axe on the page as it stands, on what leaves
// its window and on what a finger cannot hit.
func clean(t *testing.T, p *Page, what string) {
	t.Helper()
	p.WaitFor(`document.getAnimations().every(a => a.playState !== "running")`, 5*time.Second)
	for _, v := range p.Axe() {
		t.Errorf("%s: %s (%s): %s\n%+v", what, v.ID, v.Impact, v.Help, v.Nodes)
	}
	for _, fault := range upset(p) {
		t.Errorf("%s: %s", what, fault)
	}
}

// bothClean is clean in both languages, wide and at 320 px.
func bothClean(t *testing.T, p *Page, what string) {
	t.Helper()
	for _, lang := range []string{"fr", "en"} {
		speak(p, lang)
		for _, width := range []int64{1280, 320} {
			p.Size(width, 800)
			clean(t, p, fmt.Sprintf("%s, %s, %d px", what, lang, width))
		}
	}
	p.Size(1280, 800)
}

// TestAxe_StaffBoardAndConsole looks at every screen that is not a pupil's
// (those are in edge/pages/eleve), in both languages, wide and at 320 px.
func TestAxe_StaffBoardAndConsole(t *testing.T) {
	t.Parallel()
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher, board, console := b.NewPage("teacher", 1280, 800), b.NewPage("board", 1920, 1080), b.NewPage("console", 1280, 800)
	both := func(p *Page, what string) { bothClean(t, p, what) }
	for _, door := range []string{"/connexion/adulte", "/connexion/technicien"} {
		teacher.Open(w.Box + door)
		both(teacher, door)
	}
	for _, open := range []string{"/confidentialite", "/accessibilite"} {
		teacher.Open(w.Box + open)
		both(teacher, open)
	}
	technician := b.NewPage("technician", 1280, 800)
	technician.Open(w.Box + "/connexion/technicien")
	technician.Type("#phrase", w.Account(directory.Technician, "", 0).Secret)
	technician.Click("form .primary")
	technician.WaitFor(`location.pathname === "/technicien/"`, 10*time.Second)
	both(technician, "the technician's page")
	teacher.Open(w.Box + "/connexion/adulte")
	teacher.Type("#login", "personne")
	teacher.Type("#phrase", "un deux trois quatre cinq")
	teacher.Click("form .primary")
	teacher.WaitFor(`document.querySelector("[role=alert]")`, 10*time.Second)
	clean(t, teacher, "a refused sign-in")

	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	both(teacher, "the day")
	lesson := w.OpenLesson(teacher, "6eA")
	both(teacher, "the roll")
	teacher.Click(".appel-carte:nth-child(2) .appel-bouton")
	teacher.Click(".appel-carte:nth-child(5) .appel-bouton")
	teacher.Click(".appel-carte:nth-child(5) .appel-bouton")
	clean(t, teacher, "the roll with an absent and a late pupil")
	teacher.Click(".appel-valider")
	teacher.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 5*time.Second)
	clean(t, teacher, "the roll, sent")

	board.Open(w.Box + "/tableau")
	board.WaitFor(`document.querySelector("[data-code]").textContent.length > 5`, 10*time.Second)
	clean(t, board, "the board, waiting")
	w.OpenClass(teacher, lesson)
	w.Pair(teacher, board)
	clean(t, board, "the board, paired")
	teacher.Click(`[data-do=open][data-item="` + w.Film(1) + `"]`)
	board.WaitFor(`document.querySelector(".scene video")`, 10*time.Second)
	clean(t, board, "the board, on stage")
	teacher.WaitFor(`!document.querySelector("[data-stage]").hidden`, 5*time.Second)
	both(teacher, "the remote")

	console.Open(w.Console)
	console.WaitFor(`document.querySelector(".borne")`, 40*time.Second)
	both(console, "the console")
}

// TestKeyboard_TakesTheRoll takes it without a pointer, and without JavaScript
// another one.
func TestKeyboard_TakesTheRoll(t *testing.T) {
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher := b.NewPage("teacher", 1280, 800)
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	w.OpenLesson(teacher, "6eA")
	teacher.WaitFor(`document.querySelector("p-appel[enhanced]")`, 10*time.Second)
	press := func(keys string) { teacher.Do(chromedp.KeyEvent(keys)) }
	focus := func(cond string, limit int) {
		t.Helper()
		for range limit {
			if Eval[bool](teacher, "!!("+cond+")") {
				return
			}
			press(kb.Tab)
		}
		t.Fatalf("no amount of Tab reaches %s", cond)
	}
	focus(`document.activeElement.matches(".appel-carte:nth-child(4) .appel-bouton")`, 30)
	press(kb.Enter)
	press(kb.Tab)
	press(" ")
	if got := teacher.Text("[data-count=absent]"); got != "2" {
		t.Fatalf("%s absents after two keys, want 2", got)
	}
	focus(`document.activeElement.matches(".appel-valider")`, 60)
	press(kb.Enter)
	teacher.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 5*time.Second)

	plain := b.NewPage("no script", 1024, 768)
	plain.NoScript()
	w.SignIn(plain, w.Account(directory.Teacher, "", 1))
	plain.Click(".autres button:nth-child(2)")
	plain.WaitFor(`location.pathname.startsWith("/prof/appel/")`, 10*time.Second)
	plain.Click(".appel-carte:nth-child(1) input[value=absent]")
	plain.Click(".appel-valider")
	plain.WaitFor(`location.pathname === "/prof/" && document.querySelector(".seance-appel .glyph")`, 10*time.Second)
}
