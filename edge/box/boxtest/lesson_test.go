package boxtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/provisioning/authority"
	"preau/sync/bucket"
	"preau/sync/console"
	"preau/sync/lake"
)

// TestLesson is the main job: one teacher, one board, three pupils, each a
// device of its own in a real browser; the roll; a film in step on every
// screen; and everything recorded found once in the store and on the console.
func TestLesson(t *testing.T) {
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher, board := b.NewPage("teacher", 1280, 800), b.NewPage("board", 1920, 1080)
	var pupils []*Page
	for i := range 3 {
		p := b.NewPage(fmt.Sprintf("pupil %d", i+1), 1024, 768)
		w.SignIn(p, w.Account(directory.Pupil, "6eA", i))
		pupils = append(pupils, p)
	}
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	lesson := w.OpenLesson(teacher, "6eA")
	takeRoll(t, teacher)

	board.Open(w.Box + "/tableau")
	w.OpenClass(teacher, lesson)
	w.Pair(teacher, board)
	screens := append([]*Page{board}, pupils...)
	openFilm(t, w, teacher, screens)
	inStep(t, screens)

	teacher.Click("[data-do=toggle]")
	for _, s := range screens {
		s.WaitFor(`document.querySelector(".scene video").paused`, 5*time.Second)
	}
	teacher.WaitFor(`document.querySelectorAll("[data-pupils] li").length >= 3`, 5*time.Second)
	teacher.Click("[data-do=close]")
	for _, p := range pupils {
		p.WaitFor(`!document.querySelector("[data-scene] video")`, 5*time.Second)
	}
	board.WaitFor(`!document.querySelector("p-tableau").hasAttribute("onstage")`, 5*time.Second)

	watchAlone(w, pupils)
	Eval[bool](teacher, `document.querySelector("[data-do=end]").click(), true`)
	teacher.WaitFor(`location.pathname === "/prof/"`, 10*time.Second)
	everythingArrived(t, w)
}

// takeRoll marks three pupils absent in at most six interactions, the page's
// opening not counted.
func takeRoll(t *testing.T, teacher *Page) {
	t.Helper()
	teacher.WaitFor(`document.querySelector("p-appel[enhanced]")`, 10*time.Second)
	if n := Eval[int](teacher, `document.querySelectorAll(".appel-bouton").length`); n != 30 {
		t.Fatalf("the roll shows %d pupils, want 30", n)
	}
	// The whole class and the button, without scrolling.
	if below := Eval[int](teacher, `[...document.querySelectorAll(".appel-bouton, .appel-valider")].filter(b => b.getBoundingClientRect().bottom > innerHeight || b.getBoundingClientRect().top < 0).length`); below > 0 {
		t.Errorf("%d of the roll's buttons are not on a screen of 1280×800", below)
	}
	interactions := 0
	for _, i := range []int{3, 11, 24} {
		teacher.Click(fmt.Sprintf(".appel-carte:nth-child(%d) .appel-bouton", i))
		interactions++
	}
	if got := teacher.Text("[data-count=absent]"); got != "3" {
		t.Fatalf("the page counts %s absents, want 3", got)
	}
	teacher.Click(".appel-valider")
	interactions++
	teacher.WaitFor(`document.querySelector("[data-note]").textContent !== ""`, 5*time.Second)
	if interactions > 6 {
		t.Fatalf("the roll took %d interactions", interactions)
	}
	t.Logf("the roll of 30 with 3 absents: %d interactions", interactions)
}

// openFilm pushes a film and measures, in each browser, how long after the
// press its picture moves.
func openFilm(t *testing.T, w *World, teacher *Page, screens []*Page) {
	t.Helper()
	for _, s := range screens {
		// Each screen notes when its film appears, by the clock they share.
		Eval[bool](s, `window.seen = 0, new MutationObserver(() => {
			if (!window.seen && document.querySelector(".scene video")) window.seen = Date.now();
		}).observe(document.body, {childList: true, subtree: true}), true`)
	}
	pressed := Eval[float64](teacher, fmt.Sprintf(`(document.querySelector('[data-do=open][data-item=%s]').click(), Date.now())`, quote(w.Film(1))))
	for _, s := range screens {
		s.WaitFor("window.seen > 0", 5*time.Second)
		took := Eval[float64](s, "window.seen") - pressed
		t.Logf("%s opened the film %.0f ms after the press", s.Name, took)
		if took > 1000 {
			t.Errorf("%s opened the film after %.0f ms, want at most 1000", s.Name, took)
		}
	}
}

// inStep reads every screen's position against the clock they share.
func inStep(t *testing.T, screens []*Page) {
	t.Helper()
	for _, s := range screens {
		s.WaitFor(`document.querySelector(".scene video").currentTime > 1.5`, 20*time.Second)
	}
	var first float64
	for i, s := range screens {
		// Where this screen's film started, on the common clock.
		start := Eval[float64](s, `new Promise(r => setTimeout(r, 1500)).then(() => Date.now() - document.querySelector(".scene video").currentTime * 1000)`)
		if i == 0 {
			first = start
		}
		t.Logf("%s is %+.0f ms from the board", s.Name, start-first)
		if d := start - first; d > 1000 || d < -1000 { // figures are logged; this only tells "in step" from "not"
			t.Errorf("%s is %.0f ms away from the board", s.Name, d)
		}
		if captions := Eval[string](s, `[...document.querySelector(".scene video").textTracks].map(t => t.mode).join()`); captions != "showing" {
			t.Errorf("%s: captions are %q, want showing", s.Name, captions)
		}
	}
}

// watchAlone has each pupil play a film to its end, faster than life.
func watchAlone(w *World, pupils []*Page) {
	for i, p := range pupils {
		p.Open(w.Box + "/eleve/ressource/" + w.Film(i+2))
		p.WaitFor(`document.querySelector("p-video video").readyState >= 1`, 15*time.Second)
		p.Click("p-video .controls .play")
		p.WaitFor(`document.querySelector("p-video video").currentTime > 0.3`, 10*time.Second)
		Eval[bool](p, `document.querySelector("p-video video").playbackRate = 8, true`)
	}
	for _, p := range pupils {
		p.WaitFor(`document.querySelector("p-video video").ended`, 30*time.Second)
	}
	for _, p := range pupils {
		// « ✓ Terminé » is computed by the box, once the tablet's outbox reached it.
		p.WaitFor(`fetch("/eleve/", {cache: "no-store"}).then(r => r.text()).then(page => new DOMParser().parseFromString(page, "text/html").querySelector(".done"))`, 20*time.Second)
	}
}

// everythingArrived compares the box's journal with the store: each statement
// once, none more, the proof clean, the console telling the same.
func everythingArrived(t *testing.T, w *World) {
	t.Helper()
	want := journalIDs(t, w)
	if want[preau.StreamAttendance] == nil || want[preau.StreamLearning] == nil {
		t.Fatalf("the journal lacks a stream: %v", want)
	}
	authority, err := authority.Open(filepath.Join(w.Dir, "authority"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	store := openStore(t, w)
	l := lake.New(store, authority.Pool())
	deadline := time.Now().Add(60 * time.Second)
	for {
		want = journalIDs(t, w)
		missing := compare(t, l, want)
		if missing == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d statements are not in the store\n%s", missing, w.Log())
		}
		time.Sleep(time.Second) // the uplink has its own pace
	}
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, "lake", "verify", w.Store, "--dir", w.Dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "whole and authentic") {
		t.Fatalf("lake verify: %v\n%s", err, out)
	}
	t.Logf("%s", strings.TrimSpace(string(out)))
	for {
		var e console.Edition
		if err := Get(t.Context(), w.Console+"/api/v1/edition", &e); err != nil {
			t.Fatal(err)
		}
		if len(e.Boxes) == 1 && e.Boxes[0].Rolls == 1 && e.Boxes[0].Absent == 3 && e.Boxes[0].Expected == 30 && len(e.Faults) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the console tells otherwise: %+v", e)
		}
		time.Sleep(time.Second) // editions have their own pace
	}
}

func openStore(t *testing.T, w *World) bucket.Bucket {
	t.Helper()
	key := readStore(t, w.Dir)
	b, err := bucket.Open(w.Store, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compare counts the statements of the journal that the store lacks, and
// fails on any that it has twice or that the journal never had.
func compare(t *testing.T, l *lake.Lake, want map[preau.Stream]map[preau.ID]bool) (missing int) {
	t.Helper()
	boxes, err := l.Boxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for stream, ids := range want {
		seen := map[preau.ID]int{}
		for _, b := range boxes {
			for f, err := range l.Facts(t.Context(), b, stream, time.Now().AddDate(0, 0, -2), time.Now().AddDate(0, 0, 2)) {
				if err != nil {
					t.Fatal(err)
				}
				seen[f.ID]++
				if !ids[f.ID] && stream != preau.StreamTelemetry {
					t.Fatalf("the store has statement %s (%s), the journal has not", f.ID, f.Verb)
				}
			}
		}
		switch stream {
		case preau.StreamContent, preau.StreamCase, preau.StreamMessage:
			continue // what is somebody's own stays; the rest leaves sealed, if at all
		}
		for id := range ids {
			switch seen[id] {
			case 0:
				missing++
			case 1:
			default:
				t.Fatalf("statement %s is %d times in the store", id, seen[id])
			}
		}
	}
	return missing
}
