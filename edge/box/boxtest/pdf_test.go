package boxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"preau/edge/directory"
)

// pdfKit reads what a screen shows of a PDF: the page, how far its sheet of
// ink lies from it in pixels, and whether there is writing on it.
const pdfKit = inkKit + `, window.pdfPage = () => Number(document.querySelector("p-pdf")?.dataset.page) || 0, window.pdfOff = () => {
	const c = document.querySelector("p-pdf canvas"), b = c.getBoundingClientRect(), k = Math.min(b.width / c.width, b.height / c.height), r = document.querySelector("p-ink").getBoundingClientRect();
	const w = c.width * k, h = c.height * k;
	return Math.max(...[r.left - b.left - (b.width - w) / 2, r.top - b.top - (b.height - h) / 2, r.width - w, r.height - h].map(Math.abs));
}, window.pdfDark = () => {
	const c = document.querySelector("p-pdf canvas"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
	let dark = 0;
	for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && d[i] + d[i + 1] + d[i + 2] < 240) dark++;
	return dark;
}, true`

// TestPDF is a paper shown to a class: the same page on every screen, turned
// by the teacher, written on at the right place, each page with its own ink.
func TestPDF(t *testing.T) {
	t.Parallel()
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher, board, pupil := b.NewPage("teacher", 1280, 800), b.NewPage("board", 1920, 1080), b.NewPage("pupil", 800, 1200)
	w.Seat(teacher, board, pupil)
	Eval[bool](teacher, `document.querySelector('[data-do=open][data-item="ark:/99999/sujet-grammaire-dnb"]').click(), true`)
	screens := []*Page{board, pupil}
	at := func(page int) {
		t.Helper()
		for _, s := range screens {
			Eval[bool](s, pdfKit)
			s.WaitFor(fmt.Sprintf(`pdfPage() === %d`, page), 30*time.Second)
			if dark := Eval[int](s, "pdfDark()"); dark < 500 {
				t.Errorf("%s: page %d has %d dark pixels: nothing is written on it", s.Name, page, dark)
			}
		}
	}
	at(1)
	teacher.Click("[data-view=outils]")
	teacher.Click("[data-slate=open]")
	teacher.WaitFor(`document.querySelector("p-ink[drawing]") && document.querySelector("p-pdf").dataset.page === "1" && document.querySelector("p-ink").getBoundingClientRect().height > 40`, 30*time.Second)
	teacher.drag([2]float64{.2, .5}, [2]float64{.8, .5})
	for _, s := range screens {
		s.hasInk(yellow, .5, .5)
		s.WaitFor("pdfOff() < 1", 5*time.Second)
	}
	board.Size(1024, 768)
	board.WaitFor("pdfOff() < 1", 10*time.Second)
	board.hasInk(yellow, .5, .5)
	if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
		board.Shot(filepath.Join(dir, "pdf-board.png"), false)
		pupil.Shot(filepath.Join(dir, "pdf-pupil.png"), false)
		teacher.Shot(filepath.Join(dir, "pdf-teacher.png"), false)
	}
	for _, v := range board.Axe() {
		t.Errorf("the board: axe %s: %s %+v", v.ID, v.Help, v.Nodes)
	}

	teacher.Click("[data-do=page-on]")
	at(2)
	for _, s := range screens {
		s.hasInk("", .5, .5)
	}
	teacher.WaitFor(`document.querySelector("p-pdf").dataset.page === "2"`, 10*time.Second)
	teacher.drag([2]float64{.2, .3}, [2]float64{.8, .3})
	for _, s := range screens {
		s.hasInk(yellow, .5, .3)
	}
	teacher.Click("[data-do=page-back]")
	at(1)
	for _, s := range screens {
		s.hasInk(yellow, .5, .5)
		s.hasInk("", .5, .3)
	}
	late := b.NewPage("late", 1024, 768)
	w.SignIn(late, w.Account(directory.Pupil, "6eA", 1))
	screens = []*Page{late}
	at(1)
	late.hasInk(yellow, .5, .5)
}
