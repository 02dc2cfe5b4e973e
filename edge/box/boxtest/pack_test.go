package boxtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"preau/edge/directory"
	"preau/media/catalogue/notice"
)

const volcano = "ark:/99999/volcan"

// leaves are the pages of the pack, in its publisher's order: their paths are
// as people name files, their titles as people write them.
var leaves = []struct{ path, title string }{
	{"index.html", "Les volcans"}, {"2 la lave/l'éruption #1?.html", "Une éruption <& sa lave>"}, {"3-cratère.html", "Le cratère"}, {"4%20fin.html", "La fin"},
}

// withVolcano is the sample, and a pack of several pages beside it.
func withVolcano(t *testing.T) string {
	t.Helper()
	sample := t.TempDir()
	if err := os.CopyFS(sample, os.DirFS(filepath.Join(Repository(), "media", "sample"))); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(sample, "items", "volcan", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	it := notice.Item{ID: volcano, Kind: notice.KindDocument, Title: "Le volcan", Lang: "fr", Service: "les-fondamentaux", Publisher: "preau-exemple", Licence: "CC0-1.0",
		Rights: notice.Rights{Display: notice.All, Download: notice.All}}
	for i, l := range leaves {
		// A page of another origin says what it is to whoever asks.
		write(l.path, fmt.Sprintf(`<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>%s</title></head><body><main><h1>Page %d</h1></main>
			<script>addEventListener("message", (e) => e.data === "who" && e.source.postMessage({ leaf: %d, back: history.length }, "*"))</script></body></html>`,
			strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(l.title), i+1, i+1))
		role := notice.RoleFile
		if i == 0 {
			role = notice.RoleMain
		}
		it.Assets = append(it.Assets, notice.Asset{Role: role, Mime: "text/html", File: l.path, Path: l.path})
	}
	text, err := json.Marshal(it)
	if err != nil {
		t.Fatal(err)
	}
	write("item.json", string(text))
	return sample
}

// asks has a screen ask the frame, again and again, which page it shows.
const asks = inkKit + `, window.leaf = 0, clearInterval(window.asking), window.onmessage = (e) => { if (e.data?.leaf) window.leaf = e.data.leaf; },
	window.asking = setInterval(() => document.querySelector(".scene iframe")?.contentWindow?.postMessage("who", "*"), 50), true`

// atLeaf waits until a screen shows a page of the pack, and says so.
func (p *Page) atLeaf(n int) {
	p.t.Helper()
	p.WaitFor(`document.querySelector(".scene iframe")`, 20*time.Second)
	Eval[bool](p, asks)
	p.WaitFor(fmt.Sprintf(`window.leaf === %d`, n), 20*time.Second)
	if got, want := Eval[string](p, `document.querySelector(".scene iframe").title`), fmt.Sprintf("page %d sur %d", n, len(leaves)); n > 1 && !strings.Contains(got, want) {
		p.t.Errorf("%s: the frame is called %q, want %q", p.Name, got, want)
	}
}

// TestPack is a resource of several HTML pages shown to a class: opened at an
// inner page chosen by its title, turned on every screen at once, written on
// page by page; who comes late, and a box that restarts, are at the same page.
func TestPack(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, withVolcano(t))
	b := NewBrowser(t)
	teacher, board, pupil := b.NewPage("teacher", 1280, 800), b.NewPage("board", 1920, 1080), b.NewPage("pupil", 800, 1200)
	w.SignIn(pupil, w.Account(directory.Pupil, "6eA", 0))
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	lesson := w.OpenLesson(teacher, "6eA")
	board.Open(w.Box + "/tableau")
	w.OpenClass(teacher, lesson)
	w.Pair(teacher, board)
	at := func(page int, screens ...*Page) {
		t.Helper()
		for _, s := range append(screens, board, pupil) {
			s.atLeaf(page)
		}
	}

	// By keyboard: the card's pages, by their titles.
	k, card := keys{t, teacher}, `.choix-carte:has([data-item="`+volcano+`"])`
	k.to(card + " summary")
	k.press(kb.Enter)
	teacher.WaitFor(`document.querySelectorAll(`+quote(card+" [data-do=leaf]")+`).length === 4`, 10*time.Second)
	for i, l := range leaves {
		if got := Eval[string](teacher, fmt.Sprintf(`document.querySelectorAll(%s)[%d].textContent`, quote(card+" [data-do=leaf]"), i)); got != fmt.Sprintf("%d. %s", i+1, l.title) {
			t.Errorf("page %d is called %q", i+1, got)
		}
	}
	clean(t, teacher, "the pages of a card")
	keepShot(t, teacher, "pack-card")
	k.to(card + ` [data-do=leaf][value="2"]`)
	k.press(kb.Enter)
	at(2)
	if moves := Eval[[]int](pupil, `[performance.getEntriesByType("resource").filter(e => e.name.includes("index.html")).length]`); moves[0] != 0 {
		t.Error("the first page was loaded before the one that was asked for")
	}
	teacher.WaitFor(`document.querySelector("[data-pageno]").textContent === "Page 2 sur 4" && document.querySelector("[data-leafname]").textContent === `+quote(leaves[1].title), 10*time.Second)

	// Next, and a page chosen while it is shown.
	before := Eval[int](pupil, "history.length")
	k.to(`[data-do=page-on]`)
	k.press(kb.Enter)
	at(3)
	k.to(`[data-stage] .feuilles summary`)
	k.press(kb.Enter)
	k.to(`[data-stage] [data-do=leaf][value="1"]`)
	k.press(kb.Enter)
	at(1)
	teacher.WaitFor(`document.activeElement.matches('[data-stage] [data-do=leaf][value="1"][aria-current=page]') && document.querySelector("[data-do=page-back]").disabled`, 10*time.Second)
	clean(t, teacher, "the pages of what is shown")
	keepShot(t, teacher, "pack-remote")
	teacher.Size(360, 740)
	clean(t, teacher, "the pages of what is shown, in one hand")
	keepShot(t, teacher, "pack-remote-360")
	teacher.Size(1280, 800)
	if after := Eval[int](pupil, "history.length"); after != before {
		t.Errorf("pages turned are %d steps of the tablet's history", after-before)
	}
	for _, s := range []*Page{board, pupil} {
		clean(t, s, s.Name+" with a pack")
		keepShot(t, s, "pack-"+s.Name)
	}

	// Ink belongs to the page it was drawn on.
	k.to(`[data-stage] [data-do=leaf][value="3"]`)
	k.press(kb.Enter)
	at(3)
	teacher.Click("[data-view=outils]")
	teacher.Click("[data-slate=open]")
	teacher.WaitFor(`document.querySelector("p-ink[drawing]")?.getBoundingClientRect().height > 40`, 20*time.Second)
	at(3, teacher)
	teacher.drag([2]float64{.2, .5}, [2]float64{.8, .5})
	for _, s := range []*Page{board, pupil} {
		s.hasInk(yellow, .5, .5)
	}
	teacher.Click("[data-do=page-on]")
	at(4, teacher)
	teacher.WaitFor(`document.querySelector("[data-do=page-on]").disabled`, 10*time.Second)
	for _, s := range []*Page{board, pupil} {
		s.hasInk("", .5, .5)
	}
	teacher.Click("[data-do=page-back]")
	at(3, teacher)
	for _, s := range []*Page{board, pupil} {
		s.hasInk(yellow, .5, .5)
	}

	// Who comes late is where the others are, and so is a class after a restart.
	late := b.NewPage("late", 1024, 768)
	w.SignIn(late, w.Account(directory.Pupil, "6eA", 1))
	at(3, late)
	late.hasInk(yellow, .5, .5)
	strangers(t, w, teacher)
	at(3, late)
	w.Stop()
	w.Start()
	board.Open(w.Box + "/tableau")
	pupil.Open(w.Box + "/eleve/")
	at(3)
	board.hasInk(yellow, .5, .5)
	w.OpenClass(teacher, lesson)
	teacher.WaitFor(`document.querySelector("[data-pageno]").textContent === "Page 3 sur 4"`, 10*time.Second)
	tap(teacher, "[data-do=page-on]")
	at(4)

	// One pupil alone is at a page of its own.
	tap(teacher, "button[data-view=eleves]")
	tap(teacher, `.present[data-person="`+w.Account(directory.Pupil, "6eA", 0).Person+`"] [data-do=for]`)
	tap(teacher, card+" .feuilles summary")
	tap(teacher, card+` [data-do=leaf][value="2"]`)
	pupil.atLeaf(2)
	board.atLeaf(4)
}

// strangers asks for pages that are not the pack's: by the line, where they
// have numbers only, and by the packs' own origin.
func strangers(t *testing.T, w *World, teacher *Page) {
	t.Helper()
	said := Eval[[]string](teacher, fmt.Sprintf(`new Promise((done) => {
		const s = new WebSocket(location.origin.replace("http", "ws") + "/live", "preau.live.v1"), said = [];
		const all = [{t: "seek", position: 5}, {t: "seek", position: -1}, {t: "open", item: %[1]s, page: 5}, {t: "open", item: %[1]s, page: "../../etc/passwd"}, {t: "open", item: %[1]s, page: 1.5}];
		s.onopen = () => s.send(JSON.stringify({t: "hello"}));
		s.onmessage = (e) => {
			const m = JSON.parse(e.data);
			if (m.t === "error" || m.t === "ok") said.push(m.t + " " + m.kind);
			if (m.t === "welcome") for (const [i, one] of all.entries()) s.send(JSON.stringify({...one, ref: "r" + i}));
			if (said.length === all.length) { s.close(); done(said); }
		};
	})`, quote(volcano)))
	for i, s := range said {
		if s != "error invalid" {
			t.Errorf("what is no page of the pack, %d: %s", i, s)
		}
	}
	base := Eval[string](teacher, `document.querySelector(".scene [data-base]").dataset.base`)
	for path, want := range map[string]int{
		(&url.URL{Path: leaves[1].path}).EscapedPath(): 200,
		"../../../../etc/passwd":                       404, "..%2f..%2fetc%2fpasswd": 404, "%2e%2e/item.json": 404, "item.json": 404, "%2fetc/passwd": 404,
		"index.html%00.css": 404, "INDEX.HTML": 404, "2%20la%20lave/../index.html%5c": 404, "": 404,
	} {
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || want == 404 && strings.Contains(string(body), "root:") {
			t.Errorf("%q: %s, want %d (%v)", path, resp.Status, want, err)
		}
	}
}
