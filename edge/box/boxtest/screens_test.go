package boxtest

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"preau/edge/directory"
)

// TestScreens takes the pictures of docs/screens when PREAU_SCREENS names a
// folder: make screens.
func TestScreens(t *testing.T) {
	a := newAlbum(t, "pages")
	dir := a.dir
	w := NewWorld(t)
	b := NewBrowser(t)
	sizes := [][2]int64{{320, 640}, {1280, 800}, {1920, 1080}}
	langs := []string{"fr", "en"}
	shoot := func(p *Page, name string, full bool) {
		if a.whole {
			a.every(p, "page-"+name, full, func() {})
			return
		}
		for _, lang := range langs {
			Eval[bool](p, fmt.Sprintf(`fetch("/langue", {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: "lang=%s&back=/"}).then(() => true)`, lang))
			p.Open(Eval[string](p, "location.href"))
			for _, size := range sizes {
				p.Size(size[0], size[1])
				p.WaitFor(`document.fonts.status === "loaded" && [...document.images].every(i => i.complete || i.loading === "lazy")`, 10*time.Second)
				p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, lang, size[0])), full)
			}
		}
	}
	pupil := w.Account(directory.Pupil, "6eA", 0)
	p := b.NewPage("pupil", 1280, 800)
	p.Open(w.Box + "/")
	shoot(p, "eleve-classes", true)
	p.Open(w.Box + "/connexion/classe/" + pupil.Group + "/" + pupil.Person)
	shoot(p, "eleve-code", true)
	w.SignIn(p, pupil)
	shoot(p, "eleve-accueil", true)
	p.Open(w.Box + "/eleve/explorer")
	shoot(p, "eleve-explorer", true)
	p.Open(w.Box + "/eleve/ressource/" + w.Film(1))
	shoot(p, "eleve-film", true)

	teacher := b.NewPage("teacher", 1280, 800)
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	shoot(teacher, "prof-jour", true)
	lesson := w.OpenLesson(teacher, "6eA")
	teacher.Open(w.Box + "/prof/appel/" + lesson)
	shoot(teacher, "prof-appel", true)

	mark(teacher, map[int]int{4: 1, 17: 1, 9: 2})
	class := Eval[string](teacher, `document.querySelector("p-appel").dataset.class`)
	office := b.NewPage("office", 1280, 800)
	w.SignIn(office, w.Account(directory.Principal, "", 0))
	office.WaitFor(`document.querySelectorAll(".absent").length > 1`, 10*time.Second)
	shoot(office, "direction-jour", true)
	p.Open(w.Box + "/eleve/")
	p.Click(".task a")
	p.WaitFor(`document.querySelector(".plan-step")`, 10*time.Second)
	shoot(p, "eleve-plan", true)
	teacher.Open(w.Box + "/prof/suivi/" + class)
	shoot(teacher, "prof-suivi", true)

	if a.whole {
		others(a, w, map[string]*Page{"eleve": p, "prof": teacher, "direction": office, "": b.NewPage("visitor", 1280, 800)}, lesson)
	}

	board := b.NewPage("board", 1920, 1080)
	board.Open(w.Box + "/tableau")
	board.WaitFor(`document.querySelector("[data-code]").textContent.length > 5`, 10*time.Second)
	for _, size := range [][2]int64{{1024, 768}, {1920, 1080}} {
		board.Size(size[0], size[1])
		board.Shot(filepath.Join(dir, fmt.Sprintf("tableau-veille-fr-%d.png", size[0])), false)
	}
	speak(teacher, "fr")
	w.OpenClass(teacher, lesson)
	w.Pair(teacher, board)
	board.Shot(filepath.Join(dir, "tableau-pret-fr-1920.png"), false)
	teacher.Click(`[data-do=open][data-item="` + w.Film(1) + `"]`)
	board.WaitFor(`document.querySelector(".scene video") && document.querySelector(".scene video").currentTime > 6`, 20*time.Second)
	board.Shot(filepath.Join(dir, "tableau-scene-fr-1920.png"), false)
	for _, size := range sizes {
		teacher.Size(size[0], size[1])
		teacher.Shot(filepath.Join(dir, fmt.Sprintf("prof-classe-fr-%d.png", size[0])), true)
	}
	p.Size(1280, 800)
	p.Open(w.Box + "/eleve/")
	p.WaitFor(`document.querySelector(".scene video") && document.getAnimations().every(a => a.playState !== "running")`, 10*time.Second)
	speak(p, "fr")
	p.WaitFor(`document.querySelector(".scene video") && document.getAnimations().every(a => a.playState !== "running")`, 10*time.Second)
	p.Shot(filepath.Join(dir, "eleve-direct-fr-1280.png"), false)

	console := b.NewPage("console", 1280, 800)
	console.Open(w.Console)
	console.WaitFor(`document.querySelector(".borne")`, 40*time.Second)
	shoot(console, "console", true)
}
