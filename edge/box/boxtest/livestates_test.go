package boxtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// sight is how a person sees a page.
type sight struct {
	lang, name string
	features   []*emulation.MediaFeature
}

func feature(name, value string) *emulation.MediaFeature {
	return &emulation.MediaFeature{Name: name, Value: value}
}

var (
	light  = sight{"fr", "light", []*emulation.MediaFeature{feature("prefers-color-scheme", "light")}}
	dark   = sight{"en", "dark", []*emulation.MediaFeature{feature("prefers-color-scheme", "dark")}}
	strong = sight{"en", "contrast", []*emulation.MediaFeature{feature("prefers-contrast", "more"), feature("prefers-color-scheme", "light")}}
	night  = sight{"fr", "contrast-dark", []*emulation.MediaFeature{feature("prefers-contrast", "more"), feature("prefers-color-scheme", "dark")}}
	forced = sight{"fr", "forced", []*emulation.MediaFeature{feature("forced-colors", "active"), feature("prefers-contrast", "more"), feature("prefers-color-scheme", "dark")}}
)

// as shows a page as somebody sees it.
func (p *Page) as(l sight) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: l.features})
		return err
	}))
}

// state is a screen of a lesson as it stands: where it is, and what brings it
// back after a reload.
type state struct {
	name string
	page *Page
	back func()
}

// liveStates goes through the screens of a lesson, one after the other; with
// more, through those too that other tests make sure of.
func liveStates(t *testing.T, more bool, visit func(state)) {
	c := newWholeClass(t, 2, func(board *Page) { visit(state{"tableau-veille", board, func() { waiting(board) }}) })
	pupil, own := c.pupils[0], c.pupils[1]
	for _, p := range c.all() {
		c.join(p)
	}
	at := func(name string, p *Page, shown string) {
		t.Helper()
		p.WaitFor(shown, 15*time.Second)
		visit(state{name, p, func() { p.WaitFor(shown, 15*time.Second) }})
	}
	view := func(name string) func() {
		return func() {
			c.teacher.WaitFor(`customElements.get("p-classe") && document.querySelector("button[data-view=`+name+`]")`, 10*time.Second)
			Eval[bool](c.teacher, `document.querySelector("button[data-view=`+name+`]").click(), true`)
		}
	}
	show := func(name string, p *Page, again func()) {
		again()
		visit(state{name, p, again})
	}
	at("tableau-pret", c.board, `document.querySelector("p-tableau[paired]") && document.querySelector("[data-class]").textContent`)
	at("eleve-lecon", pupil, `!document.querySelector("[data-tools]").hidden`)
	show("classe-ouvrir", c.teacher, view("ouvrir"))

	c.say(&protocol.Open{Item: c.film(1), Position: 5})
	at("tableau-film", c.board, `document.querySelector(".scene video")?.readyState > 1`)
	at("eleve-film", pupil, `document.querySelector(".scene video")?.readyState > 1`)
	at("classe-film", c.teacher, `!document.querySelector("[data-stage]").hidden`)

	c.say(&protocol.Attention{On: true})
	at("eleve-attention", pupil, `!document.querySelector("[data-attention]").hidden`)
	at("tableau-attention", c.board, `document.querySelector(".scene video")?.readyState > 1 && [...document.querySelectorAll("[data-attention]")].some(e => !e.hidden)`)
	c.say(&protocol.Attention{})

	c.say(&protocol.Open{Item: "ark:/99999/lecture-ballon", For: []string{account(t, c.b, directory.Pupil, 1).Person}, To: "pupils"})
	at("eleve-seul", own, `document.querySelector(".live-scene iframe, .live-scene .scene")`)

	pupil.Open(c.b.URL() + "/eleve/ressource/" + quiz)
	c.say(&protocol.Open{Item: c.film(2)})
	at("eleve-exercice", pupil, `document.querySelector("[data-banner]").hasAttribute("data-on")`)
	utterHand(pupil)
	show("classe-eleves", c.teacher, view("eleves"))
	show("classe-outils", c.teacher, view("outils"))

	c.say(&protocol.Open{Item: "ark:/99999/sujet-grammaire-dnb"})
	at("tableau-pdf", c.board, `(c => c && c.width > 300 && c.getContext("2d").getImageData(c.width / 2, c.height / 2, 1, 1).data[3] > 0)(document.querySelector("p-pdf canvas"))`)
	at("classe-pdf", c.teacher, `document.querySelector("[data-title]").textContent.includes("rammaire")`)
	c.say(&protocol.Close{})

	c.say(&protocol.Ask{Form: "choice", Text: "Quelle est la nature de « rouge » ?", Choices: []string{"un nom", "un adjectif", "un verbe"}})
	at("eleve-question", own, `document.querySelector("p-question [data-panel]:not([hidden]) [data-form] *")`)
	show("classe-question", c.teacher, view("outils"))
	if more {
		moreStates(c, at, show, view)
	}

	c.teacher.Open(c.b.URL() + "/prof/")
	at("prof-jour", c.teacher, `document.querySelector("main h1")`)
	c.teacher.Open(c.b.URL() + "/prof/appel/" + c.lesson)
	at("prof-appel", c.teacher, `document.querySelector("p-appel[enhanced]")`)
}

// utterHand has a pupil ask for help.
func utterHand(p *Page) {
	p.WaitFor(`!document.querySelector("[data-tools]").hidden`, 10*time.Second)
	Eval[bool](p, `document.querySelector("[data-live=hand]").click(), true`)
}

// TestLive_EveryStateIsAccessible runs axe on each screen of a lesson, in both
// languages, light and dark, with more contrast too, and has none of them
// scroll sideways at 320 px or at twice the size.
func TestLive_EveryStateIsAccessible(t *testing.T) {
	t.Parallel()
	liveStates(t, false, func(s state) {
		wide := [2]int64{1280, 800}
		sights := []sight{light, dark, strong, night}
		if os.Getenv("PREAU_THOROUGH") == "" {
			sights = sights[:2] // what is left to make thorough: twenty seconds each
		}
		for _, l := range sights {
			s.page.as(l)
			if l.lang == "fr" && Eval[string](s.page, `document.documentElement.lang`) != "fr" || l.lang == "en" && Eval[string](s.page, `document.documentElement.lang`) != "en" {
				speak(s.page, l.lang)
				s.back()
			}
			clean(t, s.page, fmt.Sprintf("%s, %s, %s", s.name, l.lang, l.name))
			for _, width := range []int64{320, 640} {
				s.page.Size(width, 720)
				for _, fault := range upset(s.page) {
					t.Errorf("%s, %s, %d px: %s", s.name, l.lang, width, fault)
				}
			}
			s.page.Size(wide[0], wide[1])
		}
		s.page.as(forced)
		s.page.WaitFor(`document.getAnimations().every(a => a.playState !== "running")`, 5*time.Second)
		for _, e := range Eval[[]string](s.page, lost) {
			t.Errorf("%s: with forced colours one does not read %s", s.name, e)
		}
		speak(s.page, "fr")
		s.back()
	})
}

// TestScreens_Live takes a lesson's pictures when PREAU_SCREENS names a folder:
// make screens.
func TestScreens_Live(t *testing.T) {
	a := newAlbum(t, "lesson")
	liveStates(t, a.whole, func(s state) {
		if a.whole {
			a.every(s.page, s.name, false, s.back)
			return
		}
		for _, l := range []sight{light, {"fr", "dark", dark.features}, {"en", "light", light.features}, {"fr", "contrast", strong.features}, forced} {
			s.page.as(l)
			if Eval[string](s.page, `document.documentElement.lang`) != l.lang {
				speak(s.page, l.lang)
				s.back()
			}
			for _, size := range [][2]int64{{320, 640}, {768, 1024}, {640, 400}, {1280, 800}, {1920, 1080}} {
				if size[0] == 640 && l.name != "light" { // twice the size of 1280
					continue
				}
				s.page.Size(size[0], size[1])
				s.page.WaitFor(`document.fonts.status === "loaded" && document.getAnimations().every(a => a.playState !== "running")`, 10*time.Second)
				s.page.Shot(filepath.Join(a.dir, fmt.Sprintf("%s-%s-%s-%d.png", s.name, l.lang, l.name, size[0])), false)
			}
		}
		s.page.Size(1280, 800)
		s.page.as(light)
	})
}
