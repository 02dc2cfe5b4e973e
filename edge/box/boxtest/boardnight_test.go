package boxtest

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"preau/edge/live/protocol"
)

// weight is what a page holds, rubbish swept out first.
func (p *Page) weight() map[string]float64 {
	p.t.Helper()
	held := map[string]float64{}
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, performance.Enable, performance.EnableParams{}); err != nil {
			return err
		}
		for range 3 {
			if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				return err
			}
		}
		got, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, m := range got.Metrics {
			held[m.Name] = m.Value
		}
		return nil
	}))
	return held
}

// TestBoard_GrowsNoHeavierOvernight opens and closes films, and cuts the line,
// again and again; PREAU_NIGHT says how often.
func TestBoard_GrowsNoHeavierOvernight(t *testing.T) {
	thorough(t)
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board := b.NewPage("board", 1280, 800)
	board.before(`const Line = WebSocket; window.lines = 0;
		window.WebSocket = class extends Line { constructor(...a) { super(...a); window.line = this; this.addEventListener("message", (e) => { if (JSON.parse(e.data).t === "welcome") window.lines++; }); } };
		Math.random = () => 0;`)
	board.Open(w.URL() + "/tableau")
	w.pair(t, board)
	film, text := w.item(t, "video", "1"), w.item(t, "video", "2")
	cycle := func(i int) {
		item := film
		if i%2 == 1 {
			item = text
		}
		w.say(t, &protocol.Open{Item: item, Playing: true})
		board.WaitFor(`document.querySelector(".scene video")`, 20*time.Second)
		w.say(t, &protocol.Close{})
		board.WaitFor(`!document.querySelector(".scene")`, 20*time.Second)
		Eval[bool](board, `(window.before = window.lines, window.line.close(4001), true)`)
		board.WaitFor(`window.lines > window.before`, 20*time.Second)
	}
	times := 40
	if n, err := strconv.Atoi(os.Getenv("PREAU_NIGHT")); err == nil {
		times = n
	}
	for i := range 20 { // what is made once
		cycle(i)
	}
	before := board.weight()
	for i := range times {
		cycle(i)
	}
	after := board.weight()
	for name, most := range map[string]float64{"JSHeapUsedSize": 400_000, "Nodes": 60, "JSEventListeners": 20, "Documents": 2} {
		t.Logf("%d openings and cuts: %s %.0f, then %.0f", times, name, before[name], after[name])
		if grown := after[name] - before[name]; grown > most {
			t.Errorf("%s grew by %.0f", name, grown)
		}
	}
}

// TestBoard_ComesBackByItself kills the box under a lesson, starts it again,
// gives it pages of another build, and reloads the board.
func TestBoard_ComesBackByItself(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board := b.NewPage("board", 1280, 800)
	board.before(`const load = fetch; let refused = 0;
		window.fetch = (url, o) => String(url).startsWith("/scene/") && refused++ < 2 ? Promise.resolve(new Response("", {status: 503})) : load(url, o);`)
	board.Open(w.URL() + "/tableau")
	w.pair(t, board)
	film := w.item(t, "video", "1")
	w.say(t, &protocol.Open{Item: film, Playing: true})
	// What the box cannot give at once is asked for again; it is not "missing".
	board.WaitFor(`document.querySelector("[data-note]").textContent === document.querySelector("p-tableau").dataset.offline`, 5*time.Second)
	playing := `document.querySelector(".scene video") && !document.querySelector(".scene video").paused`
	board.WaitFor(playing, 10*time.Second)
	board.before(`window.loads = 1`)
	w.Kill()
	board.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 15*time.Second)
	w.Start()
	up := time.Now()
	board.WaitFor(`document.querySelector("[data-note]").textContent === ""`, 10*time.Second)
	took := time.Since(up)
	t.Logf("the board was back %.1f s after the box", took.Seconds())
	if took > 5*time.Second {
		t.Errorf("the board was back after %v", took)
	}
	if Eval[bool](board, "!!window.loads") {
		t.Error("the board reloaded its page to come back")
	}
	board.WaitFor(playing, 10*time.Second)
	board.Open(w.URL() + "/tableau")
	board.WaitFor(playing, 10*time.Second)

	// A lesson under way is not interrupted by a new version of the page; a
	// board between lessons takes it up.
	board.before(`const ask = fetch; window.fetch = async (url, o) => {
		const answer = await ask(url, o);
		return url !== "/tableau/etat" ? answer : new Response(JSON.stringify({...await answer.json(), build: "another"}), {status: 200});
	}; sessionStorage.setItem("loads", 1 + Number(sessionStorage.getItem("loads")));`)
	board.Open(w.URL() + "/tableau")
	board.WaitFor(playing, 10*time.Second)
	if n := Eval[string](board, `sessionStorage.getItem("loads")`); n != "1" {
		t.Errorf("the page was loaded %s times during the lesson", n)
	}
	w.say(t, &protocol.End{})
	board.WaitFor(`sessionStorage.getItem("loads") === "2"`, 10*time.Second)
	waiting(board)
	board.WaitFor(`document.querySelector("[data-next]")`, time.Second)
	if n := Eval[string](board, `new Promise(r => setTimeout(r, 1500)).then(() => sessionStorage.getItem("loads"))`); n != "2" {
		t.Errorf("the page was loaded %s times: it goes round and round", n)
	}
}
