package boxtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"preau"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/edge/timetable"
	"preau/internal/sqlite"
)

// wallRoom is where the boards of these tests hang.
const wallRoom = "204"

// wall is a box whose room 204 has a lesson now, given by a teacher without a
// browser, and one after it.
type wall struct {
	*Borne
	teacher *Visitor
	remote  *client.Client
	lesson  string
	class   string
}

func newWall(t *testing.T) *wall {
	t.Helper()
	w := &wall{Borne: NewBorne(t)}
	who := account(t, w.Borne, directory.Teacher, 0)
	w.class = account(t, w.Borne, directory.Pupil, 0).Group
	w.lesson = boardPlan(t, w.Data, w.class, who.Person)
	w.Start()
	w.Address = strings.TrimPrefix(w.URL(), "http://")
	w.teacher = NewVisitor(t, w.Borne)
	if err := w.teacher.SignIn(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	return w
}

// boardPlan replaces the week by two lessons of today in the wall's room: one that
// began ten minutes ago, and a next one with a long name.
func boardPlan(t *testing.T, data, class, teacher string) (lesson string) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	table, err := timetable.Open(t.Context(), db, zone)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	from := max(0, now.Hour()*60+now.Minute()-10)
	slots := []timetable.Slot{
		{Key: "a", Class: class, Teacher: teacher, Subject: "Français", Room: wallRoom, Weekday: now.Weekday(), From: from, Minutes: min(55, 24*60-1-from), Holidays: true},
	}
	if next := from + 60; next < 23*60 {
		slots = append(slots, timetable.Slot{Key: "b", Class: class, Teacher: teacher, Subject: "Enseignements pratiques interdisciplinaires", Room: wallRoom,
			Weekday: now.Weekday(), From: next, Minutes: 55, Holidays: true})
	}
	if err := table.Apply(t.Context(), demo.Source, slots); err != nil {
		t.Fatal(err)
	}
	lessons, err := table.All(t.Context(), now)
	if err != nil || len(lessons) == 0 {
		t.Fatalf("no lesson now: %v %v", lessons, err)
	}
	return lessons[0].ID.String()
}

// begin opens the lesson's room and its remote.
func (w *wall) begin(t *testing.T) {
	t.Helper()
	if _, err := w.teacher.Form(t.Context(), "/prof/classe/"+w.lesson, url.Values{}); err != nil {
		t.Fatal(err)
	}
	if w.remote != nil {
		return
	}
	base, err := url.Parse(w.URL())
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range w.teacher.client.Jar.Cookies(base) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	w.remote = client.New(client.Options{URL: w.URL(), Header: http.Header{"Cookie": {strings.Join(cookies, "; ")}}, Retry: 500 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = w.remote.Run(ctx) }) // a box that goes away is waited for
	t.Cleanup(func() { cancel(); running.Wait() })
	w.until(t, "the remote is in the room", func() bool { return w.remote.Here().Room != nil })
}

func (w *wall) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// say is one command of the teacher's.
func (w *wall) say(t *testing.T, m protocol.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := w.remote.Do(ctx, m); err != nil {
		t.Fatalf("%s: %v", protocol.KindOf(m), err)
	}
}

// pair claims the board's code for the lesson.
func (w *wall) pair(t *testing.T, board *Page) {
	t.Helper()
	waiting(board)
	if err := w.teacher.JSON(t.Context(), "/live/claim", map[string]string{"code": code(board), "room": w.lesson, "place": wallRoom}); err != nil {
		t.Fatal(err)
	}
	board.WaitFor(`document.querySelector("p-tableau[paired]") && document.querySelector("[data-class]").textContent`, 10*time.Second)
}

// approve is the office's: the board is remembered in its room.
func (w *wall) approve(t *testing.T, board string) {
	t.Helper()
	office := NewVisitor(t, w.Borne)
	if err := office.SignIn(t.Context(), account(t, w.Borne, directory.Principal, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := office.Form(t.Context(), "/compte/ecole/tableaux", url.Values{"do": {"approve"}, "board": {board}, "place": {"Salle " + wallRoom}}); err != nil {
		t.Fatal(err)
	}
}

// item waits until an item of a kind is on the box.
func (w *wall) item(t *testing.T, kind, end string) string {
	t.Helper()
	var id string
	w.until(t, kind+" on the box", func() bool {
		resp, body, err := w.teacher.Do(t.Context(), http.MethodGet, "/api/v1/items?limit=50&kind="+kind, "", nil)
		var page struct {
			Items []struct {
				ID        string
				Available *bool
			}
		}
		if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(body, &page) != nil {
			return false
		}
		i := slices.IndexFunc(page.Items, func(it struct {
			ID        string
			Available *bool
		}) bool {
			return strings.HasSuffix(it.ID, end) && (it.Available == nil || *it.Available)
		})
		if i >= 0 {
			id = page.Items[i].ID
		}
		return i >= 0
	})
	return id
}

func waiting(board *Page) {
	board.t.Helper()
	board.WaitFor(`document.querySelector("[data-code]").textContent.length > 5`, 10*time.Second)
}

func code(board *Page) string {
	return Eval[string](board, `document.querySelector("[data-code]").textContent`)
}

// boardID asks the box who this board is.
func boardID(board *Page) string {
	return Eval[string](board, `fetch("/live/boards", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}).then(r => r.json()).then(b => b.board)`)
}

// like sets media features of the page's reader, by name and value.
func like(p *Page, pairs ...string) {
	p.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}

// measure is what a wall may not do: text under 6 vh, contrast under 7:1, a
// target under 9 vh, what leaves the screen or its own box.
const measure = `(() => {
	const H = innerHeight, W = innerWidth, faults = [], size = (el) => parseFloat(getComputedStyle(el).fontSize);
	let smallest = 1e9, faintest = 1e9;
	const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((a, v, i) => a + v * [.2126, .7152, .0722][i], 0);
	const ground = (el) => { for (; el; el = el.parentElement) { const c = rgb(getComputedStyle(el).backgroundColor); if (c.length && (c[3] ?? 1) === 1) return c; } return [255, 255, 255]; };
	const name = (el) => el.tagName + "." + el.className + " " + el.textContent.trim().slice(0, 30);
	for (const el of document.querySelectorAll("body *")) {
		if (!el.checkVisibility({visibilityProperty: true, opacityProperty: true}) || el.closest("svg, iframe, noscript")) continue;
		const style = getComputedStyle(el), box = el.getBoundingClientRect();
		if (style.clipPath !== "none" || !box.width) continue;
		if ([...el.childNodes].some(n => n.nodeType === 3 && n.data.trim())) {
			const vh = size(el) / H * 100, a = lum(rgb(style.color)), b = lum(ground(el)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
			smallest = Math.min(smallest, vh); faintest = Math.min(faintest, ratio);
			if (vh < 5.99) faults.push(vh.toFixed(1) + " vh: " + name(el));
			if (ratio < 7) faults.push(ratio.toFixed(1) + ":1: " + name(el));
			if (/^H[12]$/.test(el.tagName) && vh < 7.99) faults.push("title of " + vh.toFixed(1) + " vh: " + name(el));
		}
		if (el.matches("button") && (box.height / H < .0899 || box.width / H < .0899)) faults.push("target of " + (box.height / H * 100).toFixed(1) + " vh: " + name(el));
		if (el.matches("button") && box.top / H < .5) faults.push("a target in the upper half: " + name(el));
		if (box.left < -1 || box.top < -1 || box.right > W + 1 || box.bottom > H + 1) faults.push("leaves the screen: " + name(el) + " " + [box.left, box.top, box.right, box.bottom].map(Math.round));
		if (style.display !== "inline" && el.clientWidth && el.scrollWidth > el.clientWidth + 2) faults.push("wider than its box: " + name(el));
		if (el.matches("[class^=tableau-], .scene-tools") && el.clientHeight && el.scrollHeight > el.clientHeight + H * .03) faults.push("taller than its box: " + name(el));
	}
	if (document.documentElement.scrollHeight > H || document.documentElement.scrollWidth > W) faults.push("the page scrolls");
	return JSON.stringify({smallest, faintest, faults: [...new Set(faults)]});
})()`

var wallSizes = [][2]int64{{1024, 768}, {1280, 800}, {1920, 1080}, {3840, 2160}}

// looked is a board's state at every size, measured; with PREAU_WALL, a folder, in pictures.
func looked(t *testing.T, board *Page, state string, shots string) {
	t.Helper()
	for _, s := range wallSizes {
		board.Size(s[0], s[1])
		board.WaitFor(`document.fonts.status === "loaded" && document.getAnimations().every(a => a.playState !== "running")`, 10*time.Second)
		var got struct {
			Smallest, Faintest float64
			Faults             []string
		}
		if err := json.Unmarshal([]byte(Eval[string](board, measure)), &got); err != nil {
			t.Fatal(err)
		}
		for _, fault := range got.Faults {
			t.Errorf("%s at %d×%d: %s", state, s[0], s[1], fault)
		}
		t.Logf("%s at %d×%d: smallest text %.1f vh, faintest %.1f:1", state, s[0], s[1], got.Smallest, got.Faintest)
		if shots != "" {
			board.Shot(filepath.Join(shots, fmt.Sprintf("%s-%d.png", state, s[0])), false)
		}
	}
	board.Size(1280, 800)
}

// seenBy is a state in each scheme, and with forced colours, without a fault
// that axe finds; colours are the same in both languages.
func seenBy(t *testing.T, board *Page, lang, state string) {
	t.Helper()
	all := [][]string{{"prefers-color-scheme", "light"}, {"prefers-color-scheme", "dark"}, {"forced-colors", "active"}}
	switch {
	case lang != "fr":
		all = all[:1]
	case os.Getenv("PREAU_THOROUGH") == "":
		all = all[:2]
	}
	for _, features := range all {
		like(board, features...)
		clean(t, board, lang+" "+state+", "+features[1])
	}
	like(board, "prefers-color-scheme", "light", "forced-colors", "none")
}

// before runs a script in every page opened next, before its own.
func (p *Page) before(script string) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}
