package boxtest

import (
	"encoding/json"
	"fmt"
	"time"

	"preau"
	"preau/edge/live/protocol"
	"preau/sync/journal"
)

// draws has the teacher write over the film; every screen shows the stroke.
func (c *wholeClass) draws() {
	stage := c.witness.client.Here().State.Pupils
	if stage == nil {
		c.t.Fatal("nothing is on screen to write over")
	}
	c.say(&protocol.Draw{Launch: stage.Launch, Strokes: []protocol.Stroke{
		{ID: "s1", Tool: "pen", Color: yellow, Width: 0.05, Points: []float64{.2, .5, 1, .5, .5, 1, .8, .5, 1}}}})
	c.inked()
}

// inked is that every screen has the stroke, in its colour and place.
func (c *wholeClass) inked() {
	c.t.Helper()
	for _, s := range c.screens() {
		s.hasInk(yellow, .5, .5)
		s.hasInk("", .5, .2)
	}
}

// asks has the teacher ask; four pupils answer, one of them twice.
func (c *wholeClass) asks() {
	c.say(&protocol.Ask{Form: "choice", Text: "Quelle est la nature de « rouge » ?", Choices: []string{"un nom", "un adjectif", "un verbe"}})
	for _, p := range c.pupils {
		p.WaitFor(`wireHeard.some(m => m.t === "question" && m.question)`, 10*time.Second)
	}
	c.question = Eval[string](c.pupils[0], `wireHeard.findLast(m => m.t === "question").question.id`)
	for i, p := range c.pupils[:4] {
		c.answer(p, i%3)
	}
	c.answer(c.pupils[0], 1) // a change of mind
	for _, p := range []*Page{c.teacher, c.board} {
		p.WaitFor(`wireHeard.findLast(m => m.t === "tally")?.answered === 4`, 10*time.Second)
	}
	if got := Eval[string](c.board, `JSON.stringify(wireHeard.findLast(m => m.t === "tally").counts)`); got != "[1,2,1]" {
		c.t.Errorf("the board counts %s, want [1,2,1]", got)
	}
	if Eval[bool](c.board, `wireHeard.some(m => m.t === "answers")`) {
		c.t.Error("the board was told who answered what")
	}
}

// answer sends a pupil's choice and waits until the box has it.
func (c *wholeClass) answer(p *Page, choice int) {
	c.t.Helper()
	Eval[bool](p, fmt.Sprintf(`wire.send(JSON.stringify({t: "answer", id: %s, value: [%d]})), true`, quote(c.question), choice))
	p.WaitFor(fmt.Sprintf(`(a => a && a.id === %s && a.value[0] === %d)(wireHeard.findLast(m => m.t === "mine")?.answer)`, quote(c.question), choice), 10*time.Second)
}

// answered is after the power cut: what had been answered is still known, sent
// again it counts once, and the fifth answers now.
func (c *wholeClass) answered() {
	c.t.Helper()
	for _, p := range c.all() {
		c.join(p)
	}
	c.teacher.WaitFor(`wireHeard.findLast(m => m.t === "tally")?.answered === 4`, 10*time.Second)
	c.answer(c.pupils[3], 0)
	c.answer(c.pupils[4], 1)
	c.board.WaitFor(`wireHeard.findLast(m => m.t === "tally")?.answered === 5`, 10*time.Second)
	var right protocol.Value
	if err := json.Unmarshal([]byte("1"), &right); err != nil {
		c.t.Fatal(err)
	}
	c.say(&protocol.AskClose{ID: c.question, Reveal: &protocol.Reveal{Right: []protocol.Value{right}}})
	c.say(&protocol.AskEnd{ID: c.question})
	times := map[string]int{}
	eachStatement(c.t, c.b.Data, func(st *preau.Statement) {
		if st.Verb == journal.VerbAnswered && st.Object == c.question {
			times[st.Actor]++
		}
	})
	if len(times) != 5 {
		c.t.Errorf("the journal has answers of %d pupils, want 5", len(times))
	}
	for who, n := range times {
		if n != 1 {
			c.t.Errorf("the answer of %s is %d times in the journal", who, n)
		}
	}
}

// join opens a second line of the page's own person or board, which speaks
// what the page has no button for.
func (c *wholeClass) join(p *Page) {
	c.t.Helper()
	Eval[bool](p, `new Promise(r => { window.wire?.close(); const heard = window.wireHeard = [], s = window.wire = new WebSocket(location.origin.replace("http", "ws") + "/live", "preau.live.v1");
		s.onopen = () => s.send('{"t":"hello"}'); s.onmessage = e => { const m = JSON.parse(e.data); heard.push(m); if (m.t === "welcome" && m.room) r(true); }; })`)
}

// say sends a teacher's command and waits until the box has it on its disk.
func (c *wholeClass) say(m protocol.Message) {
	c.t.Helper()
	text, err := protocol.Encode(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.refs++
	ref := fmt.Sprintf("say-%d", c.refs)
	p := c.teacher
	if !Eval[bool](p, `window.wire?.readyState === 1`) { // another page by now, or a line that slept too long
		c.join(p)
	}
	Eval[bool](p, fmt.Sprintf(`wire.send(JSON.stringify({...%s, ref: %s})), true`, text, quote(ref)))
	p.WaitFor(fmt.Sprintf(`wireHeard.some(m => m.ref === %s)`, quote(ref)), 10*time.Second)
	if got := Eval[string](p, fmt.Sprintf(`(m => m.t === "ok" ? "" : JSON.stringify(m))(wireHeard.find(m => m.ref === %s))`, quote(ref))); got != "" {
		c.t.Fatalf("%s: %s", text, got)
	}
}
