package boxtest

import (
	"strings"
	"testing"
	"time"

	"preau/edge/live/protocol"
)

const own = `document.querySelector("main video")`

// TestTablet_InALesson: what a pupil says is seen and taken back, a push never
// steals an exercise or a film of one's own, nothing on the page moves, what
// happens is announced politely, and attention gives back everything as it was.
func TestTablet_InALesson(t *testing.T) {
	t.Parallel()
	s := newTablets(t, false)
	s.begin()
	a := s.pupil(0)
	p := NewBrowser(t).NewPage("pupil", 768, 1024)
	SignIn(p, s.plain(), a)
	p.WaitFor(`!document.querySelector("[data-tools]").hidden`, 10*time.Second)

	for _, c := range []struct {
		button string
		known  func(protocol.Member) bool
	}{
		{"hand", func(m protocol.Member) bool { return m.Hand != 0 }},
		{"done", func(m protocol.Member) bool { return m.Mood == protocol.MoodDone }},
		{"stuck", func(m protocol.Member) bool { return m.Mood == protocol.MoodStuck }},
	} {
		said := p.Text("[data-says]")
		p.Click("[data-live=" + c.button + "]")
		p.WaitFor(`document.querySelector("[data-live=`+c.button+`]").getAttribute("aria-pressed") === "true"`, 2*time.Second)
		s.knows(a.Person, c.button, c.known)
		if got := p.Text("[data-says]"); got == said || got == "" {
			t.Errorf("%s is not announced: %q", c.button, got)
		}
	}
	p.WaitFor(`document.querySelector("[data-live=done]").getAttribute("aria-pressed") === "false"`, 2*time.Second)
	axeClean(p, "hand up and stuck")

	// On the next page it is still so, for the pupil and for the teacher.
	p.Open(s.plain() + "/eleve/ressource/" + adjective)
	p.WaitFor(`document.querySelector("[data-live=hand]").getAttribute("aria-pressed") === "true"`, 10*time.Second)
	s.knows(a.Person, "the hand on the next page, and the film", func(m protocol.Member) bool {
		return m.Hand != 0 && m.Mood == protocol.MoodStuck && m.Item == adjective
	})
	p.Click("[data-live=hand]")
	p.Click("[data-live=stuck]")
	s.knows(a.Person, "nothing any more", func(m protocol.Member) bool { return m.Hand == 0 && m.Mood == "" })

	// The teacher puts a hand down: it stays down, here and on the next page.
	p.Click("[data-live=hand]")
	s.knows(a.Person, "the hand again", func(m protocol.Member) bool { return m.Hand != 0 })
	s.do(&protocol.Lower{Person: a.Person})
	p.WaitFor(`document.querySelector("[data-live=hand]").getAttribute("aria-pressed") === "false"`, 5*time.Second)
	Eval[bool](p, `(window.lowered = 0, new MutationObserver(() => { if (document.querySelector("p-live > [data-says]").textContent.includes("baissée")) lowered++; })
		.observe(document.querySelector("p-live > [data-says]"), {childList: true, characterData: true, subtree: true}), true)`)

	ownStageAndConsent(t, s, p, a.Person)
	if n := Eval[int](p, "lowered"); n != 0 {
		t.Errorf("the hand that is down is said to be down %d times more", n)
	}
	bannerForWhoWatches(t, s, p)
	attentionGivesBack(t, s, p)
	exerciseIsKept(t, s, p)
	exerciseOfTheTeacherIsKept(t, s, p, a.Person)
	missedOnce(t, s, p)
}

// ownStageAndConsent opens for this pupil alone, and asks to show their page.
func ownStageAndConsent(t *testing.T, s *tablets, p *Page, person string) {
	t.Helper()
	s.do(&protocol.Open{To: protocol.ToPupils, For: []string{person}, Item: "ark:/99999/lf-adjectif-3"})
	p.WaitFor(`!document.querySelector("[data-scene]").hidden && document.querySelector("[data-scene] video")`, 5*time.Second)
	s.do(&protocol.Close{To: protocol.ToPupils, For: []string{person}})
	p.WaitFor(`document.querySelector("[data-scene]").hidden`, 5*time.Second)

	ask := func() {
		s.do(&protocol.ShareAsk{Person: person})
		p.WaitFor(`!document.querySelector("[data-share]").hidden`, 5*time.Second)
	}
	ask()
	if text := p.Text("[data-share-text]"); text != "Mme Garnier voudrait montrer ta page au tableau." || p.Text("[data-says]") != text {
		t.Errorf("asked %q, announced %q", text, p.Text("[data-says]"))
	}
	axeClean(p, "asked to share")
	Eval[bool](p, `document.addEventListener("p-live", e => { if (e.detail.t === "mine" && !e.detail.share) window.heardNo = true; }), true`)
	p.Click("[data-live=share-no]")
	p.WaitFor(`window.heardNo && document.querySelector("[data-share]").hidden`, 5*time.Second)
	if s.teacher.Here().State.Boards != nil {
		t.Error("a page goes to the board after a no")
	}
	ask()
	p.Click("[data-live=share-yes]")
	until(t, "the page does not go to the board after a yes", func() bool {
		b := s.teacher.Here().State.Boards
		return b != nil && b.Item == adjective
	})
	s.do(&protocol.Close{})
}

// bannerForWhoWatches pushes while the pupil's own film plays.
func bannerForWhoWatches(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	p.WaitFor(own+".readyState > 0", 10*time.Second)
	p.Click("p-video .controls .play")
	p.WaitFor("!"+own+".paused && "+own+".currentTime > 0.5", 10*time.Second)
	Eval[bool](p, watchShifts)
	s.do(&protocol.Open{Item: "ark:/99999/lf-adjectif-2"})
	p.WaitFor(`document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
	if Eval[bool](p, `!!document.querySelector("[data-scene] video") || `+own+`.paused`) {
		t.Error("a push covers a film of the pupil's own")
	}
	if got := p.Text("[data-says]"); got == "" || got != p.Text("[data-text]") {
		t.Errorf("announced %q, shown %q", got, p.Text("[data-text]"))
	}
	if moved := Eval[float64](p, "window.shifts"); moved != 0 {
		t.Errorf("the banner moves the page by %.4f: %s", moved, Eval[string](p, "window.moved.join()"))
	}
	axeClean(p, "banner")
	// By keyboard: one tap, and the focus comes back where it was.
	Eval[bool](p, `document.querySelector("[data-live=join]").focus(), document.querySelector("[data-live=join]").click(), true`)
	p.WaitFor(`!document.querySelector("[data-scene]").hidden && document.activeElement.id === "live-title"`, 5*time.Second)
	axeClean(p, "scene")
	p.Click("[data-live=leave]")
	p.WaitFor(`document.querySelector("[data-scene]").hidden && document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
	s.do(&protocol.Close{})
	p.WaitFor(`!document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
}

// attentionGivesBack takes the screens while a film plays and a field is in use.
func attentionGivesBack(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	Eval[bool](p, `(() => {
		const field = document.createElement("textarea");
		field.id = "own";
		field.setAttribute("aria-label", "x");
		field.value = "Le petit chat";
		document.querySelector("main").append(field);
		field.focus();
		field.setSelectionRange(3, 8);
		scrollTo(0, 120);
		return `+own+`.play().then(() => true);
	})()`)
	p.WaitFor("!"+own+".paused && scrollY > 60", 5*time.Second)
	where := Eval[float64](p, "scrollY")
	s.do(&protocol.Attention{On: true})
	p.WaitFor(`!document.querySelector("[data-attention]").hidden && `+own+".paused", 5*time.Second)
	if Eval[bool](p, `document.activeElement.id === "own" || !document.querySelector("main").inert`) {
		t.Error("the page can still be used while the class looks at the board")
	}
	at := Eval[float64](p, own+".currentTime")
	axeClean(p, "attention")
	s.do(&protocol.Attention{On: false})
	p.WaitFor(`document.querySelector("[data-attention]").hidden && !`+own+".paused", 5*time.Second)
	if now := Eval[float64](p, own+".currentTime"); now < at || now > at+3 {
		t.Errorf("the film was at %.1f s and is given back at %.1f s", at, now)
	}
	if got := Eval[string](p, `[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd, document.activeElement.value].join()`); got != "own,3,8,Le petit chat" {
		t.Errorf("the field is given back as %q", got)
	}
	if now := Eval[float64](p, "scrollY"); now != where {
		t.Errorf("the page stood at %v and is given back at %v", where, now)
	}
	pushedMeanwhile(t, s, p)
}

// pushedMeanwhile opens a film while the class looks at the board: a pupil's own
// film that waits is not covered, and never do two sound.
func pushedMeanwhile(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	attention := func(on bool) {
		s.do(&protocol.Attention{On: on})
		p.WaitFor(map[bool]string{true: "!", false: ""}[on]+`document.querySelector("[data-attention]").hidden`, 5*time.Second)
	}
	Eval[bool](p, own+`.currentTime = 1, `+own+`.play().catch(() => {}), true`)
	p.WaitFor("!"+own+".paused && "+own+".currentTime >= 1", 10*time.Second)
	attention(true)
	s.do(&protocol.Open{Item: "ark:/99999/lf-adjectif-2", Playing: true})
	p.WaitFor(`document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
	attention(false)
	p.WaitFor("!"+own+".paused", 5*time.Second)
	if Eval[bool](p, `!!document.querySelector("[data-scene] video")`) {
		t.Error("a push covers a film that waited for the board")
	}
	s.do(&protocol.Close{})
	p.WaitFor(`!document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)

	Eval[bool](p, own+`.pause(), document.querySelector("#own").focus(), true`)
	attention(true)
	s.do(&protocol.Open{Item: "ark:/99999/lf-adjectif-3", Playing: true})
	p.WaitFor(`!document.querySelector("[data-scene]").hidden`, 5*time.Second)
	attention(false)
	p.WaitFor(`document.activeElement.id === "live-title"`, 5*time.Second)
	if !Eval[bool](p, `document.querySelector("main").inert && `+own+`.paused`) {
		t.Error("the page under a scene can be used, or sounds, after attention")
	}
	s.do(&protocol.Close{})
	p.WaitFor(`document.querySelector("[data-scene]").hidden && !document.querySelector("main").inert && document.activeElement.id === "own"`, 5*time.Second)
}

// exerciseIsKept pushes over a running exercise, and takes its screen.
func exerciseIsKept(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	p.Open(s.plain() + "/eleve/ressource/" + quiz)
	p.WaitFor(`document.querySelector("p-live").hasAttribute("lesson")`, 10*time.Second)
	Eval[bool](p, `document.querySelector("iframe").focus(), true`)
	s.do(&protocol.Open{Item: adjective})
	p.WaitFor(`document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
	if !Eval[bool](p, `document.querySelector("[data-scene]").hidden && document.activeElement.matches("iframe")`) {
		t.Error("a push steals an exercise")
	}
	s.do(&protocol.Attention{On: true})
	p.WaitFor(`!document.querySelector("[data-attention]").hidden`, 5*time.Second)
	s.do(&protocol.Attention{On: false})
	p.WaitFor(`document.querySelector("[data-attention]").hidden`, 5*time.Second)
	if !Eval[bool](p, `document.activeElement.matches("iframe")`) {
		t.Error("the exercise does not get the keyboard back")
	}
}

// exerciseOfTheTeacherIsKept: an exercise that the teacher opened is work as any
// other. The next push and a question wait in one banner, what is done in it
// is told, and the teacher's close ends it.
func exerciseOfTheTeacherIsKept(t *testing.T, s *tablets, p *Page, person string) {
	t.Helper()
	s.do(&protocol.Close{})
	p.Open(s.plain() + "/eleve/")
	p.WaitFor(`document.querySelector("p-live").hasAttribute("lesson")`, 10*time.Second)
	s.do(&protocol.Open{Item: quiz})
	p.WaitFor(`document.querySelector("[data-scene] p-frame[data-exercise]:defined iframe")`, 10*time.Second)
	Eval[bool](p, `(window.theirs = document.querySelector("[data-scene] iframe"), theirs.focus(), true)`)
	s.do(&protocol.Open{Item: adjective})
	p.WaitFor(`document.querySelector("[data-banner]").hasAttribute("data-on")`, 5*time.Second)
	s.do(&protocol.Ask{Form: "truefalse"})
	p.WaitFor(`document.querySelector("[data-call]").hasAttribute("data-on")`, 5*time.Second)
	const kept = `theirs.isConnected && theirs.checkVisibility() && document.activeElement === theirs && document.querySelector("[data-panel]").hidden`
	if !Eval[bool](p, kept) {
		t.Error("a push or a question steals an exercise that the teacher opened")
	}
	one := func(sel string) {
		t.Helper()
		if got := Eval[string](p, `[...document.querySelectorAll(".live-banner")].filter(e => e.checkVisibility()).map(e => Object.keys(e.dataset)[0]).join()`); got != sel {
			t.Errorf("the banners %q are seen, want %q alone", got, sel)
		}
	}
	one("call")
	axeClean(p, "a question over the teacher's exercise")
	s.do(&protocol.ShareAsk{Person: person})
	p.WaitFor(`!document.querySelector("[data-share]").hidden`, 5*time.Second)
	one("share")
	p.Click("[data-live=share-no]")
	Eval[bool](p, `(theirs.focus(), true)`)
	s.do(&protocol.Attention{On: true})
	p.WaitFor(`!document.querySelector("[data-attention]").hidden`, 5*time.Second)
	s.do(&protocol.Attention{On: false})
	p.WaitFor(`document.querySelector("[data-attention]").hidden && `+kept, 5*time.Second)
	Eval[bool](p, `dispatchEvent(new MessageEvent("message", {source: theirs.contentWindow, data: {type: "preau.result", score: 3, max: 4, completed: true}}))`)
	p.WaitFor(`!document.querySelector("[data-scene] [data-result]").hidden && performance.getEntriesByType("resource").some(e => e.name.endsWith("/api/v1/results"))`, 5*time.Second)
	s.do(&protocol.Close{})
	p.WaitFor(`document.querySelector("[data-scene]").hidden && !theirs.isConnected`, 5*time.Second)
	if q := s.teacher.Here().State.Question; q != nil {
		s.do(&protocol.AskEnd{ID: q.ID})
	}
	p.WaitFor(`document.querySelector("p-question").hidden`, 5*time.Second)
}

// missedOnce cuts the first asking for a scene: it comes by itself, nobody is
// told that the box does not have it; and it comes as its pupil likes films.
func missedOnce(t *testing.T, s *tablets, p *Page) {
	t.Helper()
	Eval[bool](p, `(() => {
		const box = window.fetch;
		let cut = true;
		window.said = "";
		new MutationObserver(() => { said += document.querySelector("[data-text]").textContent; }).observe(document.querySelector("[data-text]"), {childList: true});
		window.fetch = (url, ...more) => {
			if (!cut || !String(url).startsWith("/scene/")) return box(url, ...more);
			cut = false;
			return Promise.reject(new TypeError("cut"));
		};
		localStorage.setItem("preau.film:" + document.documentElement.dataset.who, JSON.stringify({signed: true, described: true}));
		return true;
	})()`)
	s.do(&protocol.Open{Item: adjective})
	p.WaitFor(`document.querySelector("[data-scene] video")`, 15*time.Second)
	if said := Eval[string](p, "said"); said == "" || strings.Contains(said, "pas encore") {
		t.Errorf("a scene that did not come through is said to be %q", said)
	}
	p.WaitFor(`["lsf", "described"].every(tool => (b => b && !b.hidden && b.getAttribute("aria-pressed") === "true")(document.querySelector("[data-scene] [data-tool=" + tool + "]")))`, 5*time.Second)
	axeClean(p, "a film with its helps")
	p.Click("[data-scene] [data-tool=captions]")
	s.do(&protocol.Close{})
	p.WaitFor(`document.querySelector("[data-scene]").hidden`, 5*time.Second)
	s.do(&protocol.Open{Item: adjective})
	p.WaitFor(`document.querySelector("[data-scene] [data-tool=captions]")?.getAttribute("aria-pressed") === "false"`, 5*time.Second)
	s.do(&protocol.Close{})
}
