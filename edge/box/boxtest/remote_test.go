package boxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"preau/edge/directory"
)

// inClass is a lesson under way: a teacher's remote of the given size, a
// paired board and some pupils, each of them heard on the wire as well.
type inClass struct {
	*World
	teacher, board *Page
	pupils         []*Page
	lesson         string
}

func newClass(t *testing.T, b *Browser, width, height int64, pupils int) *inClass {
	t.Helper()
	c := &inClass{World: NewWorld(t), teacher: b.NewPage("teacher", 1280, 800), board: b.NewPage("board", 1920, 1080)}
	for i := range pupils {
		p := b.NewPage(fmt.Sprintf("pupil %d", i+1), 1024, 768)
		c.SignIn(p, c.Account(directory.Pupil, "6eA", i))
		c.pupils = append(c.pupils, p)
	}
	c.SignIn(c.teacher, c.Account(directory.Teacher, "", 0))
	c.lesson = c.OpenLesson(c.teacher, "6eA")
	c.board.Open(c.Box + "/tableau")
	c.OpenClass(c.teacher, c.lesson)
	c.teacher.Size(width, height)
	c.Pair(c.teacher, c.board)
	for _, p := range append(c.pupils, c.board) {
		overhear(p)
	}
	return c
}

// overhear opens a second line of the same person or board, and keeps what it
// is told in window.heard; window.wire speaks.
func overhear(p *Page) {
	Eval[bool](p, `new Promise(r => { window.heard = []; const s = window.wire = new WebSocket(location.origin.replace("http", "ws") + "/live", "preau.live.v1");
		s.onopen = () => s.send('{"t":"hello"}'); s.onmessage = e => { const m = JSON.parse(e.data); heard.push(m); if (m.t === "welcome" && m.room) r(true); }; })`)
}

func utter(p *Page, message string) {
	Eval[bool](p, `wire.send(`+quote(message)+`), true`)
}

// toldToOpen is the condition that a page's screens were told to show item
// since they were last forgotten.
func toldToOpen(item string) string {
	return fmt.Sprintf(`heard.some(m => (m.t === "stage" || m.t === "mine") && m.stage?.item === %s)`, quote(item))
}

// toldNothing is the condition that screens of a kind were not.
func toldNothing(to string) string {
	return fmt.Sprintf(`!heard.some(m => m.t === "mine" && m.stage || m.t === "stage" && m.stage && (m.to === "all" || m.to === %s))`, quote(to))
}

func forgetHeard(pages ...*Page) {
	for _, p := range pages {
		Eval[bool](p, `heard.length = 0, true`)
	}
}

// tap clicks by script what a fixed bar may cover while a page scrolls.
func tap(p *Page, sel string) {
	p.t.Helper()
	p.WaitFor(`document.querySelector(`+quote(sel)+`)`, 5*time.Second)
	Eval[bool](p, `(e => (e.scrollIntoView({block: "center"}), e.click(), true))(document.querySelector(`+quote(sel)+`))`)
}

func keepShot(t *testing.T, p *Page, name string) {
	if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
		p.WaitFor(`document.fonts.status === "loaded" && [...document.images].every(i => i.complete || i.loading === "lazy")`, 10*time.Second)
		p.Shot(filepath.Join(dir, name+".png"), false)
	}
}

func cardOf(id string) string { return `[data-do=open][data-item="` + id + `"]` }

// TestRemote_OpensForWhomIsChosen opens things for everybody, the board, the
// tablets, one pupil and a group, on a phone of 360 px.
func TestRemote_OpensForWhomIsChosen(t *testing.T) {
	t.Parallel()
	c := newClass(t, NewBrowser(t), 360, 740, 3)
	one, two, three := c.pupils[0], c.pupils[1], c.pupils[2]
	everybody := append([]*Page{c.board}, c.pupils...)
	aim := func(value string) {
		c.teacher.Click("[data-aim] summary")
		tap(c.teacher, `[data-aim] input[value="`+value+`"]`)
		c.teacher.WaitFor(`!document.querySelector("[data-aim]").open`, 5*time.Second)
	}
	open := func(id string, by ...*Page) {
		t.Helper()
		forgetHeard(everybody...)
		tap(c.teacher, cardOf(id))
		for _, p := range by {
			p.WaitFor(toldToOpen(id), 10*time.Second)
		}
		for _, p := range everybody {
			to := "pupils"
			if p == c.board {
				to = "boards"
			}
			if !slices.Contains(by, p) && !Eval[bool](p, toldNothing(to)) {
				t.Errorf("%s was told of what is not for it: %s", p.Name, Eval[string](p, `JSON.stringify(heard)`))
			}
		}
	}
	keepShot(t, c.teacher, "ouvrir-360")
	clean(t, c.teacher, "the remote before anything is open")
	open(c.Film(1), everybody...)
	c.teacher.WaitFor(`!document.querySelector("[data-stage]").hidden`, 5*time.Second)
	keepShot(t, c.teacher, "film-360")
	clean(t, c.teacher, "the remote with a film")
	saysWhatIsOn(c)
	staysWithinTheFilm(c)

	c.teacher.Click(".regie-plus summary")
	tap(c.teacher, `[data-do=rate][value="1.5"]`)
	c.board.WaitFor(`heard.some(m => m.why === "rate" && m.stage.rate === 1.5)`, 5*time.Second)
	c.teacher.WaitFor(`document.querySelector('[data-do=rate][value="1.5"]').getAttribute("aria-pressed") === "true"`, 5*time.Second)

	aim("boards")
	open(c.Film(2), c.board)
	aim("pupils")
	open(c.Film(3), c.pupils...)
	c.teacher.WaitFor(`document.querySelectorAll("[data-channel]").length === 2`, 5*time.Second)

	// One pupil, from the list of who is here.
	tap(c.teacher, "button[data-view=eleves]")
	c.teacher.WaitFor(`document.querySelectorAll(".present:not([data-state=gone])").length >= 3`, 10*time.Second)
	keepShot(t, c.teacher, "eleves-360")
	clean(t, c.teacher, "the list of the pupils")
	row := `.present[data-person="` + c.Account(directory.Pupil, "6eA", 0).Person + `"]`
	tap(c.teacher, row+" summary")
	tap(c.teacher, row+" [data-do=for]")
	c.teacher.WaitFor(`document.querySelector("p-classe").dataset.view === "ouvrir"`, 5*time.Second)
	open(c.Film(4), one)
	c.teacher.WaitFor(`document.querySelectorAll("[data-channel]").length === 3`, 5*time.Second)

	// Several make a group, which the chooser keeps.
	tap(c.teacher, "button[data-view=eleves]")
	tap(c.teacher, "[data-do=choose]")
	for _, n := range []int{1, 2} {
		tap(c.teacher, `.present-coche input[value="`+c.Account(directory.Pupil, "6eA", n).Person+`"]`)
	}
	keepShot(t, c.teacher, "groupe-360")
	clean(t, c.teacher, "pupils being chosen")
	tap(c.teacher, "[data-do=group]")
	open(c.Film(1), two, three)
	aim("all")
	aim("group-0")
	open(c.Film(2), two, three)
	c.teacher.Open(c.Box + "/prof/classe/" + c.lesson) // the phone's page came anew
	c.teacher.WaitFor(`document.querySelector("[data-groups]").textContent.includes("Groupe 1")`, 5*time.Second)
	aim("group-0")
	open(c.Film(1), two, three)

	// Opened for all, it is everybody's again.
	aim("all")
	open(c.Film(3), everybody...)
	c.teacher.WaitFor(`document.querySelector("[data-channels]").hidden`, 5*time.Second)
	Eval[bool](c.teacher, `document.querySelector("[data-do=close]").focus(), true`)
	tap(c.teacher, "[data-do=close]")
	c.teacher.WaitFor(`document.querySelector("[data-stage]").hidden && document.activeElement.id === "choix-titre"`, 5*time.Second)
	saysWhenItIsOver(c)
}

// saysWhatIsOn is that the card of what is open says so in words, and that the
// two keys of ten seconds have two names.
func saysWhatIsOn(c *inClass) {
	c.t.Helper()
	c.teacher.WaitFor(`(b => b.getAttribute("aria-current") === "true" && b.innerText.includes("✓ À l’écran"))(document.querySelector(`+quote(cardOf(c.Film(1)))+`))`, 5*time.Second)
	if n := Eval[int](c.teacher, `[...document.querySelectorAll("[data-do=open]")].filter(b => b.hasAttribute("aria-current") || b.innerText.includes("À l’écran")).length`); n != 1 {
		c.t.Errorf("%d cards say that they are on the screen, want 1", n)
	}
	if names := Eval[string](c.teacher, `["back", "forward"].map(k => document.querySelector("[data-do=" + k + "]").getAttribute("aria-label")).join()`); names != "Reculer de 10 s,Avancer de 10 s" {
		c.t.Errorf("the keys are called %s", names)
	}
}

// staysWithinTheFilm goes forward to the end and one more, then back.
func staysWithinTheFilm(c *inClass) {
	c.t.Helper()
	length := `Number(document.querySelector(` + quote(cardOf(c.Film(1))) + `).dataset.duration)`
	end := Eval[float64](c.teacher, length)
	at := func(want float64) {
		c.t.Helper()
		c.board.WaitFor(fmt.Sprintf(`heard.findLast(m => m.why === "seek")?.stage.position === %g`, want), 5*time.Second)
	}
	Eval[bool](c.teacher, fmt.Sprintf(`(s => (s.value = %g, s.dispatchEvent(new Event("change", {bubbles: true})), true))(document.querySelector("[data-seek]"))`, end-5))
	at(end - 5)
	for range 2 {
		forgetHeard(c.board)
		tap(c.teacher, "[data-do=forward]")
		at(end)
	}
	tap(c.teacher, "[data-do=back]")
	at(end - 10)
	c.board.WaitFor(fmt.Sprintf(`(f => !f.paused && f.currentTime >= %g)(document.querySelector(".scene video"))`, end-10), 5*time.Second)
}

// saysWhenItIsOver closes the line as the box does when it will not have it
// back, and as it does when the session ends.
func saysWhenItIsOver(c *inClass) {
	c.t.Helper()
	c.teacher.before(`const Line = WebSocket; window.WebSocket = class extends Line { constructor(...a) { super(...a); window.line = this; } };`)
	for _, end := range []struct{ code, shows string }{
		{"4501", `document.querySelector("[data-say]").textContent.includes("Rechargez la page")`},
		{"4503", `document.activeElement.matches("[data-say] a[href='/prof/classe/` + c.lesson + `']") && !document.querySelector("[data-person]")`},
	} {
		c.teacher.Open(c.Box + "/prof/classe/" + c.lesson)
		c.teacher.WaitFor(`window.line?.readyState === 1 && document.querySelector("[data-boardsaid]").textContent`, 10*time.Second)
		Eval[bool](c.teacher, `line.onclose(new CloseEvent("close", {code: `+end.code+`})), true`)
		c.teacher.WaitFor(end.shows, 10*time.Second)
	}
	if kept := Eval[string](c.teacher, `Object.keys(sessionStorage).filter(k => k.startsWith("preau.groups")).join()`); kept != "" {
		c.t.Errorf("whoever is signed out leaves %s", kept)
	}
}
