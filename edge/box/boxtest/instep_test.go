package boxtest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// inStepMs is what a class does not see or hear.
const inStepMs = 80

// TestScreens_PlayInStep has two boards and three tablets play one film, and
// compares where each stands at the same instants, after each command.
func TestScreens_PlayInStep(t *testing.T) {
	thorough(t)
	w := newWall(t)
	b := NewBrowser(t)
	var screens []*Page
	for i := range 2 {
		p := b.NewPage(fmt.Sprintf("board %d", i+1), 640, 480)
		p.Open(w.URL() + "/tableau")
		w.pair(t, p)
		screens = append(screens, p)
	}
	pupils := 0
	for _, a := range w.Accounts {
		if a.Role == string(directory.Pupil) && a.Group == w.class && pupils < 3 {
			pupils++
			p := b.NewPage(fmt.Sprintf("tablet %d", pupils), 640, 480)
			SignIn(p, w.URL(), a)
			screens = append(screens, p)
		}
	}
	film := w.item(t, "video", "1")
	pause := func() { w.say(t, &protocol.Pause{}) }
	for _, step := range []struct {
		name string
		rate float64
		do   func()
	}{
		{"open", 1, func() { w.say(t, &protocol.Open{Item: film, Playing: true}) }},
		{"seek", 1, func() { w.say(t, &protocol.Seek{Position: 12}) }},
		{"pause and play", 1, func() {
			pause()
			for _, s := range screens {
				s.WaitFor(`document.querySelector(".scene video").paused`, 5*time.Second)
			}
			w.say(t, &protocol.Play{})
		}},
		{"speed 1.5", 1.5, func() { w.say(t, &protocol.SetRate{Rate: 1.5}) }},
	} {
		step.do()
		settled, spread := together(t, w, screens, step.rate)
		t.Logf("%s: %d screens within %d ms of each other after %.1f s; then median %.0f, p95 %.0f, worst %.0f ms", step.name, len(screens), inStepMs,
			settled.Seconds(), spread[len(spread)/2], spread[len(spread)*95/100], spread[len(spread)-1])
		// Figures are logged; on a machine that does ten other things this only
		// tells "in step" from "not".
		if median := spread[len(spread)/2]; median > inStepMs {
			t.Errorf("%s: %.0f ms apart for half of the time", step.name, median)
		}
	}
	pause()
	var stopped []float64
	for _, s := range screens {
		s.WaitFor(`document.querySelector(".scene video").paused`, 5*time.Second)
		stopped = append(stopped, Eval[float64](s, `new Promise(r => setTimeout(r, 600)).then(() => document.querySelector(".scene video").currentTime * 1000)`))
	}
	if apart := slices.Max(stopped) - slices.Min(stopped); apart > inStepMs {
		t.Errorf("paused, the screens show pictures %.0f ms apart", apart)
	} else {
		t.Logf("paused: %.0f ms apart", apart)
	}
	comesBackFromTheEnd(t, w, screens)
}

// comesBackFromTheEnd sends a film far past its end, and back.
func comesBackFromTheEnd(t *testing.T, w *wall, screens []*Page) {
	w.say(t, &protocol.Play{})
	w.say(t, &protocol.Seek{Position: 3000})
	for _, s := range screens {
		s.WaitFor(`(f => f.ended || f.currentTime > f.duration - 0.5)(document.querySelector(".scene video"))`, 10*time.Second)
	}
	w.say(t, &protocol.Seek{Position: 3})
	for _, s := range screens {
		s.WaitFor(`(f => !f.paused && f.currentTime > 3 && f.currentTime < 15)(document.querySelector(".scene video"))`, 10*time.Second)
	}
}

// together samples every screen for six seconds and gives how long after the
// start they are within inStepMs, and from then on how far apart the first and
// the last are, sorted. All run on one machine: their clock is the same.
func together(t *testing.T, w *wall, screens []*Page, rate float64) (settled time.Duration, spread []float64) {
	t.Helper()
	for _, s := range screens {
		s.WaitFor(`document.querySelector(".scene video") && !document.querySelector(".scene video").paused`, 15*time.Second)
		Eval[bool](s, `(() => {
			const film = document.querySelector(".scene video"), seen = window.seen = [];
			clearInterval(window.looking);
			window.looking = setInterval(() => seen.push([performance.timeOrigin + performance.now(), film.currentTime * 1000]), 25);
			return true;
		})()`)
	}
	select {
	case <-time.After(6 * time.Second): // of film
	case <-t.Context().Done():
	}
	var all [][][2]float64
	from, to := 0.0, math.Inf(1)
	for _, s := range screens {
		var seen [][2]float64
		if err := json.Unmarshal([]byte(Eval[string](s, `(clearInterval(window.looking), JSON.stringify(window.seen))`)), &seen); err != nil || len(seen) < 20 {
			t.Fatalf("%s was looked at %d times: %v", s.Name, len(seen), err)
		}
		all = append(all, seen)
		from, to = max(from, seen[0][0]), min(to, seen[len(seen)-1][0])
	}
	apart := func(at float64) float64 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, seen := range all {
			i := max(1, slices.IndexFunc(seen, func(s [2]float64) bool { return s[0] >= at }))
			stood := seen[i-1][1] + (at-seen[i-1][0])*rate
			low, high = min(low, stood), max(high, stood)
		}
		return high - low
	}
	settledAt := from
	for at := from; at < to; at += 25 { // the last time that five looks in a row were apart
		if at+125 < to && apart(at) > inStepMs && apart(at+50) > inStepMs && apart(at+100) > inStepMs {
			settledAt = at + 125
		}
	}
	for at := min(settledAt, to-1500); at < to; at += 25 {
		spread = append(spread, apart(at))
	}
	slices.Sort(spread)
	return time.Duration(settledAt-from) * time.Millisecond, spread
}
