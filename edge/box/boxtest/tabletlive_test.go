package boxtest

import (
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

	ownStageAndConsent(t, s, p, a.Person)
	bannerForWhoWatches(t, s, p)
	attentionGivesBack(t, s, p)
	exerciseIsKept(t, s, p)
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
