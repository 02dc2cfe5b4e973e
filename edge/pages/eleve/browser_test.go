package eleve_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau/edge/box/boxtest"
)

// every page, by its name in pictures.
func (s *school) every() map[string]string {
	item := "/eleve/ressource/ark:/99999/"
	return map[string]string{
		"classes":   "/connexion",
		"noms":      "/connexion/classe/" + s.class.ID,
		"code":      "/connexion/classe/" + s.class.ID + "/" + s.pupil.ID,
		"accueil":   "/eleve/",
		"explorer":  "/eleve/explorer",
		"domaine":   "/eleve/explorer/015-num-1333",
		"niveau":    "/eleve/explorer/015-num-1333/022-num-018",
		"recherche": "/eleve/recherche",
		"resultats": "/eleve/recherche?q=adjectif",
		"rien":      "/eleve/recherche?q=" + url.QueryEscape("dinosaure à plumes"),
		"filtres":   "/eleve/recherche?q=adjectif&duree=0-3&acces=captions",
		"trop":      "/eleve/recherche?q=adjectif&duree=30-",
		"presque":   "/eleve/recherche?q=" + url.QueryEscape("adjetcif"),
		"film":      item + "lf-adjectif-1",
		"serie":     item + "lf-adjectif",
		"exercice":  item + "exercice-adjectif",
		"lecture":   item + "lecture-ballon",
		"sujet":     item + "sujet-grammaire-dnb",
		"pas-ici":   item + "rien",
		"plan":      "/eleve/plan/" + s.homework.ID.String(),
		"selection": "/eleve/selection",
		"bilan":     "/eleve/bilan",
		"badge":     "/connexion/badge",
	}
}

// open goes to a page; pages of the door are seen signed out.
func (s *school) open(p *boxtest.Page, name string) {
	p.Open(s.url + s.every()[name])
}

// signIn touches the four pictures as a pupil does.
func (s *school) signIn(p *boxtest.Page) {
	s.open(p, "code")
	for _, digit := range s.code {
		p.Click(fmt.Sprintf(`button[name=symbol][value="%c"]`, digit))
	}
	p.WaitFor(`location.pathname === "/eleve/"`, 10*time.Second)
}

func (s *school) speak(p *boxtest.Page, lang string) {
	if lang == "en" {
		boxtest.Eval[int](p, `fetch("/langue", {method: "POST", body: new URLSearchParams({lang: "en", back: "/"})}).then(r => r.status)`)
	}
}

var door = map[string]bool{"classes": true, "noms": true, "code": true, "badge": true}

// TestEveryScreen: on every page, in both languages, by day, by night and in
// high contrast, axe finds nothing; at 320 px and at 200 % nothing is cut
// off; what is touched is large; nothing moves while the page loads; nothing
// is asked of another host.
func TestEveryScreen(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	s.watch(t, "ark:/99999/lf-adjectif-2", 40, 40)
	b := boxtest.NewBrowser(t)
	for _, c := range []struct {
		lang, scheme, contrast string
		width                  int64
		only                   string
	}{{"fr", "light", "no-preference", 1280, ""}, {"en", "dark", "no-preference", 390, ""}, {"fr", "light", "more", 1280, "film accueil code"}} {
		out, in := b.NewPage("out", c.width, 800), b.NewPage("in", c.width, 800)
		s.signIn(in)
		out.Open(s.url + "/connexion")
		for _, p := range []*boxtest.Page{out, in} {
			s.speak(p, c.lang)
			prefer(p, "prefers-color-scheme", c.scheme, "prefers-contrast", c.contrast)
		}
		for name := range s.every() {
			if !strings.Contains(c.only, name) && c.only != "" {
				continue
			}
			p := in
			if door[name] {
				p = out
			}
			p.Size(c.width, 800)
			s.open(p, name)
			for _, v := range p.Axe() {
				t.Errorf("%s, %v: %s (%s): %v", name, c, v.ID, v.Help, v.Nodes)
			}
			if moved := boxtest.Eval[float64](p, `new Promise(done => new PerformanceObserver(l => done(l.getEntries().reduce((sum, e) => sum + e.value, 0))).observe({type: "layout-shift", buffered: true})
				|| setTimeout(() => done(0), 60))`); moved > 0.02 {
				t.Errorf("%s moves while it loads: %.3f %v", name, moved, c)
			}
			if others := boxtest.Eval[int](p, `performance.getEntriesByType("resource").filter(e => !e.name.startsWith(location.origin) && !e.name.startsWith("`+s.packs+`")).length`); others > 0 {
				t.Errorf("%s asks something of another host", name)
			}
			for _, width := range []int64{320, 640, c.width} {
				p.Size(width, 640)
				usable(t, p, fmt.Sprintf("%s in %s at %d", name, c.lang, width))
			}
		}
	}
}

// usable checks what does not fit and what is too small for a finger.
func usable(t *testing.T, p *boxtest.Page, where string) {
	t.Helper()
	if over := boxtest.Eval[float64](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("%s: %v px too wide", where, over)
	}
	small := boxtest.Eval[string](p, `[...document.querySelectorAll("main button, main .button, main select, main summary, main .tile, main .class-card, main .name-card, .top button, .top a")]
		.filter(e => { const r = e.getBoundingClientRect(); return r.width && getComputedStyle(e).clipPath === "none" && (r.height < 47.5 || r.width < 47.5); })
		.map(e => e.outerHTML.slice(0, 80) + " " + e.offsetWidth + "x" + e.offsetHeight).join("; ")`)
	if small != "" {
		t.Errorf("%s: too small to touch: %s", where, small)
	}
}

func press(p *boxtest.Page, keys string) { p.Do(chromedp.KeyEvent(keys)) }

// TestPlayer_ByKeyboardAlone plays, with captions, sign language and audio
// description, and leaves a true record.
func TestPlayer_ByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	p := boxtest.NewBrowser(t).NewPage("pupil", 1280, 800)
	s.signIn(p)
	s.open(p, "film")
	const film, signer = `document.querySelector(".screen video")`, `document.querySelector(".signer video")`
	p.WaitFor(film+".currentTime >= 13.9", 10*time.Second) // where it was left
	press(p, "c")
	press(p, "k")
	p.WaitFor("!"+film+".paused && "+film+".currentTime > 15", 10*time.Second)
	p.WaitFor(film+`.textTracks[0].mode === "showing" && `+film+".textTracks[0].cues.length > 2", 5*time.Second)
	press(p, "s")
	p.WaitFor("!"+signer+".closest('figure').hidden && !"+signer+".paused && Math.abs("+signer+".currentTime - "+film+".currentTime) < 0.3", 10*time.Second)
	press(p, "d")
	p.WaitFor(film+".muted && !document.querySelector('audio').paused && Math.abs(document.querySelector('audio').currentTime - "+film+".currentTime) < 0.3", 10*time.Second)
	press(p, "k")
	p.WaitFor(film+".paused && "+signer+".paused && document.querySelector('audio').paused", 5*time.Second)
	select {
	case <-s.posts:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was recorded")
	}
	e, err := s.progress.Of(t.Context(), s.pupil.ID, "ark:/99999/lf-adjectif-1")
	if err != nil || e.Position < 14*time.Second || e.Position > 30*time.Second {
		t.Fatalf("recorded %+v, %v", e, err)
	}
	// What one likes is kept for the next film.
	s.open(p, "film")
	p.WaitFor(`document.querySelector("[data-do=captions]").getAttribute("aria-pressed") === "true" && `+film+`.textTracks[0].mode === "showing"`, 5*time.Second)
	// And the keys can be switched off.
	boxtest.Eval[int](p, `document.querySelector("[data-do=keys]").click(), document.querySelector(".keys").open = true, 0`)
	press(p, "c")
	if got := boxtest.Eval[string](p, `document.querySelector("button[data-do=captions]").getAttribute("aria-pressed")`); got != "true" {
		t.Error("a key acted though keys are switched off")
	}
}

// TestOutbox_KeepsWhatTheBoxCannotTake: a box out of reach costs nothing; a
// lost answer counts once.
func TestOutbox_KeepsWhatTheBoxCannotTake(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	p := boxtest.NewBrowser(t).NewPage("pupil", 1280, 800)
	s.signIn(p)
	s.open(p, "film")
	const film = `document.querySelector(".screen video")`
	s.down.Store(true)
	press(p, "k")
	p.WaitFor(film+".currentTime > 1", 10*time.Second)
	press(p, "k")
	p.WaitFor(`document.querySelector(".pill-text").textContent.includes("gardée")`, 10*time.Second)
	s.open(p, "film") // reloaded: still kept
	p.WaitFor(`document.querySelector(".pill-text").textContent.includes("gardée")`, 10*time.Second)
	s.down.Store(false)
	s.mute.Store(true) // the first answer is lost after the box did its work
	p.WaitFor(`!document.querySelector(".pill-text").textContent.includes("gardée")`, 30*time.Second)
	if len(s.posts) < 2 {
		t.Errorf("%d posts, want the lost answer's and its retry", len(s.posts))
	}
	e, err := s.progress.Of(t.Context(), s.pupil.ID, "ark:/99999/lf-adjectif-1")
	if err != nil || e.Watched < 500*time.Millisecond || e.Watched > 5*time.Second {
		t.Fatalf("recorded %+v, %v", e, err)
	}
}

// TestExercise_TellsItsResult crosses from the second origin by postMessage.
func TestExercise_TellsItsResult(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	p := boxtest.NewBrowser(t).NewPage("pupil", 1280, 800)
	s.signIn(p)
	s.open(p, "exercice")
	// A message from elsewhere is not the frame's.
	boxtest.Eval[int](p, `postMessage({type: "preau.result", score: 5, max: 5, completed: true}, "*"), 0`)
	boxtest.Eval[int](p, `new Promise(done => setTimeout(() => done(0), 300))`)
	if e, err := s.progress.Of(t.Context(), s.pupil.ID, "ark:/99999/exercice-adjectif"); err != nil || e.Done {
		t.Fatalf("a message of the page itself counted: %+v, %v", e, err)
	}
	boxtest.Eval[int](p, `new Promise(done => { const f = document.querySelector("iframe");
		f.addEventListener("load", () => done(0), {once: true}); f.src = "`+s.packs+`/done"; })`)
	p.WaitFor(`!document.querySelector("[data-result]").hidden`, 10*time.Second)
	deadline := time.Now().Add(10 * time.Second)
	for {
		e, err := s.progress.Of(t.Context(), s.pupil.ID, "ark:/99999/exercice-adjectif")
		if err != nil {
			t.Fatal(err)
		}
		if e.Done && e.Best != nil && *e.Best == 0.8 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("recorded %+v", e)
		}
		boxtest.Eval[int](p, `new Promise(done => setTimeout(() => done(0), 50))`)
	}
}
