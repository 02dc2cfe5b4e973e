package boxtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/sync/journal"
)

// hostile is what a pupil may write and no screen may run.
const hostile = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>`

// quizClass is one board, one teacher and three pupils; the third hangs on a
// cord that can be cut.
type quizClass struct {
	*World
	b              *Borne
	way, cord      *Cord
	teacher, board *Page
	pupils         []*Page
	lesson, shots  string
}

func newQuizClass(t *testing.T) *quizClass {
	t.Helper()
	b := NewBorne(t)
	b.Start()
	addr := strings.TrimPrefix(b.URL(), "http://")
	browser := NewBrowser(t)
	c := &quizClass{World: &World{t: t, Accounts: b.Accounts}, b: b, way: NewCord(t, addr), cord: NewCord(t, addr), shots: os.Getenv("PREAU_SHOTS")}
	c.Box = "http://" + c.way.Addr()
	c.teacher, c.board = browser.NewPage("teacher", 1280, 800), browser.NewPage("board", 1920, 1080)
	for i := range 3 {
		p := browser.NewPage(fmt.Sprintf("pupil %d", i+1), 1024, 768)
		base := c.Box
		if i == 2 {
			base = "http://" + c.cord.Addr()
		}
		SignIn(p, base, account(t, b, directory.Pupil, i))
		c.pupils = append(c.pupils, p)
	}
	SignIn(c.teacher, c.Box, account(t, b, directory.Teacher, 0))
	class := account(t, b, directory.Pupil, 0).Class
	c.lesson = c.OpenLesson(c.teacher, class)
	c.board.Open(c.Box + "/tableau")
	c.OpenClass(c.teacher, c.lesson)
	c.Pair(c.teacher, c.board)
	c.teacher.Click(`[data-view=outils]`)
	return c
}

func (c *quizClass) all() []*Page { return append([]*Page{c.teacher, c.board}, c.pupils...) }

// look takes a picture when pictures are wanted.
func (c *quizClass) look(p *Page, name string) {
	if c.shots != "" {
		p.Shot(filepath.Join(c.shots, name+".png"), false)
	}
}

// shown waits until a question is on the board and open on every tablet.
func (c *quizClass) shown() {
	c.board.WaitFor(`!document.querySelector("p-poll").hidden`, 5*time.Second)
	for _, p := range c.pupils {
		p.WaitFor(`document.querySelector("p-question [data-panel]") && !document.querySelector("p-question [data-panel]").hidden`, 5*time.Second)
	}
}

func pick(p *Page, i int) { p.Click(fmt.Sprintf("[data-flash=pick][value='%d']", i)) }

func sent(p *Page, what string) {
	p.WaitFor(fmt.Sprintf(`document.querySelector("p-question [data-note]").textContent.includes(%s)`, quote(what)), 5*time.Second)
}

// counts waits until board and teacher show the same counts.
func (c *quizClass) counts(want, answered string) {
	c.board.WaitFor(fmt.Sprintf(`[...document.querySelectorAll(".poll-number")].map(n => n.textContent).join() === %s`, quote(want)), 5*time.Second)
	c.teacher.WaitFor(fmt.Sprintf(`[...document.querySelectorAll("p-ask [data-n]")].map(n => n.textContent).join() === %s`, quote(want)), 5*time.Second)
	for _, p := range []*Page{c.board, c.teacher} {
		sel := "p-ask [data-count]"
		if p == c.board {
			sel = "p-poll [data-count]"
		}
		if got := p.Text(sel); got != answered {
			c.t.Errorf("%s says %q, want %q", p.Name, got, answered)
		}
	}
}

func (c *quizClass) act(what string) { c.teacher.Click("p-ask [data-ask=" + what + "]") }

func (c *quizClass) over() {
	c.act("end")
	c.board.WaitFor(`document.querySelector("p-poll").hidden`, 5*time.Second)
	for _, p := range c.pupils {
		p.WaitFor(`document.querySelector("p-question [data-panel]").hidden`, 5*time.Second)
	}
}

// compose writes a question in the form.
func (c *quizClass) compose(kind, text string, labels ...string) {
	if !Eval[bool](c.teacher, `document.querySelector(".ask-other").open`) {
		c.teacher.Click(".ask-other summary")
	}
	c.teacher.Click(`p-ask [name=kind][value=` + kind + `]`)
	c.teacher.Type(`p-ask [name=text]`, text)
	for i, l := range labels {
		for Eval[int](c.teacher, `document.querySelectorAll("p-ask [name=label]").length`) <= i {
			c.act("more")
		}
		c.teacher.Type(fmt.Sprintf(`p-ask [data-labels] li:nth-child(%d) input`, i+1), l)
	}
}

func (c *quizClass) accessible(t *testing.T, what string) {
	t.Helper()
	for _, p := range c.all()[:3] {
		clean(t, p, what+", "+p.Name)
	}
}

// TestQuestion asks each kind of question in real browsers: a choice through a
// restart of the box, a text with script in it, a number that changes its
// mind, a tablet that is cut off; and counts what the journal has of it.
func TestQuestion(t *testing.T) {
	t.Parallel()
	c := newQuizClass(t)
	p1, p2, p3 := c.pupils[0], c.pupils[1], c.pupils[2]

	// A B C D, asked aloud: one tap. The box restarts in the middle.
	c.act("aloud")
	c.shown()
	pick(p1, 1)
	sent(p1, "B")
	pick(p1, 2)
	sent(p1, "C")
	pick(p2, 0)
	sent(p2, "A")
	c.counts("1,0,1,0", "2 réponses sur 3")
	c.look(c.board, "board-choice")
	c.look(p1, "pupil-choice")
	c.look(c.teacher, "teacher-choice")
	c.accessible(t, "a choice")
	c.b.Kill()
	c.b.Start()
	for _, way := range []*Cord{c.way, c.cord} {
		way.To(strings.TrimPrefix(c.b.URL(), "http://"))
	}
	for _, p := range c.all() {
		p.WaitFor(`document.querySelector("p-classe:not([offline]), p-live[online], p-tableau[paired]")`, 15*time.Second)
	}
	c.counts("1,0,1,0", "2 réponses sur 3")
	sent(p1, "C")
	pick(p3, 2)
	sent(p3, "C")
	c.counts("1,0,2,0", "3 réponses sur 3")
	if names := Eval[bool](c.teacher, `document.querySelector("p-ask [data-given]").hidden`); !names {
		t.Error("names are shown before they are asked for")
	}
	c.act("names")
	c.teacher.WaitFor(`document.querySelectorAll("p-ask .ask-given b").length === 3`, 5*time.Second)
	c.look(c.teacher, "teacher-names")
	clean(t, c.teacher, "names, teacher")
	c.act("close")
	sent(p2, "fermée")
	c.teacher.Click(`p-ask [data-ask=right][value="2"]`)
	c.act("reveal")
	c.board.WaitFor(`document.querySelectorAll(".poll-row[data-right]").length === 1 && document.querySelector(".poll-row[data-right] .poll-mark").textContent.includes("✓")`, 5*time.Second)
	p1.WaitFor(`document.querySelector("[data-flash=pick][data-right] [data-mark]").textContent.includes("Bonne réponse")`, 5*time.Second)
	c.look(c.board, "board-reveal")
	c.look(p2, "pupil-reveal")
	c.accessible(t, "what is right")
	c.over()

	// A short text, with script in it: inert on every screen, and on no board
	// until the teacher shows it.
	c.compose("text", "Une idée ? "+hostile)
	c.teacher.Click("p-ask .ask-go")
	c.shown()
	p1.Type("p-question textarea", hostile)
	p1.Click(".flash-form .primary")
	sent(p1, "<img src=x")
	p2.Type("p-question textarea", "Une bonne idée")
	p2.Click(".flash-form .primary")
	sent(p2, "Une bonne idée")
	c.teacher.WaitFor(`document.querySelectorAll("p-ask .ask-given").length === 2`, 5*time.Second)
	if text := c.board.Text("p-poll"); strings.Contains(text, "bonne idée") {
		t.Errorf("a text is on the board unasked: %q", text)
	}
	Eval[bool](c.teacher, `[...document.querySelectorAll("p-ask .ask-given")].find(r => r.textContent.includes("onerror")).querySelector("button").click(), true`)
	c.board.WaitFor(`document.querySelector("p-poll [data-shown]").textContent.includes("onerror")`, 5*time.Second)
	c.look(c.board, "board-text")
	c.look(c.teacher, "teacher-text")
	c.look(p2, "pupil-text")
	c.accessible(t, "a text")
	c.act("names")
	tooLate(c, p3)

	// A number, changed, while the third tablet is cut off.
	c.compose("number", "7 × 8 ?")
	c.teacher.Click("p-ask .ask-go")
	c.shown()
	p1.Type("p-question input", "54")
	p1.Click(".flash-form .primary")
	sent(p1, "54")
	Eval[bool](p1, `document.querySelector("p-question input").value = "", true`)
	p1.Type("p-question input", "56,0")
	p1.Click(".flash-form .primary")
	sent(p1, "56")
	c.cord.Pull()
	p3.WaitFor(`!document.querySelector("p-live").hasAttribute("online")`, 15*time.Second)
	p3.Type("p-question input", "56")
	p3.Click(".flash-form .primary")
	sent(p3, "gardée sur la tablette")
	c.look(p3, "pupil-kept")
	clean(t, p3, "an answer kept")
	c.cord.Plug()
	sent(p3, "envoyée")
	c.teacher.Type("p-ask [data-rights]", "56")
	c.act("reveal")
	sent(p3, "56")
	c.over()

	// True or false: cut off again, and closed meanwhile.
	c.act("truefalse")
	c.shown()
	c.cord.Pull()
	p3.WaitFor(`!document.querySelector("p-live").hasAttribute("online")`, 15*time.Second)
	pick(p3, 0)
	sent(p3, "gardée")
	pick(p1, 1)
	sent(p1, "Faux")
	c.act("close")
	c.cord.Plug()
	sent(p3, "n'est pas comptée")
	c.look(c.board, "board-truefalse")
	c.counts("0,1", "1 réponse sur 3")
	c.over()

	c.several(t)
	for _, p := range c.all() {
		if Eval[bool](p, `!!window.ran`) {
			t.Errorf("%s ran what a pupil wrote", p.Name)
		}
	}
	c.afterClass(t)
}

// tooLate ends a question while an answer is on its way: the tablet lets the
// question go at once, and says what became of the answer when it knows.
func tooLate(c *quizClass, p *Page) {
	Eval[bool](p, `(() => {
		const send = WebSocket.prototype.send;
		WebSocket.prototype.send = function(m) {
			if (!String(m).includes('"answer"')) return send.call(this, m);
			window.arrive = () => { WebSocket.prototype.send = send; send.call(this, m); };
		};
		return true;
	})()`)
	p.Type("p-question textarea", "Trop tard")
	p.Click(".flash-form .primary")
	p.WaitFor(`window.arrive`, 5*time.Second)
	c.over()
	Eval[bool](p, `window.arrive(), true`)
	p.WaitFor(`document.querySelector("p-question [data-call-text]").textContent.includes("pas comptée")`, 5*time.Second)
	p.Click("p-question [data-flash=seen]")
}

// several is a choice where more than one may be picked, with words, and the
// banner of one who is at an exercise.
func (c *quizClass) several(t *testing.T) {
	p1, p2 := c.pupils[0], c.pupils[1]
	Eval[bool](p2, `document.querySelector("main").setAttribute("data-exercise", ""), true`)
	c.compose("choice", "Lesquels sont des adjectifs ?", "grand", "courir", "un adjectif vraiment très long pour voir comment la ligne se coupe", "vite", "rouge")
	c.teacher.Click("p-ask [name=multiple]")
	c.look(c.teacher, "teacher-compose")
	clean(t, c.teacher, "the form, teacher")
	c.teacher.Click("p-ask .ask-go")
	p2.WaitFor(`document.querySelector("p-question [data-call]").hasAttribute("data-on") && document.querySelector("p-question [data-panel]").hidden`, 5*time.Second)
	c.look(p2, "pupil-banner")
	clean(t, p2, "a banner over an exercise")
	p2.Click("[data-flash=open]")
	p1.WaitFor(`!document.querySelector("p-question [data-panel]").hidden`, 5*time.Second)
	for _, i := range []int{0, 2, 4} {
		pick(p1, i)
	}
	p1.Click(".flash-form .primary")
	sent(p1, "A, C, E")
	pick(p2, 1)
	p2.Click(".flash-form .primary")
	sent(p2, "B")
	c.counts("1,1,1,0,1", "2 réponses sur 3")
	p1.Size(320, 640)
	clean(t, p1, "a choice at 320 px")
	c.look(p1, "pupil-320")
	p1.Size(1024, 768)
	c.board.Size(1024, 768)
	c.look(c.board, "board-1024")
	if Eval[bool](c.board, `document.querySelector("p-poll").scrollHeight > innerHeight + 1`) {
		t.Error("the board scrolls")
	}
	Eval[bool](c.board, `(t => (t.textContent = "Une question aussi longue que la borne en prend. ".repeat(6), document.querySelector("p-poll").style.width = "99%", true))(document.querySelector(".poll-text"))`)
	c.board.WaitFor(`document.querySelector("p-poll").dataset.small > 1`, 5*time.Second)
	c.look(c.board, "board-long")
	if least := Eval[float64](c.board, `Math.min(...[...document.querySelectorAll(".poll *")].filter(e => e.offsetHeight > 1 && e.innerText && !e.firstElementChild).map(e => 100 * parseFloat(getComputedStyle(e).fontSize) / innerHeight))`); least < 5.95 {
		t.Errorf("on the wall the smallest words are %.1f vh", least)
	}
	c.board.Size(1920, 1080)
	c.over()
}

// afterClass reads the lesson's page, its sheet and the journal.
func (c *quizClass) afterClass(t *testing.T) {
	c.teacher.Open(c.Box + "/prof/questions/" + c.lesson)
	if n := Eval[int](c.teacher, `document.querySelectorAll(".asked").length`); n != 5 {
		t.Errorf("the page lists %d questions, want 5", n)
	}
	bothClean(t, c.teacher, "the lesson's questions")
	c.look(c.teacher, "teacher-after")
	sheet := Eval[string](c.teacher, `fetch(location.pathname + "/export.csv").then(r => r.text())`)
	if lines := strings.Count(strings.TrimSpace(sheet), "\r\n"); lines != 3+2+2+1+2 {
		t.Errorf("the sheet has %d answers, want 10:\n%s", lines, sheet)
	}
	if status := Eval[int](c.pupils[0], `fetch("/prof/questions/`+c.lesson+`").then(r => r.status)`); status != 403 {
		t.Errorf("a pupil gets %d for the teacher's page", status)
	}
	c.b.Kill()
	if n, right := answersOf(t, c.b); n != 10 || right != 4 {
		t.Errorf("the journal has %d answers, %d right, want 10 and 4", n, right)
	}
}

// answersOf counts the journal's answers to questions, and the right ones.
func answersOf(t *testing.T, b *Borne) (all, right int) {
	t.Helper()
	eachStatement(t, b.Data, func(st *preau.Statement) {
		if st.Verb != journal.VerbAnswered || st.ObjectKind != "question" {
			return
		}
		all++
		var r struct{ Success bool }
		if err := json.Unmarshal(st.Result, &r); err != nil {
			t.Fatal(err)
		}
		if r.Success {
			right++
		}
	})
	return all, right
}
