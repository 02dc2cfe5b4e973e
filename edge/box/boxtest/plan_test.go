package boxtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau/edge/directory"
)

// TestPlan_FromTheTeacherToThePupilAndBack: a teacher prepares homework
// with plain forms, gives it to a class, a pupil does its first step, and
// the teacher reads it on the page and in the exported table.
func TestPlan_FromTheTeacherToThePupilAndBack(t *testing.T) {
	w := NewWorld(t)
	b := NewBrowser(t)
	teacher, pupil := b.NewPage("teacher", 1280, 800), b.NewPage("pupil", 1024, 768)
	both := func(p *Page, what string) {
		t.Helper()
		for _, lang := range []string{"en", "fr"} {
			speak(p, lang)
			for _, width := range []int64{1280, 320} {
				p.Size(width, 800)
				clean(t, p, fmt.Sprintf("%s, %s, %d px", what, lang, width))
			}
		}
		p.Size(1280, 800)
	}
	submit := func(p *Page, sel string) { // leaves the page; the next one is there when its own path says so
		t.Helper()
		p.Click(sel)
	}
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))

	teacher.Open(w.Box + "/prof/plans")
	both(teacher, "no plans yet")
	teacher.Type("#titre", "Revoir l’adjectif")
	submit(teacher, ".plan-new .primary")
	teacher.WaitFor(`location.pathname.length > "/prof/plans/".length`, 10*time.Second)
	plan := Eval[string](teacher, `location.pathname.split("/")[3]`)
	for n, words := range []string{"rôle adjectif", "Trouve l’adjectif"} {
		teacher.Open(w.Box + "/prof/plans/" + plan + "?q=" + strings.ReplaceAll(words, " ", "+"))
		submit(teacher, ".found li:first-child button")
		teacher.WaitFor(fmt.Sprintf(`document.querySelectorAll(".step").length === %d`, n+1), 10*time.Second)
	}
	first := teacher.Text(".step:first-child h3")
	submit(teacher, `.step:first-child button[value^="down:"]`)
	teacher.WaitFor(fmt.Sprintf(`document.querySelector(".step:nth-child(2) h3").textContent === %q`, first), 10*time.Second)
	submit(teacher, `.step:nth-child(2) button[value^="up:"]`)
	teacher.WaitFor(fmt.Sprintf(`document.querySelector(".step:first-child h3").textContent === %q`, first), 10*time.Second)
	submit(teacher, ".more-steps summary")
	teacher.Type(`input[name=meeting]`, "Raconter la visite")
	submit(teacher, `button[value=meeting]`)
	teacher.WaitFor(`document.querySelectorAll(".step").length === 3`, 10*time.Second)

	class := Eval[string](teacher, `[...document.querySelectorAll("select[name=class] option")].find(o => o.textContent === "6eA").value`)
	teacher.Do(chromedp.SetValue(`select[name=class]`, class))
	submit(teacher, ".give-form .primary")
	teacher.WaitFor(`document.querySelectorAll(".given li").length === 1`, 10*time.Second)
	both(teacher, "a plan")
	teacher.Open(w.Box + "/prof/plans")
	both(teacher, "the plans")

	w.SignIn(pupil, w.Account(directory.Pupil, "6eA", 0))
	pupil.WaitFor(`[...document.querySelectorAll(".task a")].some(a => a.textContent === "Revoir l’adjectif")`, 10*time.Second)
	Eval[bool](pupil, `[...document.querySelectorAll(".task a")].find(a => a.textContent === "Revoir l’adjectif").click(), true`)
	pupil.WaitFor(`document.querySelector(".plan-step.next .primary")`, 10*time.Second)
	pupil.Click(".plan-step.next .primary")
	pupil.WaitFor(`document.querySelector("p-video")`, 10*time.Second)
	pupil.WaitFor(`document.querySelector("video").currentTime > 2`, 20*time.Second)
	Eval[bool](pupil, `(document.querySelector("video").pause(), true)`)

	table := w.Box + "/prof/plans/" + plan + "/suivi/" + class
	name := w.Account(directory.Pupil, "6eA", 0).Name
	teacher.WaitFor(fmt.Sprintf(`fetch(%q).then(r => r.text()).then(s => s.includes(">commencé</span>"))`, table), 20*time.Second)
	teacher.Open(table)
	submit(teacher, ".present-list li:first-child button")
	teacher.WaitFor(`document.querySelector(".present-list li:first-child button[aria-pressed=true]")`, 10*time.Second)
	both(teacher, "a plan's table")
	for _, path := range []string{"/prof/plans/" + plan + "/suivi/" + class + "/export.csv", "/prof/suivi/" + class + "/export.csv"} {
		got := Eval[string](teacher, fmt.Sprintf(`fetch(%q).then(r => r.text())`, path))
		if !strings.Contains(got, name) || strings.Count(got, "\r\n") < 20 {
			t.Errorf("%s holds no line for %s: %.200s", path, name, got)
		}
	}
	teacher.Open(w.Box + "/prof/suivi/" + class)
	both(teacher, "a class's work")

	// What is a teacher's is nobody else's.
	resp, err := http.Get(table)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); strings.Contains(string(body), name) {
		t.Error("a visitor reads the table")
	}
}
