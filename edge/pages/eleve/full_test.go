package eleve_test

import (
	"testing"
	"time"

	"preau/edge/box/boxtest"
)

// TestPlayer_WaitsWhenTheNetworkIsFull: the box refuses the film for now, the
// page says so, and it starts by itself once there is room.
func TestPlayer_WaitsWhenTheNetworkIsFull(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.full.Store(true)
	p := boxtest.NewBrowser(t).NewPage("pupil", 1280, 800)
	s.signIn(p)
	s.open(p, "film")
	const film = `document.querySelector(".screen video")`
	p.WaitFor(`!document.querySelector(".wait").hidden && document.querySelector(".trouble").hidden`, 10*time.Second)
	for _, v := range p.Axe() {
		t.Errorf("%s: %s", v.ID, v.Help)
	}
	p.Click("button.play")
	s.full.Store(false)
	p.WaitFor("!"+film+".paused && "+film+".currentTime > 0.5", 20*time.Second)
	p.WaitFor(`document.querySelector(".wait").hidden`, 5*time.Second)
}

// TestPlayer_TakesTheVersionThatFitsTheScreen: the smallest that fills it
// comes first, lighter ones after, finer ones not at all.
func TestPlayer_TakesTheVersionThatFitsTheScreen(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	p := boxtest.NewBrowser(t).NewPage("pupil", 1280, 800)
	s.signIn(p)
	s.open(p, "film")
	heights := boxtest.Eval[string](p, `(() => {
		const screenful = Math.min(screen.width, screen.height) * devicePixelRatio;
		const other = document.querySelector("p-video").cloneNode(true), film = other.querySelector(".screen video");
		const one = film.querySelector("source");
		for (const times of [4, 2, 1, 0.5]) {
			const s = one.cloneNode();
			s.dataset.height = Math.ceil(screenful * times);
			s.dataset.times = times;
			film.insertBefore(s, one);
		}
		one.remove();
		document.querySelector("p-video").replaceWith(other);
		return [...film.querySelectorAll("source")].map((s) => s.dataset.times).join();
	})()`)
	if heights != "1,0.5" {
		t.Errorf("the browser is given the versions %s times the screen, want 1 and 0.5", heights)
	}
}
