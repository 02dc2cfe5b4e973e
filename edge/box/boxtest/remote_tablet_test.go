package boxtest

import (
	"fmt"
	"testing"
	"time"

	"preau/edge/directory"
)

// TestRemote_OnATablet leads a lesson from a screen of 1280×800: search,
// pages, a slide show, who needs help, showing a pupil's tablet, a colleague,
// the end.
func TestRemote_OnATablet(t *testing.T) {
	t.Parallel()
	b := NewBrowser(t)
	c := newClass(t, b, 1280, 800, 3)
	searchesAndTurnsPages(t, c)
	stepsThroughSlides(t, c)
	showsWhoNeedsHelp(t, c)
	showsATablet(t, c)
	handsOver(t, c, b)
}

func (c *inClass) closeAll() {
	c.t.Helper()
	forgetHeard(c.board)
	tap(c.teacher, "[data-do=close]")
	c.teacher.WaitFor(`document.querySelector("[data-stage]").hidden`, 5*time.Second)
}

func searchesAndTurnsPages(t *testing.T, c *inClass) {
	keepShot(t, c.teacher, "ouvrir-1280")
	clean(t, c.teacher, "the remote, wide")
	c.teacher.Click("#q")
	c.teacher.Type("#q", "mirabelle\r")
	c.teacher.WaitFor(`document.querySelectorAll(".choix-carte").length === 1 && document.querySelector(".choix-titre").textContent.includes("Mirabelle")`, 10*time.Second)
	Eval[bool](c.teacher, `document.querySelector("#q").value = "", document.querySelector("#genre").value = "subject", document.querySelector("#genre").dispatchEvent(new Event("input", {bubbles: true}))`)
	c.teacher.WaitFor(`document.querySelectorAll(".choix-carte").length === 1 && document.querySelector(".choix-carte [data-kind=subject]")`, 10*time.Second)
	forgetHeard(c.board)
	tap(c.teacher, ".choix-carte button")
	c.board.WaitFor(`heard.some(m => m.t === "stage" && m.stage?.page === 1)`, 10*time.Second)
	c.teacher.WaitFor(`document.querySelector("[data-pageno]").textContent === "Page 1 sur 2" && document.querySelector("[data-do=page-back]").disabled`, 5*time.Second)
	tap(c.teacher, "[data-do=page-on]")
	c.board.WaitFor(`heard.some(m => m.why === "seek" && m.stage.page === 2)`, 10*time.Second)
	c.teacher.WaitFor(`document.querySelector("[data-pageno]").textContent === "Page 2 sur 2" && document.querySelector("[data-do=page-on]").disabled`, 5*time.Second)
	keepShot(t, c.teacher, "page-1280")
	clean(t, c.teacher, "the remote with a document")
	Eval[bool](c.teacher, `document.querySelector("#q").value = "xyzzyx", document.querySelector("#genre").value = "", document.querySelector("#q").dispatchEvent(new Event("input", {bubbles: true}))`)
	c.teacher.WaitFor(`document.querySelector(".choix-dit").textContent.length > 10 && !document.querySelector(".choix-carte")`, 10*time.Second)
	c.closeAll()
}

// makeSlides prepares a slide show on the plans' page, by its forms.
func (c *inClass) makeSlides(title string, items ...string) {
	c.t.Helper()
	Eval[bool](c.teacher, fmt.Sprintf(`(async () => {
		const read = async (url, form) => { const r = await fetch(url, form && {method: "POST", body: new URLSearchParams(form)});
			return [r.url, new DOMParser().parseFromString(await r.text(), "text/html")]; };
		let [, page] = await read("/prof/plans");
		let [url, plan] = await read("/prof/plans", {id: page.querySelector("[name=id]").value, kind: "diaporama", title: %s});
		for (const item of %s) [, plan] = await read(url.split("#")[0], {do: "add:" + item, version: plan.querySelector("[name=version]").value});
		return plan.querySelectorAll(".step").length === %d; })()`, quote(title), list(items), len(items)))
}

func list(items []string) string {
	out := "["
	for _, it := range items {
		out += quote(it) + ","
	}
	return out + "]"
}

func stepsThroughSlides(t *testing.T, c *inClass) {
	c.makeSlides("L’adjectif, lundi", c.Film(1), "ark:/99999/exercice-adjectif", c.Film(3))
	c.OpenClass(c.teacher, c.lesson)
	forgetHeard(c.board)
	tap(c.teacher, "[data-plan]")
	at := func(n int, item string) {
		t.Helper()
		c.board.WaitFor(fmt.Sprintf(`heard.some(m => m.t === "stage" && m.stage?.plan && m.stage.step === %d && m.stage.of === 3)`, n), 10*time.Second)
		c.teacher.WaitFor(fmt.Sprintf(`document.querySelector("[data-count]").textContent.startsWith("%d ")`, n), 10*time.Second)
	}
	at(1, c.Film(1))
	c.teacher.WaitFor(`document.querySelector("[data-following]").textContent.length > 10`, 10*time.Second)
	keepShot(t, c.teacher, "diaporama-1280")
	clean(t, c.teacher, "the remote with a slide show")
	tap(c.teacher, "[data-do=step-on]")
	at(2, "")
	tap(c.teacher, "[data-do=step-on]")
	at(3, c.Film(3))
	c.teacher.WaitFor(`document.querySelector("[data-do=step-on]").disabled`, 5*time.Second)
	forgetHeard(c.board)
	tap(c.teacher, "[data-do=step-back]")
	at(2, "")
	c.closeAll()
}

func (c *inClass) row(n int) string {
	return `.present[data-person="` + c.Account(directory.Pupil, "6eA", n).Person + `"]`
}

func showsWhoNeedsHelp(t *testing.T, c *inClass) {
	tap(c.teacher, "button[data-view=eleves]")
	first := func(n int, state string) {
		t.Helper()
		c.teacher.WaitFor(fmt.Sprintf(`document.querySelector(%s).matches(":first-child") && document.querySelector(%s).dataset.state === %s`, quote(c.row(n)), quote(c.row(n)), quote(state)), 10*time.Second)
	}
	utter(c.pupils[2], `{"t":"status","item":"","mood":"stuck"}`)
	first(2, "stuck")
	utter(c.pupils[1], `{"t":"hand","up":true}`)
	first(1, "hand")
	utter(c.pupils[0], `{"t":"hand","up":true}`)
	c.teacher.WaitFor(fmt.Sprintf(`document.querySelector(%s).matches(":nth-child(2)")`, quote(c.row(0))), 10*time.Second)
	first(1, "hand") // the first to raise it stays first
	if got := c.teacher.Text("[data-badge]"); got != "3" {
		t.Errorf("the badge counts %q in need, want 3", got)
	}
	tap(c.teacher, cardOf(c.Film(1)))
	c.teacher.WaitFor(`document.querySelector("p-classe").hasAttribute("onstage")`, 10*time.Second)
	fits(t, c.teacher)
	keepShot(t, c.teacher, "eleves-1280")
	clean(t, c.teacher, "the pupils, wide")
	tap(c.teacher, c.row(1)+" [data-do=lower]")
	c.teacher.WaitFor(fmt.Sprintf(`document.querySelector(%s).dataset.state !== "hand"`, quote(c.row(1))), 10*time.Second)
	c.closeAll()
	utter(c.pupils[2], `{"t":"status","item":"","mood":"stuck"}`)
	tap(c.teacher, "[name=montre][value=help]")
	c.teacher.WaitFor(`document.querySelectorAll(".present:not([hidden])").length === 2`, 5*time.Second)
	tap(c.teacher, `[name=montre][value=""]`)
}

// fits fails when one of the class is not whole on the screen as it stands.
func fits(t *testing.T, p *Page) {
	t.Helper()
	hidden := Eval[[]string](p, `(scrollTo(0, 0), [...document.querySelectorAll(".present")].filter(row => {
		const b = row.getBoundingClientRect(), dock = document.querySelector("[data-stage]").getBoundingClientRect();
		return b.top < 0 || b.bottom > innerHeight || b.bottom > dock.top && dock.top > 100 && getComputedStyle(document.querySelector("[data-stage]")).position === "fixed";
	}).map(row => row.dataset.name + " " + Math.round(row.getBoundingClientRect().bottom)))`)
	if n := Eval[int](p, `document.querySelectorAll(".present").length`); n != 30 || len(hidden) > 0 {
		t.Errorf("of %d pupils these are not whole on the screen: %v", n, hidden)
	}
}

func showsATablet(t *testing.T, c *inClass) {
	film := c.Film(2)
	tap(c.teacher, c.row(0)+" summary")
	keepShot(t, c.teacher, "eleve-ouvert-1280")
	clean(t, c.teacher, "one pupil's row, open")
	forgetHeard(c.board, c.pupils[0])
	tap(c.teacher, c.row(0)+" [data-do=share]")
	c.pupils[0].WaitFor(`heard.some(m => m.t === "mine" && m.share)`, 10*time.Second)
	answer := func(yes bool) {
		Eval[bool](c.pupils[0], fmt.Sprintf(`wire.send(JSON.stringify({t: "share", id: heard.findLast(m => m.t === "mine" && m.share).share.id, yes: %v, item: %s, position: 5})), true`, yes, quote(film)))
	}
	said := func(what string) {
		t.Helper()
		c.teacher.WaitFor(fmt.Sprintf(`document.querySelector(%s).textContent.includes(document.querySelector("p-regie-eleves").dataset.%s)`, quote(c.row(0)+" [data-said]"), what), 10*time.Second)
	}
	said("asked")
	answer(false)
	said("no")
	if !Eval[bool](c.board, toldNothing("boards")) {
		t.Error("the board was told of what the pupil did not agree to show")
	}
	tap(c.teacher, c.row(0)+" [data-do=share]")
	said("asked")
	c.pupils[0].WaitFor(`heard.filter(m => m.t === "mine" && m.share).length >= 2`, 10*time.Second)
	answer(true)
	c.board.WaitFor(toldToOpen(film), 10*time.Second)
	said("yes")

	// A pupil offers; a tap accepts.
	tap(c.teacher, "[data-do=close]")
	forgetHeard(c.board)
	utter(c.pupils[1], `{"t":"share","yes":true,"item":`+quote(c.Film(3))+`,"position":4}`)
	c.teacher.WaitFor(`document.querySelector(`+quote(c.row(1)+" [data-do=accept]")+`) && !document.querySelector(`+quote(c.row(1)+" [data-do=accept]")+`).hidden`, 10*time.Second)
	tap(c.teacher, c.row(1)+" [data-do=accept]")
	c.board.WaitFor(toldToOpen(c.Film(3)), 10*time.Second)
	c.closeAll()
}

func handsOver(t *testing.T, c *inClass, b *Browser) {
	tap(c.teacher, "button[data-view=outils]")
	keepShot(t, c.teacher, "outils-1280")
	clean(t, c.teacher, "the tools")
	head := b.NewPage("head", 1280, 800)
	c.SignIn(head, c.Account(directory.Principal, "", 0))
	head.Open(c.Box + "/prof/classe/" + c.lesson)
	head.WaitFor(`document.querySelector("h1").textContent.includes("Garnier")`, 5*time.Second)
	keepShot(t, head, "refus-1280")
	clean(t, head, "a class of somebody else's")

	tap(c.teacher, ".collegues-inviter summary")
	c.teacher.Type("#collegue", "belh")
	c.teacher.WaitFor(`document.querySelectorAll("[data-colleagues] li:not([hidden])").length === 1`, 5*time.Second)
	tap(c.teacher, "[data-colleagues] li:not([hidden]) button")
	c.teacher.WaitFor(`document.querySelectorAll("[data-teachers] li").length === 2`, 10*time.Second)

	second := b.NewPage("second teacher", 768, 1024)
	c.SignIn(second, c.Account(directory.Teacher, "", 1))
	second.Open(c.Box + "/prof/")
	second.WaitFor(`document.querySelector(".jour-invite").textContent.includes("Mme Garnier vous invite en 6eA")`, 5*time.Second)
	keepShot(t, second, "invite-768")
	bothClean(t, second, "a day with an invitation")
	speak(second, "fr")
	tap(second, ".jour-invite a")
	second.WaitFor(`document.querySelector("p-classe") && document.querySelectorAll("[data-teachers] li").length === 2`, 10*time.Second)
	tap(c.teacher, "[data-do=leave]")
	c.teacher.WaitFor(`location.pathname === "/prof/"`, 10*time.Second)
	second.WaitFor(`document.querySelectorAll("[data-teachers] li").length === 1 && document.querySelector("[data-do=leave]").hidden`, 10*time.Second)

	// Attention, given back; then the end, asked once.
	tap(second, "[data-do=attention]")
	second.WaitFor(`document.querySelector("[data-do=attention]").getAttribute("aria-pressed") === "true"`, 5*time.Second)
	c.pupils[0].WaitFor(`!document.querySelector("[data-attention]").hidden`, 10*time.Second)
	tap(second, "[data-do=attention]")
	c.pupils[0].WaitFor(`document.querySelector("[data-attention]").hidden`, 10*time.Second)
	tap(second, "button[data-view=outils]")
	tap(second, "[data-do=ask-end]")
	second.WaitFor(`document.activeElement.matches("[data-do=end-not]")`, 5*time.Second)
	clean(t, second, "the end, asked")
	tap(second, "[data-do=end]")
	second.WaitFor(`location.pathname === "/prof/"`, 10*time.Second)
}
