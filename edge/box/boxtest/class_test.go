package boxtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/sync/journal"
)

// cutFor is how long two tablets are without Wi-Fi.
const cutFor = 40 * time.Second

// TestClass is a whole class in real browsers, one board, one teacher, five
// pupils: what is opened, played, written and asked shows everywhere in step;
// two tablets are cut for 40 s and miss nothing; the box loses its power and
// the class is back by itself; the journal tells it all once.
func TestClass(t *testing.T) {
	t.Parallel()
	c := newWholeClass(t, 5, func(*Page) {})
	c.pushes()
	c.plays()
	c.calls()
	c.cuts()
	for _, p := range c.all() {
		c.join(p)
	}
	c.draws()
	c.asks()
	c.powerLost()
	c.answered()
	c.ends()
}

// pushes opens a film on all screens.
func (c *wholeClass) pushes() {
	pressed := c.open(c.film(1))
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video")`, 15*time.Second)
		c.t.Logf("%s showed the film %.0f ms after the press", s.Name, Eval[float64](s, "klass.shown.at(-1).at")-pressed)
	}
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video").currentTime > 0.5 && !document.querySelector(".scene video").paused`, 20*time.Second)
	}
	c.together("the film")
}

// plays pauses, seeks and plays on; each screen ends where the teacher is.
func (c *wholeClass) plays() {
	c.press("toggle")
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video").paused`, 10*time.Second)
	}
	still := map[string]bool{}
	for _, s := range c.screens() {
		s.WaitFor(`!document.querySelector(".scene video").seeking`, 10*time.Second)
	}
	c.eventually("all stand at one picture", 10*time.Second, func() bool {
		clear(still)
		for _, s := range c.screens() {
			still[fmt.Sprintf("%.1f", Eval[float64](s, `document.querySelector(".scene video").currentTime`))] = true
		}
		return len(still) <= 2 // a tenth may be rounded either way
	})
	c.press("forward")
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video").currentTime > 9.5`, 10*time.Second)
	}
	c.press("toggle")
	for _, s := range c.screens() {
		s.WaitFor(`!document.querySelector(".scene video").paused`, 10*time.Second)
	}
	c.together("after a seek")
}

// calls has everybody look at the board, and gives the screens back.
func (c *wholeClass) calls() {
	first := c.pupils[0]
	launch := Eval[string](first, `klass.shown.at(-1).launch`)
	c.press("attention")
	for _, p := range c.pupils {
		p.WaitFor(`!document.querySelector("[data-attention]").hidden`, 10*time.Second)
	}
	c.press("attention")
	for _, p := range c.pupils {
		p.WaitFor(`document.querySelector("[data-attention]").hidden && document.querySelector(".scene video") && !document.querySelector(".scene video").paused`, 10*time.Second)
		if got := Eval[string](p, `klass.shown.at(-1).launch`); got != launch {
			c.t.Errorf("%s was given another screen back: %s, had %s", p.Name, got, launch)
		}
		if n := Eval[int](p, `klass.shown.length`); n != 1 {
			c.t.Errorf("%s was shown %d scenes, want 1", p.Name, n)
		}
	}
}

// cuts takes the line from two tablets, the lesson going on, and gives it back.
func (c *wholeClass) cuts() {
	silent, refused := c.pupils[3], c.pupils[4]
	began := time.Now()
	c.silent.Cut()
	c.refused.Refuse()
	c.press("toggle")
	c.press("back")
	c.press("close")
	c.open(c.film(2))
	c.press("attention")
	c.press("attention")
	for _, p := range []*Page{silent, refused} {
		p.WaitFor(`!document.querySelector("p-live").hasAttribute("online")`, 20*time.Second)
		c.t.Logf("%s saw the cut after %.1f s", p.Name, time.Since(began).Seconds())
	}
	c.open(c.film(3))
	time.Sleep(time.Until(began.Add(cutFor))) // the cut's length is the test's input
	c.press("toggle")
	mended := time.Now()
	c.silent.Mend()
	c.refused.Mend()
	last := c.last()
	for _, p := range []*Page{silent, refused} {
		p.WaitFor(fmt.Sprintf("klass.seq() >= %d", last), 20*time.Second)
		c.t.Logf("%s was back %.1f s after its line", p.Name, time.Since(mended).Seconds())
		if w := Eval[[]bool](p, `klass.heard.filter(m => m.t === "welcome").map(m => !!m.resumed)`); !w[len(w)-1] {
			c.t.Errorf("%s was sent the whole state after %v, want what it missed: %v", p.Name, cutFor, w)
		}
	}
	c.same()
	c.press("toggle")
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video") && !document.querySelector(".scene video").paused`, 20*time.Second)
	}
	c.together("after the cut")
}

// powerLost kills the box in the middle, with a press under way.
func (c *wholeClass) powerLost() {
	before := map[*Page]string{}
	for _, s := range c.screens() {
		before[s] = Eval[string](s, "klass.shown.at(-1).launch")
	}
	c.same()
	cut := time.Now()
	c.b.Kill()
	c.b.Start()
	c.t.Logf("the box was ready %.2f s after the power cut", time.Since(cut).Seconds())
	slowest := time.Duration(0)
	for _, p := range c.all() {
		p.WaitFor(fmt.Sprintf("klass.heard.some(m => m.t === 'welcome' && m.room && m.at > %d)", cut.UnixMilli()), 20*time.Second)
		back := Eval[float64](p, fmt.Sprintf("klass.heard.find(m => m.t === 'welcome' && m.room && m.at > %d).at", cut.UnixMilli())) - float64(cut.UnixMilli())
		c.t.Logf("%s was back %.0f ms after the power cut", p.Name, back)
		slowest = max(slowest, time.Duration(back)*time.Millisecond)
	}
	c.t.Logf("the class was back by itself in %.1f s (goal 5 s)", slowest.Seconds())
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video") && !document.querySelector(".scene video").paused`, 10*time.Second)
		if got := Eval[string](s, "klass.shown.at(-1).launch"); got != before[s] {
			c.t.Errorf("%s shows another opening after the restart: %s, had %s", s.Name, got, before[s])
		}
	}
	// What happens before the witness is back it would be told as a state, not
	// as events.
	epoch := Eval[int64](c.teacher, "klass.epoch")
	c.eventually("the witness is back", 15*time.Second, func() bool { return c.witness.client.Here().Epoch == epoch })
	c.inked()
	c.open(c.film(4))
	for _, s := range c.screens() {
		s.WaitFor(`document.querySelector(".scene video")`, 10*time.Second)
	}
	c.same()
}

// ends closes the lesson, and reads what the journal kept of it.
func (c *wholeClass) ends() {
	Eval[bool](c.teacher, `document.querySelector("[data-do=end]").click(), true`)
	c.teacher.WaitFor(`location.pathname === "/prof/"`, 10*time.Second)
	for _, p := range c.pupils {
		p.WaitFor(`!document.querySelector("[data-scene] video")`, 10*time.Second)
	}
	opened := map[preau.ID]int{}
	eachStatement(c.t, c.b.Data, func(st *preau.Statement) {
		if st.Verb == journal.VerbOpened {
			opened[st.ID]++
		}
	})
	for _, launch := range c.launches() {
		id, err := preau.ParseID(launch)
		if err != nil {
			c.t.Fatal(err)
		}
		if opened[id] != 1 {
			c.t.Errorf("opening %s is %d times in the journal, want once", launch, opened[id])
		}
		delete(opened, id)
	}
	for id := range opened {
		c.t.Errorf("the journal has an opening that no screen saw: %s", id)
	}
}

// wholeClass is the people and screens of TestClass.
type wholeClass struct {
	t              *testing.T
	b              *Borne
	teacher, board *Page
	pupils         []*Page
	silent         *wire // pupil 4's
	refused        *wire // pupil 5's
	witness        *witness
	lesson         string
	question       string
	opens, refs    int
}

// newWholeClass begins a lesson with so many pupils; idle sees the board before
// it is paired.
func newWholeClass(t *testing.T, pupils int, idle func(board *Page)) *wholeClass {
	b := NewBorne(t)
	b.Address = freePair(t)
	b.Start()
	c := &wholeClass{t: t, b: b, silent: newWire(t, b.Address), refused: newWire(t, b.Address)}
	c.eventually("the catalogue is whole", time.Minute, func() bool {
		var s struct {
			Catalogue struct{ Whole bool }
		}
		return Get(t.Context(), b.URL()+"/api/v1/status", &s) == nil && s.Catalogue.Whole
	})
	chromium := NewBrowser(t)
	page := func(name string, w, h int64) *Page {
		p := chromium.NewPage(name, w, h)
		watch(p)
		return p
	}
	c.teacher, c.board = page("teacher", 1280, 800), page("board", 1024, 768)
	enter(c.teacher, b.URL(), account(t, b, directory.Teacher, 0))
	world := &World{t: t, Box: b.URL(), Accounts: b.Accounts}
	c.lesson = world.OpenLesson(c.teacher, "6eA")
	c.board.Open(b.URL() + "/tableau")
	waiting(c.board)
	idle(c.board)
	world.OpenClass(c.teacher, c.lesson)
	world.Pair(c.teacher, c.board)
	for i := range pupils {
		p, base := page(fmt.Sprintf("pupil %d", i+1), 1024, 768), b.URL()
		switch i {
		case 3:
			base = c.silent.URL()
		case 4:
			base = c.refused.URL()
		}
		enter(p, base, account(t, b, directory.Pupil, i))
		p.WaitFor(`document.querySelector("p-live[online]")`, 15*time.Second)
		c.pupils = append(c.pupils, p)
	}
	c.witness = newWitness(t, b, account(t, b, directory.Pupil, 5))
	return c
}

func (c *wholeClass) screens() []*Page { return append([]*Page{c.board}, c.pupils...) }
func (c *wholeClass) all() []*Page     { return append(c.screens(), c.teacher) }

// film is the n-th on the adjective.
func (c *wholeClass) film(n int) string { return fmt.Sprintf("ark:/99999/lf-adjectif-%d", n) }

// open has the teacher press an item, waits until the box has it on its disk,
// and gives the moment of the press.
func (c *wholeClass) open(item string) float64 {
	c.t.Helper()
	c.opens++
	return c.confirmed(fmt.Sprintf(`[data-do=open][data-item=%s]`, quote(item)))
}

// press has the teacher press a key of the remote.
func (c *wholeClass) press(do string) { c.t.Helper(); c.confirmed("[data-do=" + do + "]") }

func (c *wholeClass) confirmed(sel string) float64 {
	c.t.Helper()
	oks := Eval[int](c.teacher, "klass.oks")
	at := Eval[float64](c.teacher, fmt.Sprintf(`(document.querySelector(%s).click(), Date.now())`, quote(sel)))
	c.teacher.WaitFor(fmt.Sprintf("klass.oks > %d", oks), 15*time.Second)
	return at
}

// together logs how far the screens are from the board, on the clock that they
// share here. It is a figure: what else runs on the machine decides it.
func (c *wholeClass) together(when string) {
	c.t.Helper()
	var first, widest float64
	for i, s := range c.screens() {
		start := Eval[float64](s, `klass.start(document.querySelector(".scene video"))`)
		if i == 0 {
			first = start
		}
		widest = max(widest, start-first, first-start)
		c.t.Logf("%s: %s is %+.0f ms from the board", when, s.Name, start-first)
	}
	c.t.Logf("%s: all screens within %.0f ms of the board (goal 80 on a quiet machine)", when, widest)
}

// eventually polls.
func (c *wholeClass) eventually(what string, limit time.Duration, cond func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("not true after %v: %s", limit, what)
		}
	}
}

// last is the number of the room's last event, as the teacher was told it.
func (c *wholeClass) last() int64 { return Eval[int64](c.teacher, "klass.seq()") }

// same compares what each page carried out with what the witness, whose line
// was never cut, heard: nothing missed, nothing twice, in order.
func (c *wholeClass) same() {
	c.t.Helper()
	epoch := Eval[int64](c.teacher, "klass.epoch")
	c.eventually("the witness is there", 15*time.Second, func() bool { return c.witness.last(epoch) >= c.last() })
	for _, p := range c.all() {
		p.WaitFor(fmt.Sprintf("klass.epoch === %d && klass.seq() >= %d", epoch, c.last()), 15*time.Second)
		got := Eval[[]int64](p, "klass.events()")
		want := c.witness.since(epoch, Eval[int64](p, "klass.from"))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			c.t.Errorf("%s carried out the events %v, the room had %v", p.Name, got, want)
		}
	}
	for _, s := range c.screens() {
		shown := Eval[[]string](s, "klass.shown.map(s => s.launch)")
		seen := map[string]bool{}
		for _, launch := range shown {
			if seen[launch] {
				c.t.Errorf("%s was shown opening %s twice: %s", s.Name, launch, strings.Join(shown, ", "))
			}
			seen[launch] = true
		}
	}
}

// launches are the openings that the teacher's tablet heard of.
func (c *wholeClass) launches() []string {
	all := c.witness.launches()
	if len(all) != c.opens {
		c.t.Errorf("the witness heard of %d openings, the teacher made %d", len(all), c.opens)
	}
	return all
}
