package boxtest

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys drives a page without a pointer.
type keys struct {
	t *testing.T
	p *Page
}

func (k keys) press(key string) { k.p.Do(chromedp.KeyEvent(key)) }

// to presses Tab until what matches has the focus, and looks that it is seen:
// a ring of 3 px.
func (k keys) to(sel string) {
	k.t.Helper()
	for range 120 {
		k.press(kb.Tab)
		if Eval[bool](k.p, `document.activeElement.matches(`+quote(sel)+`)`) {
			if got := Eval[string](k.p, `(s => s.outlineStyle + " " + s.outlineWidth)(getComputedStyle(document.activeElement))`); got != "solid 3px" {
				k.t.Errorf("%s: the focus on %s is seen as %q, want solid 3px", k.p.Name, sel, got)
			}
			return
		}
	}
	k.t.Fatalf("%s: no amount of Tab reaches %s", k.p.Name, sel)
}

// TestKeyboard_ALesson opens, plays, calls and helps by keyboard alone: on the
// remote, on a pupil's tablet (a hand is raised over a film too) and at the
// board; and a push is said once.
func TestKeyboard_ALesson(t *testing.T) {
	t.Parallel()
	c := newWholeClass(t, 1, func(*Page) {})
	teacher, pupil, board := keys{t, c.teacher}, keys{t, c.pupils[0]}, keys{t, c.board}
	Eval[bool](c.pupils[0], `(window.saidAloud = [], new MutationObserver(() => saidAloud.push(document.querySelector("[data-says]").textContent))
		.observe(document.querySelector("[data-says]"), {childList: true, characterData: true, subtree: true}), true)`)
	teacher.to(`[data-do=open][data-item="` + c.film(1) + `"]`)
	teacher.press(kb.Enter)
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video")`, 15*time.Second)
	}
	// The title that took the focus says who opened it; nothing says it twice.
	c.pupils[0].WaitFor(`document.activeElement.id === "live-title" && document.activeElement.textContent.includes(" ouvre ")`, 5*time.Second)
	c.confirmed(`[data-do=toggle]`)
	if said := Eval[[]string](c.pupils[0], `saidAloud.filter(s => s)`); len(said) != 0 {
		t.Errorf("the push is said by its title, and again: %v", said)
	}
	teacher.to(`[data-do=toggle]`)
	teacher.press(" ")
	c.pupils[0].WaitFor(`!document.querySelector(".scene video").paused`, 10*time.Second)
	teacher.to(`[data-do=attention]`)
	teacher.press(" ")
	c.pupils[0].WaitFor(`!document.querySelector("[data-attention]").hidden`, 10*time.Second)
	teacher.press(" ")
	c.pupils[0].WaitFor(`document.querySelector("[data-attention]").hidden`, 10*time.Second)

	pupil.to(`[data-live=hand]`)
	pupil.press(" ")
	pupil.to(`[data-live=leave]`)
	pupil.press(kb.Enter)
	c.pupils[0].WaitFor(`document.querySelector("[data-scene]").hidden`, 10*time.Second)
	pupil.to(`[data-live=join]`)
	pupil.press(kb.Enter)
	c.pupils[0].WaitFor(`!document.querySelector("[data-scene]").hidden`, 10*time.Second)

	board.to(`[data-tool=captions]`)
	board.press(" ")
	c.board.WaitFor(`document.querySelector("[data-tool=captions]").getAttribute("aria-pressed") === "false"`, 5*time.Second)
	board.to(`[data-do=hide]`)
	board.press(" ")
	c.board.WaitFor(`!document.querySelector("[data-curtain]").hidden`, 5*time.Second)

	teacher.to(`button[data-view=eleves]`)
	teacher.press(kb.Enter)
	teacher.to(`[data-do=lower]`)
	teacher.press(kb.Enter)
	c.pupils[0].WaitFor(`document.querySelector("[data-live=hand]").getAttribute("aria-pressed") === "false"`, 10*time.Second)
}
