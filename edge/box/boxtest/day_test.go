package boxtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"preau/edge/directory"
)

// lineCut takes a page's network away, or gives it back.
var lineCut = cdp.Command[struct {
	Offline  bool    `json:"offline"`
	Latency  float64 `json:"latency"`
	Download float64 `json:"downloadThroughput"`
	Upload   float64 `json:"uploadThroughput"`
}, cdp.Empty]{Method: "Network.emulateNetworkConditions"}

func (p *Page) offline(cut bool) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		params := struct {
			Offline  bool    `json:"offline"`
			Latency  float64 `json:"latency"`
			Download float64 `json:"downloadThroughput"`
			Upload   float64 `json:"uploadThroughput"`
		}{cut, 0, -1, -1}
		_, err := cdp.Call(ctx, t, lineCut, params)
		return err
	}))
}

// rollsOf lists the teacher's lessons of today with a class, by their rolls'
// addresses.
func rollsOf(p *Page, base string) []string {
	p.Open(base + "/prof/")
	return Eval[[]string](p, `[...document.querySelectorAll('.seances a[href^="/prof/appel/"]')].map(a => a.getAttribute("href"))`)
}

// mark touches a pupil of the roll so many times, and sends the roll.
func mark(p *Page, touches map[int]int) {
	p.t.Helper()
	p.WaitFor(`document.querySelector("p-appel[enhanced]")`, 10*time.Second)
	for n, times := range touches {
		for range times {
			p.Click(fmt.Sprintf(".appel-carte:nth-child(%d) .appel-bouton", n))
		}
	}
	p.Click(".appel-valider")
	p.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 5*time.Second)
}

func pupilName(p *Page, n int) string {
	return Eval[string](p, fmt.Sprintf(`document.querySelector(".appel-carte:nth-child(%d)").dataset.name`, n))
}

// TestSchoolDay is one day of vie scolaire with the line cut from the morning
// to the evening: every lesson has its roll, empty ones too; an absence is on
// the office's page at once and waits to be told; coming late converts it;
// half-days are counted right; the cahier de textes reaches the class; a room
// is not given twice; lunch is counted without the absent; and in the evening
// all of it leaves once.
func TestSchoolDay(t *testing.T) {
	borne := NewBorne(t)
	borne.Collect()
	borne.Start()
	caughtUp(t, borne)
	borne.Origin.Cut.Store(true)
	borne.Store.Stop()

	b := NewBrowser(t)
	base := borne.URL()
	office, teacher, other := b.NewPage("office", 1280, 800), b.NewPage("teacher", 1280, 800), b.NewPage("other teacher", 1280, 800)
	SignIn(office, base, account(t, borne, directory.Principal, 0))
	office.WaitFor(`location.pathname === "/direction/"`, 10*time.Second)
	SignIn(teacher, base, account(t, borne, directory.Teacher, 0))
	SignIn(other, base, account(t, borne, directory.Teacher, 1))
	rolls, others := rollsOf(teacher, base), rollsOf(other, base)
	if len(rolls) < 3 || len(others) < 3 {
		t.Fatalf("the timetable has %d and %d lessons today", len(rolls), len(others))
	}

	// First lesson: one absent, on the office's page at once.
	teacher.Open(base + rolls[0])
	away := pupilName(teacher, 3)
	start := time.Now()
	mark(teacher, map[int]int{3: 1})
	office.WaitFor(fmt.Sprintf(`[...document.querySelectorAll(".absent h3")].some(e => e.textContent === %q)`, away), 10*time.Second)
	t.Logf("an absence is on the office's page %v after the first touch", time.Since(start).Round(time.Millisecond))
	if text := office.Text("#absents + p, .absents"); text == "" {
		t.Error("nothing says who is told")
	}
	if n := Eval[int](office, `document.querySelectorAll(".absent").length`); n != 1 {
		t.Errorf("%d absents on the page, want 1", n)
	}

	// It was late after all: the office corrects, in the law's words.
	lesson := strings.TrimPrefix(rolls[0], "/prof/appel/")
	office.Open(base + "/direction/appel/" + lesson)
	clean(t, office, "a roll to correct")
	office.Do(chromedp.SetValue(".corrige li:nth-child(3) select", "late"))
	office.Do(chromedp.SetValue(".corrige li:nth-child(3) input", "12"))
	office.Click("form .primary")
	office.WaitFor(`location.pathname === "/direction/" && document.querySelector(".retards")`, 10*time.Second)
	if text := office.Text(".retards"); !strings.Contains(text, away) || !strings.Contains(text, "12") {
		t.Errorf("the late pupil is not told as such: %s", text)
	}
	if Eval[bool](office, `!!document.querySelector(".absent")`) {
		t.Error("the absence was not converted")
	}

	// The others: one pupil misses two lessons of one class; the rest are empty.
	second := rolls[1]
	teacher.Open(base + second)
	gone := pupilName(teacher, 5)
	mark(teacher, map[int]int{5: 1})
	for i, roll := range append(rolls[2:], others...) {
		page := teacher
		if i >= len(rolls)-2 {
			page = other
		}
		page.Open(base + roll)
		mark(page, nil)
	}
	office.WaitFor(fmt.Sprintf(`document.querySelector(".absents") && document.querySelector(".absents").textContent.includes(%q)`, gone), 10*time.Second)
	if err := poll(20*time.Second, func() bool { return !Eval[bool](office, `!!document.querySelector(".manquants")`) }); err != nil {
		t.Errorf("rolls are missing: %s", office.Text(".manquants"))
	}
	clean(t, office, "the office's day")
	office.Size(320, 800)
	clean(t, office, "the office's day at 320 px")
	office.Size(1280, 800)
	Eval[bool](office, `document.querySelector(".absent select").focus(), true`) // the page leaves alone what is in use
	office.Do(chromedp.SetValue(".absent select", "transport"))
	office.Click(".motifs button")
	office.WaitFor(`document.querySelector(".motifs .done")`, 10*time.Second)
	office.Click(".absent h3 a")
	office.WaitFor(`location.pathname.startsWith("/direction/eleve/")`, 10*time.Second)
	clean(t, office, "a pupil's year")
	if got := Eval[[]string](office, `[...document.querySelectorAll(".chiffres dd")].map(e => e.textContent)`); len(got) != 2 || got[0] != "1" || got[1] != "0" {
		t.Errorf("half-days %v, want one justified", got)
	}

	cahierAndRooms(t, borne, rolls[0])

	// Evening: the line is back, and everything leaves once.
	borne.Origin.Cut.Store(false)
	borne.Store.Restart(t)
	caughtUp(t, borne)
}

// poll asks until it is so.
func poll(limit time.Duration, so func() bool) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if so() {
			return nil
		}
	}
	return context.DeadlineExceeded
}

// cahierAndRooms writes what was done for the class to read, and finds a room
// taken.
func cahierAndRooms(t *testing.T, borne *Borne, roll string) {
	t.Helper()
	ctx := t.Context()
	first, second, pupil := NewVisitor(t, borne), NewVisitor(t, borne), NewVisitor(t, borne)
	for v, a := range map[*Visitor]int{first: 0, second: 1} {
		if err := v.SignIn(ctx, account(t, borne, directory.Teacher, a)); err != nil {
			t.Fatal(err)
		}
	}
	if err := pupil.SignIn(ctx, account(t, borne, directory.Pupil, 0)); err != nil {
		t.Fatal(err)
	}
	tomorrow := time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	lesson := strings.TrimPrefix(roll, "/prof/appel/")
	_, err := first.Form(ctx, "/prof/cahier/"+lesson, url.Values{"version": {"0"}, "content": {"Les adjectifs"}, "work": {"Apprendre la règle"}, "due": {tomorrow}, "published": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, body, err := pupil.Do(ctx, http.MethodGet, "/eleve/cahier", "", nil)
	if err != nil || !strings.Contains(string(body), "Apprendre la règle") && !strings.Contains(string(body), "Les adjectifs") {
		other := NewVisitor(t, borne) // the first pupil may be of the other class
		if err := other.SignIn(ctx, account(t, borne, directory.Pupil, 40)); err != nil {
			t.Fatal(err)
		}
		if _, body, err = other.Do(ctx, http.MethodGet, "/eleve/cahier", "", nil); err != nil || !strings.Contains(string(body), "Apprendre la règle") {
			t.Errorf("no pupil reads what is to be done: %v", err)
		}
	}
	_, body, err = first.Do(ctx, http.MethodGet, "/prof/reservations", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	room := between(string(body), `<optgroup label="Salles"><option value="`, `"`)
	if room == "" {
		t.Fatal("nothing can be booked")
	}
	booking := url.Values{"what": {room}, "day": {time.Now().AddDate(0, 0, 3).Format(time.DateOnly)}, "from": {"19:10"}, "to": {"19:40"}, "purpose": {"Réunion"}}
	count := func(v *Visitor) int {
		_, body, err := v.Do(ctx, http.MethodGet, "/prof/reservations", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(body), "Réunion")
	}
	if _, err := first.Form(ctx, "/prof/reservations", booking); err != nil {
		t.Fatal(err)
	}
	if n := count(first); n != 1 {
		t.Fatalf("%d bookings, want 1", n)
	}
	_, _ = second.Form(ctx, "/prof/reservations", booking) // refused, on the page or as a conflict
	if n := count(second); n != 1 {
		t.Errorf("%d bookings of one room at one time", n)
	}
}

func between(s, before, after string) string {
	_, rest, ok := strings.Cut(s, before)
	if !ok {
		return ""
	}
	inside, _, _ := strings.Cut(rest, after)
	return inside
}

// TestTwoTablets_OneRollOffline: two tablets take the same roll while neither
// reaches the box; back in reach, the clash is shown to who came second and to
// the office, and one touch settles it.
func TestTwoTablets_OneRollOffline(t *testing.T) {
	borne := NewBorne(t)
	borne.Collect()
	borne.Start()
	b := NewBrowser(t)
	base := borne.URL()
	one, two, office := b.NewPage("one", 1280, 800), b.NewPage("two", 1280, 800), b.NewPage("office", 1280, 800)
	SignIn(one, base, account(t, borne, directory.Teacher, 0))
	SignIn(two, base, account(t, borne, directory.Teacher, 1))
	SignIn(office, base, account(t, borne, directory.Principal, 0))
	roll := rollsOf(one, base)[0]
	for _, p := range []*Page{one, two} {
		p.Open(base + roll)
		p.WaitFor(`document.querySelector("p-appel[enhanced]")`, 10*time.Second)
		p.offline(true)
	}
	first, second := pupilName(one, 3), pupilName(two, 4)
	mark(one, map[int]int{3: 1})
	mark(two, map[int]int{4: 1})
	one.offline(false)
	Eval[bool](one, `dispatchEvent(new Event("online")), true`)
	office.WaitFor(fmt.Sprintf(`document.body.textContent.includes(%q)`, first), 30*time.Second)
	two.offline(false)
	Eval[bool](two, `dispatchEvent(new Event("online")), true`)
	two.WaitFor(`!document.querySelector("a[data-clash]").hidden`, 30*time.Second)
	office.WaitFor(`document.querySelector(".clash")`, 10*time.Second)
	if text := office.Text(".clash"); !strings.Contains(text, first) || !strings.Contains(text, second) {
		t.Errorf("the office does not see both: %s", text)
	}
	clean(t, office, "a clash at the office")
	two.Click("a[data-clash]")
	two.WaitFor(`document.querySelector(".appel-clash")`, 10*time.Second)
	clean(t, two, "a clash on the roll")
	Eval[bool](two, fmt.Sprintf(`[...document.querySelectorAll(".appel-clash > div")].find(d => d.textContent.includes(%q)).querySelector("button").click(), true`, second))
	two.WaitFor(`!document.querySelector(".appel-clash") && document.querySelector("p-appel[enhanced]")`, 10*time.Second)
	office.WaitFor(fmt.Sprintf(`!document.querySelector(".clash") && document.querySelector(".absents").textContent.includes(%q)`, second), 10*time.Second)
	caughtUp(t, borne)
}
