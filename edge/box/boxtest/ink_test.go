package boxtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"preau/edge/directory"
)

// inkKit reads a screen's ink: the colour at a place of the content, and
// whether the sheet lies on the picture.
const inkKit = `window.inkAt = (x, y) => {
	for (const c of [...document.querySelectorAll("p-ink canvas")].reverse()) {
		const d = c.getContext("2d").getImageData(Math.round(x * (c.width - 1)), Math.round(y * (c.height - 1)), 1, 1).data;
		if (d[3] > 200) return "#" + [...d.slice(0, 3)].map(v => v.toString(16).padStart(2, "0")).join("");
	}
	return "";
}, window.inkOff = () => {
	const v = document.querySelector(".scene video"), s = document.querySelector("p-ink");
	if (!v || !s || !v.videoWidth) return 9999;
	const b = v.getBoundingClientRect(), k = Math.min(b.width / v.videoWidth, b.height / v.videoHeight), r = s.getBoundingClientRect();
	const w = v.videoWidth * k, h = v.videoHeight * k;
	return Math.max(...[r.left - b.left - (b.width - w) / 2, r.top - b.top - (b.height - h) / 2, r.width - w, r.height - h].map(Math.abs));
}, true`

// drag draws with the mouse through points given as fractions of the sheet.
func (p *Page) drag(points ...[2]float64) {
	p.t.Helper()
	box := Eval[[]float64](p, `(() => { document.querySelector("p-ink[drawing]").scrollIntoView({block: "center"}); const r = document.querySelector("p-ink[drawing]").getBoundingClientRect(); return [r.x, r.y, r.width, r.height] })()`)
	send := func(kind input.DispatchMouseEventType, at [2]float64, buttons int64) {
		p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: box[0] + at[0]*box[2], Y: box[1] + at[1]*box[3],
				Button: "left", Buttons: buttons, ClickCount: 1})
			return err
		}))
	}
	send("mousePressed", points[0], 1)
	for i := 1; i < len(points); i++ {
		for step := 1; step <= 10; step++ {
			k := float64(step) / 10
			send("mouseMoved", [2]float64{points[i-1][0] + k*(points[i][0]-points[i-1][0]), points[i-1][1] + k*(points[i][1]-points[i-1][1])}, 1)
		}
	}
	send("mouseReleased", points[len(points)-1], 0)
}

// hasInk waits until a screen shows a colour at a place; none is "".
func (p *Page) hasInk(color string, x, y float64) {
	p.t.Helper()
	Eval[bool](p, inkKit)
	p.WaitFor(fmt.Sprintf(`document.querySelector("p-ink") ? inkAt(%g, %g) === %s : %s === ""`, x, y, quote(color), quote(color)), 10*time.Second)
}

// onPicture waits until the sheet lies on the picture to the pixel.
func (p *Page) onPicture() {
	p.t.Helper()
	Eval[bool](p, inkKit)
	p.WaitFor(`inkOff() < 1`, 10*time.Second)
}

const yellow = "#ffd400"

// TestInk is a teacher who writes over a film: on the board and on tablets at
// the right place at every size, for who comes late, over a restart of the
// box, and back when the film is opened again; and a board that is written on.
func TestInk(t *testing.T) {
	t.Parallel()
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher, board, pupil := b.NewPage("teacher", 1280, 800), b.NewPage("board", 1920, 1080), b.NewPage("pupil", 1024, 768)
	lesson := w.Seat(teacher, board, pupil)
	show := func() {
		t.Helper()
		Eval[bool](teacher, fmt.Sprintf(`document.querySelector('[data-do=open][data-item=%s]').click(), true`, quote(w.Film(1))))
		for _, s := range []*Page{board, pupil} {
			s.WaitFor(`document.querySelector(".scene video") && document.querySelector(".scene video").videoWidth > 0`, 20*time.Second)
		}
	}
	show()
	write(teacher)
	shots := func(p *Page, name string) {
		if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
			p.Shot(filepath.Join(dir, "ink-"+name+".png"), false)
		}
	}

	teacher.drag([2]float64{.2, .5}, [2]float64{.8, .5})
	for _, s := range []*Page{board, pupil, teacher} {
		s.hasInk(yellow, .5, .5)
		s.hasInk("", .5, .2)
		s.onPicture()
	}
	latency(t, teacher, board)
	shots(board, "board-1920")
	for _, size := range [][2]int64{{1024, 768}, {1920, 1080}} {
		board.Size(size[0], size[1])
		board.onPicture()
		board.hasInk(yellow, .3, .5)
		shots(board, fmt.Sprintf("board-%d", size[0]))
	}
	pupil.Size(768, 1024)
	pupil.onPicture()
	pupil.hasInk(yellow, .3, .5)
	if Eval[bool](pupil, `!!document.querySelector("p-ink[drawing], [data-ink-tools]")`) {
		t.Error("a pupil's tablet can draw")
	}
	late := b.NewPage("late", 1280, 720)
	w.SignIn(late, w.Account(directory.Pupil, "6eA", 1))
	late.hasInk(yellow, .5, .5)

	// Rubbed out, and back by undo.
	teacher.Click("[data-ink-tool=rub]")
	teacher.drag([2]float64{.5, .45}, [2]float64{.5, .55})
	for _, s := range []*Page{board, pupil, late, teacher} {
		s.hasInk("", .5, .5)
	}
	teacher.Click("[data-ink-do=undo]")
	for _, s := range []*Page{board, pupil, late, teacher} {
		s.hasInk(yellow, .5, .5)
	}
	for _, size := range [][2]int64{{320, 640}, {1280, 800}} {
		teacher.Size(size[0], size[1])
		shots(teacher, fmt.Sprintf("teacher-%d", size[0]))
	}
	for _, v := range teacher.Axe() {
		t.Errorf("the teacher's sheet: axe %s: %s %+v", v.ID, v.Help, v.Nodes)
	}

	// The board is written on while its teacher lets it.
	teacher.Click("[data-slate=chalk]")
	board.WaitFor(`!document.querySelector("[data-chalk]").hidden`, 10*time.Second)
	board.Click("[data-write]")
	board.Click("[data-chalk] [data-ink-color=red]")
	board.drag([2]float64{.3, .25}, [2]float64{.7, .25})
	pupil.hasInk("#e5231b", .5, .25)
	for _, size := range [][2]int64{{1024, 768}, {1920, 1080}} {
		board.Size(size[0], size[1])
		board.onPicture()
		shots(board, fmt.Sprintf("chalk-%d", size[0]))
		small := Eval[int](board, `[...document.querySelectorAll("[data-chalk] button")].filter(b => b.getBoundingClientRect().height < .0895 * innerHeight || b.getBoundingClientRect().top < innerHeight / 2).length`)
		if small > 0 {
			t.Errorf("at %d, %d tools of the board are small or high", size[0], small)
		}
	}
	for _, v := range board.Axe() {
		t.Errorf("the board's chalk: axe %s: %s %+v", v.ID, v.Help, v.Nodes)
	}
	teacher.Click("[data-slate=chalk]")
	board.WaitFor(`document.querySelector("[data-chalk]").hidden && !document.querySelector("p-ink[drawing]")`, 10*time.Second)

	// A restart of the box keeps it.
	w.Stop()
	w.Start()
	board.Open(w.Box + "/tableau")
	board.hasInk(yellow, .5, .5)
	board.hasInk("#e5231b", .5, .25)

	// Opened again, the film is clean; one tap brings the layer back.
	w.OpenClass(teacher, lesson)
	pupil.Open(w.Box + "/eleve/")
	show()
	board.hasInk("", .5, .5)
	write(teacher)
	teacher.WaitFor(`!document.querySelector("[data-slate=resume]").hidden`, 10*time.Second)
	teacher.Click("[data-slate=resume]")
	for _, s := range []*Page{board, pupil} {
		s.hasInk(yellow, .5, .5)
		s.hasInk("#e5231b", .5, .25)
	}
	teacher.Open(w.Box + "/prof/annotations")
	for _, v := range teacher.Axe() {
		t.Errorf("the list of annotations: axe %s: %s %+v", v.ID, v.Help, v.Nodes)
	}
	shots(teacher, "list")
	n := Eval[int](teacher, `document.querySelectorAll(".note-line").length`)
	teacher.Click(".note-line:last-child button")
	teacher.WaitFor(fmt.Sprintf(`document.querySelectorAll(".note-line").length === %d`, n-1), 10*time.Second)
	if n != 2 {
		t.Errorf("%d annotations are listed, want 2", n)
	}
}

// write opens the teacher's sheet.
func write(teacher *Page) {
	teacher.Click("[data-view=outils]")
	teacher.Click("[data-slate=open]")
	teacher.WaitFor(`document.querySelector("p-ink[drawing]") && document.querySelector("p-ink").getBoundingClientRect().height > 40 && document.querySelector(".slate-scene video").videoWidth > 0`, 10*time.Second)
	teacher.onPicture()
}

// latency measures how long after the teacher's press the board shows it.
func latency(t *testing.T, teacher, board *Page) {
	t.Helper()
	var all []float64
	for i := range 5 {
		y := .7 + .04*float64(i)
		Eval[bool](board, fmt.Sprintf(`window.seen = 0, (function look() { if (inkAt(.1, %g)) window.seen = Date.now(); else requestAnimationFrame(look) })(), true`, y))
		Eval[bool](teacher, `window.pressed = 0, document.querySelector("p-ink[drawing]").addEventListener("pointerdown", () => window.pressed = Date.now(), {once: true, capture: true}), true`)
		teacher.drag([2]float64{.1, y}, [2]float64{.14, y})
		board.WaitFor("window.seen > 0", 10*time.Second)
		all = append(all, Eval[float64](board, "window.seen")-Eval[float64](teacher, "window.pressed"))
	}
	t.Logf("from the press to the board: %.0f ms", all)
	for _, ms := range all {
		if ms > 1000 { // figures are logged; this only tells "at once" from "not"
			t.Errorf("a stroke took %.0f ms to the board", ms)
		}
	}
}
