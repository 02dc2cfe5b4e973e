package boxtest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// frame is the window of somebody who looks.
type frame struct {
	name          string
	width, height int64
	scale         float64
}

var (
	narrow  = frame{"320", 320, 640, 1}
	tall    = frame{"768", 768, 1024, 1}
	usual   = frame{"1280", 1280, 800, 1}
	large   = frame{"1920", 1920, 1080, 1}
	doubled = frame{"200pc", 640, 400, 2} // what twice the size leaves of 1280 × 800
)

// album takes the pictures of make screens. PREAU_LOOKS is a regexp: each
// screen that it names is taken in every window, language and sight, and what a
// script finds wrong with it is written beside the pictures: faults.txt, and in
// words.txt what says the same in both languages.
type album struct {
	t      *testing.T
	dir    string
	whole  bool
	named  *regexp.Regexp
	faults map[string][]string        // by fault: where
	words  map[string]map[string]bool // by language: what is said
}

// newAlbum skips the test unless PREAU_SCREENS names a folder.
func newAlbum(t *testing.T, name string) *album {
	t.Helper()
	dir := os.Getenv("PREAU_SCREENS")
	if dir == "" {
		t.Skip("pictures are taken by make screens")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := regexp.Compile(os.Getenv("PREAU_LOOKS"))
	if err != nil {
		t.Fatal(err)
	}
	a := &album{t, dir, names.String() != "", names, map[string][]string{}, map[string]map[string]bool{"fr": {}, "en": {}}}
	t.Cleanup(func() { a.report(name) })
	return a
}

// every is a screen in all windows, languages and sights; back brings it about
// again after the page was opened anew in another language.
func (a *album) every(p *Page, name string, full bool, back func()) {
	a.t.Helper()
	if !a.named.MatchString(name) {
		return
	}
	all := []frame{narrow, tall, usual, large, doubled}
	for _, l := range []sight{light, {"fr", "dark", dark.features}, forced, {"en", "light", light.features}, strong} {
		p.as(l)
		if Eval[string](p, `document.documentElement.lang`) != l.lang {
			speak(p, l.lang)
			back()
		}
		for _, f := range all {
			if f == doubled && l.name != "light" {
				continue
			}
			a.one(p, fmt.Sprintf("%s-%s-%s-%s", name, l.lang, l.name, f.name), f, full)
		}
		for _, w := range Eval[[]string](p, spoken) {
			a.words[l.lang][w] = true
		}
	}
	p.as(light)
	if Eval[string](p, `document.documentElement.lang`) != "fr" {
		speak(p, "fr")
		back()
	}
	p.Size(usual.width, usual.height)
}

// one is one picture.
func (a *album) one(p *Page, name string, f frame, full bool) {
	a.t.Helper()
	p.Do(chromedp.EmulateViewport(f.width, f.height, chromedp.EmulateScale(f.scale)))
	p.WaitFor(`document.fonts.status === "loaded" && [...document.images].every(i => i.complete || i.loading === "lazy") && document.getAnimations().every(a => a.playState !== "running")`, 10*time.Second)
	p.Shot(filepath.Join(a.dir, name+".png"), full)
	if a.whole {
		for _, fault := range Eval[[]string](p, amiss) {
			a.faults[fault] = append(a.faults[fault], name)
		}
	}
}

// report writes what was found.
func (a *album) report(name string) {
	if !a.whole {
		return
	}
	var lines []string
	for _, fault := range slices.Sorted(maps.Keys(a.faults)) {
		lines = append(lines, fault+"\n\t"+strings.Join(a.faults[fault], " "))
	}
	var same []string
	for w := range a.words["fr"] {
		if a.words["en"][w] {
			same = append(same, w)
		}
	}
	slices.Sort(same)
	for file, text := range map[string][]string{"faults.txt": lines, "words.txt": same} {
		if err := os.WriteFile(filepath.Join(a.dir, name+"-"+file), []byte(strings.Join(text, "\n")+"\n"), 0o644); err != nil {
			a.t.Error(err)
		}
	}
}

// spoken is what the page says, to eyes and to a screen reader.
const spoken = `[...new Set([...document.querySelectorAll("body *")].flatMap(e => e.closest("script, style, noscript, iframe") ? [] : [e.getAttribute("aria-label"), e.getAttribute("placeholder"), e.getAttribute("title"),
	...[...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data)]).filter(s => s && /[a-zà-ÿ]{3}/i.test(s)).map(s => s.trim()))]`

// upset are the faults of amiss that no screen may have.
func upset(p *Page) (faults []string) {
	p.t.Helper()
	for _, fault := range Eval[[]string](p, amiss) {
		if kind, _, _ := strings.Cut(fault, ":"); slices.Contains([]string{"sideways", "leaves the window", "text leaves the window", "target under 24 px"}, kind) {
			faults = append(faults, fault)
		}
	}
	return faults
}

// lost are what is pressed or current and cannot be read on its own ground,
// as happens where colours are forced.
const lost = `(() => {
	const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number), lum = (c) => c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((a, v, i) => a + v * [.2126, .7152, .0722][i], 0);
	return [...document.querySelectorAll("[aria-pressed=true], [aria-current], :checked + span")].filter(e => e.checkVisibility({ visibilityProperty: true }) && e.innerText.trim() && getComputedStyle(e).forcedColorAdjust === "none").filter(e => {
		const s = getComputedStyle(e), a = lum(rgb(s.color)), b = lum(rgb(s.backgroundColor));
		return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5;
	}).map(e => e.outerHTML.slice(0, 90));
})()`

// amiss is what a script can see of a screen that is not well: what is wider
// than the window, cut, covered, too small to touch, or a word broken in two.
const amiss = `(() => {
	const found = new Set(), W = innerWidth, H = innerHeight, root = document.documentElement;
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className.trim().replace(/\s+/g, ".") : "") + " « " + (e.innerText || e.getAttribute("aria-label") || e.name || "").trim().replace(/\s+/g, " ").slice(0, 40) + " »";
	const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest("svg, iframe, noscript, .unseen, .skip") && (() => { for (let a = e; a; a = a.parentElement) if (getComputedStyle(a).clipPath !== "none") return false; return true; })();
	const over = (e) => !!e.closest("[tabindex='0'], .regie-fils, pre"); // what is meant to be moved sideways
	const fixed = (e) => { for (let a = e; a; a = a.parentElement) if (/fixed|sticky/.test(getComputedStyle(a).position)) return true; return false; };
	if (root.scrollWidth > W) found.add("sideways: the page is wider than its window");
	const press = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(seen);
	for (const e of press) {
		const aim = e.matches("input[type=radio], input[type=checkbox]") ? e.closest("label") ?? e : e, b = aim.getBoundingClientRect();
		if (b.width < 1 || b.height < 1) continue;
		const inText = e.tagName === "A" && getComputedStyle(e).display === "inline";
		if ((b.width < 24 || b.height < 24) && !inText) found.add("target under 24 px: " + name(e));
		else if ((b.width < 44 || b.height < 44) && !inText) found.add("target under 44 px: " + name(e) + " " + Math.round(b.width) + "x" + Math.round(b.height));
		if ((b.left < -1 || b.right > W + 1) && !over(e)) found.add("leaves the window: " + name(e));
		const x = b.x + b.width / 2, y = b.y + b.height / 2;
		if (x > 0 && y > 0 && x < W && y < H) {
			const top = document.elementFromPoint(x, y);
			if (top && top !== e && !e.contains(top) && !top.contains(e) && !aim.contains(top) && !(fixed(top) && !fixed(e) && root.scrollHeight > H)) found.add("covered: " + name(e) + " by " + name(top));
		}
		if (e.matches("button, .button")) {
			const r = document.createRange(); r.selectNodeContents(e);
			const lines = new Set([...r.getClientRects()].filter(c => c.width > 2).map(c => Math.round(c.bottom / 6))).size;
			if (e.matches("nav button, .button") && lines > 3) found.add("a button of " + lines + " lines: " + name(e));
		}
	}
	const texts = [];
	for (const e of document.querySelectorAll("body *")) {
		if (!seen(e)) continue;
		const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim()), s = getComputedStyle(e);
		if (s.display !== "inline" && /hidden|clip/.test(s.overflowX) && e.clientWidth && e.scrollWidth > e.clientWidth + 1 && e.innerText) found.add("cut sideways: " + name(e));
		if (s.display !== "inline" && /hidden|clip/.test(s.overflowY) && e.clientHeight && e.scrollHeight > e.clientHeight + 3 && e.innerText) found.add("cut below: " + name(e));
		if (own.length && parseFloat(s.fontSize) < 14) found.add("letters of " + s.fontSize + ": " + name(e));
		for (const n of own) {
			const r = document.createRange();
			for (const m of n.data.matchAll(/[\p{L}\p{N}’']{4,}/gu)) {
				r.setStart(n, m.index); r.setEnd(n, m.index + m[0].length);
				const c = [...r.getClientRects()].filter(q => q.width > 1);
				if (c.length > 1 && Math.abs(c[0].top - c.at(-1).top) > 4) found.add("broken word: " + m[0] + " in " + name(e));
			}
			r.selectNodeContents(n);
			for (const c of r.getClientRects()) if (c.width > 2) {
				texts.push({ e, c });
				if ((c.left < -1 || c.right > W + 1) && !over(e) && s.overflowX === "visible") found.add("text leaves the window: " + name(e));
			}
		}
	}
	if (texts.length < 900) for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
		const a = texts[i], b = texts[j];
		if (a.e === b.e || a.e.contains(b.e) || b.e.contains(a.e)) continue;
		if (Math.min(a.c.right, b.c.right) - Math.max(a.c.left, b.c.left) > 6 && Math.min(a.c.bottom, b.c.bottom) - Math.max(a.c.top, b.c.top) > Math.min(a.c.height, b.c.height) * .45 && !fixed(a.e) && !fixed(b.e) && !over(a.e) && !over(b.e)) found.add("text on text: " + name(a.e) + " and " + name(b.e));
	}
	return [...found];
})()`

// others are the pages that the lesson of TestScreens does not go through.
func others(a *album, w *World, who map[string]*Page, lesson string) {
	a.t.Helper()
	visit := func(role, name, path string) {
		a.t.Helper()
		p := who[role]
		p.Open(w.Box + path)
		a.every(p, name, true, func() {})
	}
	technician := who[""]
	for name, path := range map[string]string{"porte": "/connexion", "porte-adulte": "/connexion/adulte", "porte-technicien": "/connexion/technicien", "confidentialite": "/confidentialite", "accessibilite": "/accessibilite", "erreur": "/nulle-part"} {
		visit("", name, path)
	}
	technician.Open(w.Box + "/connexion/technicien")
	technician.Type("#phrase", w.Account(directory.Technician, "", 0).Secret)
	technician.Click("form .primary")
	technician.WaitFor(`location.pathname === "/technicien/"`, 10*time.Second)
	visit("", "technicien", "/technicien/")
	visit("", "technicien-ecole", "/compte/ecole/")
	visit("", "technicien-tableaux", "/compte/ecole/tableaux")
	for name, path := range map[string]string{"cahier": "/cahier", "bilan": "/bilan", "selection": "/selection", "cours": "/cours", "recherche": "/recherche?q=adjectif", "recherche-vide": "/recherche?q=zzzz", "domaine": "/explorer/francais"} {
		visit("eleve", "eleve-"+name, "/eleve"+path)
	}
	visit("eleve", "eleve-lecture", "/eleve/ressource/ark:/99999/lecture-ballon")
	visit("eleve", "eleve-sujet", "/eleve/ressource/ark:/99999/sujet-grammaire-dnb")
	visit("eleve", "eleve-exercice-page", "/eleve/ressource/"+quiz)
	for name, path := range map[string]string{"plans": "/prof/plans", "cahiers": "/prof/cahiers", "cahier": "/prof/cahier/" + lesson, "reservations": "/prof/reservations", "annotations": "/prof/annotations", "cours": "/prof/cours", "questions": "/prof/questions/" + lesson, "compte": "/compte/"} {
		visit("prof", "prof-"+name, path)
	}
	teacher := who["prof"]
	if at := Eval[string](teacher, `fetch("/prof/plans").then(r => r.text()).then(t => t.match(/\/prof\/plans\/[0-9a-f-]{20,}/)?.[0] ?? "")`); at != "" {
		visit("prof", "prof-plan", at)
	}
	for name, path := range map[string]string{"seances": "/seances", "lieux": "/lieux", "registre": "/registre", "appel": "/appel/" + lesson} {
		visit("direction", "direction-"+name, "/direction"+path)
	}
	visit("direction", "direction-tableaux", "/compte/ecole/tableaux")
}

// moreStates are a question from its first answer to its end, the timer, the
// ink, and what a board and a tablet say beside the lesson.
func moreStates(c *wholeClass, at func(string, *Page, string), show func(string, *Page, func()), view func(string) func()) {
	pupil, own := c.pupils[0], c.pupils[1]
	asked := func() (id string) {
		c.eventually("the witness hears the question", 10*time.Second, func() bool {
			q := c.witness.client.Here().State.Question
			if q != nil {
				id = q.ID
			}
			return q != nil
		})
		return id
	}
	at("tableau-question", c.board, `!document.querySelector("p-poll").hidden`)
	at("eleve-banniere-question", pupil, `document.querySelector("[data-call]")?.hasAttribute("data-on")`)
	Eval[bool](own, `document.querySelector("[data-flash=pick][value='1']").click(), true`)
	c.teacher.WaitFor(`[...document.querySelectorAll("p-ask [data-n]")].some(n => n.textContent === "1")`, 10*time.Second)
	at("eleve-repondu", own, `document.querySelector("p-question [data-note]")?.textContent`)
	c.say(&protocol.AskClose{ID: asked(), Reveal: &protocol.Reveal{Right: []protocol.Value{{Number: new(1.0)}}}})
	at("tableau-reponse", c.board, `document.querySelector(".poll-row[data-right]")`)
	at("eleve-reponse", own, `document.querySelector("[data-flash=pick][data-right]")`)
	show("classe-reponse", c.teacher, view("outils"))
	c.say(&protocol.AskEnd{ID: asked()})

	c.say(&protocol.Ask{Form: "text", Text: "Propose un adjectif pour décrire la mer un jour de tempête."})
	at("tableau-texte", c.board, `!document.querySelector("p-poll").hidden && !document.querySelector(".poll-row")`)
	at("eleve-texte", own, `document.querySelector("p-question textarea")`)
	show("classe-texte", c.teacher, view("outils"))
	c.say(&protocol.AskEnd{ID: asked()})
	show("classe-composer", c.teacher, func() {
		view("outils")()
		Eval[bool](c.teacher, `document.querySelector(".ask-other").open = true`)
	})

	c.say(&protocol.TimerStart{Seconds: 1200, Text: "Terminez l’exercice 4"})
	at("tableau-minuteur", c.board, `!document.querySelector("p-timer").hidden`)
	at("eleve-minuteur", own, `!document.querySelector("p-timer").hidden`)
	show("classe-minuteur", c.teacher, view("outils"))
	c.say(&protocol.TimerStop{})

	c.say(&protocol.Open{Item: c.film(1), Position: 8})
	show("classe-encre", c.teacher, func() {
		c.teacher.WaitFor(`!document.querySelector("[data-stage]").hidden`, 10*time.Second)
		view("outils")()
		Eval[bool](c.teacher, `document.querySelector("[data-slate=open]").click(), true`)
		c.teacher.WaitFor(`document.querySelector("p-ink[drawing]")`, 10*time.Second)
	})
	c.say(&protocol.Chalk{On: true})
	at("tableau-craie", c.board, `!document.querySelector("[data-chalk]").hidden`)
	show("tableau-craie-ouverte", c.board, func() {
		c.board.WaitFor(`!document.querySelector("[data-chalk]").hidden`, 10*time.Second)
		Eval[bool](c.board, `document.querySelector("[data-write][aria-pressed=false]")?.click(), true`)
	})
	c.say(&protocol.Chalk{})
	curtain := func() { Eval[bool](c.board, `document.querySelector("[data-do=hide]").click(), true`) }
	show("tableau-rideau", c.board, func() { c.board.WaitFor(`!document.querySelector("[data-tools]").hidden`, 10*time.Second); curtain() })
	curtain()
	show("tableau-liberer", c.board, func() {
		c.board.WaitFor(`!document.querySelector("[data-tools]").hidden`, 10*time.Second)
		Eval[bool](c.board, `document.querySelector(".tableau-outils [data-do=unpair]").click(), true`)
	})
	Eval[bool](c.board, `document.querySelector("[data-do=stay]").click(), true`)
	c.say(&protocol.Close{})

	own.Open(c.b.URL() + "/eleve/ressource/" + c.film(3))
	own.WaitFor(`!document.querySelector("[data-tools]").hidden`, 10*time.Second)
	c.say(&protocol.ShareAsk{Person: account(c.t, c.b, directory.Pupil, 1).Person})
	at("eleve-partage", own, `document.querySelector("[data-share]") && !document.querySelector("[data-share]").hidden`)
	show("classe-un-eleve", c.teacher, func() {
		view("eleves")()
		Eval[bool](c.teacher, `document.querySelector(".present details").open = true`)
	})
	show("classe-finir", c.teacher, func() {
		view("outils")()
		Eval[bool](c.teacher, `document.querySelector("[data-do=ask-end]").click(), true`)
	})
}
