package boxtest

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"preau"
	"preau/edge/directory"
)

// fractions is a course with a part of every kind: framed and done, framed
// and failed before it is passed, in a window of its own, and waived.
const fractions = `<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://example.org/fractions"><title><langstring lang="fr">Fractions</langstring><langstring lang="en">Fractions</langstring></title><description><langstring lang="fr">Partager, comparer, additionner.</langstring></description></course>
<block id="https://example.org/fractions/partager"><title><langstring lang="fr">Partager</langstring></title><description><langstring lang="fr">Partager</langstring></description>
<au id="https://example.org/fractions/lire" moveOn="Completed"><title><langstring lang="fr">Lire une fraction</langstring></title><description><langstring lang="fr">Une page à lire.</langstring></description><url>au.html</url><launchParameters>initialized completed terminated back</launchParameters></au>
<au id="https://example.org/fractions/placer" moveOn="CompletedAndPassed" masteryScore="0.8"><title><langstring lang="fr">Placer sur une droite</langstring></title><description><langstring lang="fr">Dix questions.</langstring></description><url>au.html</url><launchParameters>initialized tries terminated back</launchParameters></au>
</block>
<au id="https://example.org/fractions/jeu" moveOn="CompletedOrPassed" launchMethod="OwnWindow"><title><langstring lang="fr">Le jeu des parts</langstring></title><description><langstring lang="fr">Un jeu en grand.</langstring></description><url>au.html?niveau=1</url><launchParameters>initialized</launchParameters></au>
<au id="https://example.org/fractions/bilan" moveOn="Passed"><title><langstring lang="fr">Le bilan</langstring></title><description><langstring lang="fr">Un contrôle.</langstring></description><url>au.html</url><launchParameters>initialized</launchParameters></au>
</courseStructure>`

// zipCourse packs the course with the AU of testdata.
func zipCourse(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fractions.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	add := func(name string, b []byte) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("cmi5.xml", []byte(fractions))
	for _, name := range []string{"au.html", "au.js"} {
		b, err := os.ReadFile(filepath.Join("testdata", "course", name))
		if err != nil {
			t.Fatal(err)
		}
		add(name, b)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// importCourse gives the running box the course by its command.
func importCourse(t *testing.T, b *Borne) string {
	t.Helper()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, "course", "import", zipCourse(t), "--data", b.Data, "--json").CombinedOutput()
	if err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	var e struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(out, &e); err != nil || e.ID == "" {
		t.Fatalf("imported %s: %v", out, err)
	}
	return e.ID
}

// press submits the n-th button of a part, by the part's title.
func press(p *Page, part string, n int) {
	p.t.Helper()
	Eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll(".plan-step")].find(s => s.querySelector("h2").textContent === %q).querySelectorAll("button")[%d].click(), true`, part, n))
}

// words are how far the page says a part is.
func words(p *Page, part string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`[...document.querySelectorAll(".plan-step")].find(s => s.querySelector("h2").textContent === %q).querySelector(".unit-words").innerText`, part))
}

// look takes a picture when somebody wants to see them.
func look(p *Page, what string) {
	p.t.Helper()
	if dir := os.Getenv("PREAU_LOOK"); dir != "" {
		p.Shot(filepath.Join(dir, "cours-"+strings.NewReplacer(" ", "-", "'", "").Replace(what)+".png"), true)
	}
}

// TestCmi5_ACourseIsTaken: a teacher gives a course, a pupil does, fails,
// passes and leaves its parts in a real browser, the teacher waives one, and
// the journal says each thing once.
func TestCmi5_ACourseIsTaken(t *testing.T) {
	t.Parallel()
	box := NewBorne(t)
	box.Start()
	id := importCourse(t, box)
	base := box.URL()
	b := NewBrowser(t)
	teacher, pupil := b.NewPage("teacher", 1280, 800), b.NewPage("pupil", 1024, 768)
	both := func(p *Page, what string) {
		t.Helper()
		for lang, width := range map[string]int64{"en": 1280, "fr": 320} {
			speak(p, lang)
			p.Size(width, 800)
			clean(t, p, fmt.Sprintf("%s, %s, %d px", what, lang, width))
			look(p, what+" "+lang)
		}
		speak(p, "fr")
		p.Size(1280, 800)
	}
	who := account(t, box, directory.Pupil, 0)
	page, table := base+"/eleve/cours/"+id, base+"/prof/cours/"+id+"/suivi/"+who.Group

	SignIn(teacher, base, account(t, box, directory.Teacher, 0))
	SignIn(pupil, base, who)
	pupil.Open(base + "/eleve/cours")
	both(pupil, "no courses")
	teacher.Open(base + "/prof/cours")
	both(teacher, "the shelf")
	teacher.Open(base + "/prof/cours/" + id)
	teacher.Do(chromedp.SetValue(`select[name=class]`, who.Group))
	teacher.Click(".give-class .primary")
	teacher.WaitFor(`document.querySelectorAll(".given li").length === 1`, 10*time.Second)
	both(teacher, "a course")
	teacher.Open(base + "/prof/cours/" + id + "?classe=" + who.Group)
	clean(t, teacher, "a course, for one pupil")

	pupil.Open(base + "/eleve/")
	pupil.Click(`a[href="/eleve/cours"]`)
	pupil.WaitFor(`document.querySelector(".task")`, 10*time.Second)
	both(pupil, "the courses")
	pupil.Click(".task a")
	pupil.WaitFor(`location.pathname.endsWith("/`+id+`") && document.querySelector(".plan-step.next .primary")`, 10*time.Second)
	both(pupil, "a pupil's course")

	home := `location.pathname === "/eleve/cours/` + id + `" && document.querySelector(".plan-step")`
	through := func(part string, n int, says ...string) {
		t.Helper()
		pupil.Open(page)
		press(pupil, part, n)
		pupil.WaitFor(`location.pathname.startsWith("/eleve/seance/")`, 20*time.Second)
		pupil.WaitFor(home, 30*time.Second) // the AU led back
		for _, word := range says {
			if got := words(pupil, part); !strings.Contains(got, word) {
				t.Errorf("%s: %q, want %q", part, got, word)
			}
		}
	}
	// done, in a frame; failed, then passed, by what the AU remembers.
	through("Lire une fraction", 0, "fait")
	through("Placer sur une droite", 0, "pas encore réussi", "50 %")
	through("Placer sur une droite", 0, "réussi", "90 %")
	both(pupil, "a course half done")

	// Framed, and left open: the page around it.
	press(pupil, "Le bilan", 0)
	pupil.WaitFor(`document.querySelector("p-seance iframe")`, 20*time.Second)
	for heard := 0; heard == 0; {
		query(t, box.Data, `SELECT count(*) FROM cmi5_session WHERE heard IS NOT NULL AND au LIKE '%/bilan'`, func(scan func(...any) error) {
			if err := scan(&heard); err != nil {
				t.Fatal(err)
			}
		})
	}
	clean(t, pupil, "a framed part")
	look(pupil, "a framed part")

	// In a window of its own. What it cannot reach, and what it may not say.
	own := func() {
		t.Helper()
		pupil.Open(page)
		press(pupil, "Le jeu des parts", 0)
		pupil.WaitFor(`window.au && location.pathname.includes("/p/cours/")`, 30*time.Second)
	}
	own()
	for what, expr := range map[string]string{
		"its cookies":             `(() => { try { return document.cookie } catch (e) { return "refused" } })()`,
		"the session of the page": `fetch(` + quote(base) + ` + "/api/v1/session", {credentials: "include"}).then(r => r.text(), () => "refused")`,
		"a page":                  `fetch(` + quote(page) + `, {credentials: "include", mode: "no-cors"}).then(() => "reached", () => "refused")`,
		"storage":                 `(() => { try { return String(localStorage.length) } catch (e) { return "refused" } })()`,
	} {
		if got := Eval[string](pupil, expr); got != "refused" {
			t.Errorf("an AU reaches %s: %q", what, got)
		}
	}
	if got := Eval[string](pupil, `fetch(new URLSearchParams(location.search).get("fetch"), {method: "POST"}).then(r => r.json()).then(j => j["error-code"])`); got != "1" {
		t.Errorf("a second fetch: %q", got)
	}
	for what, change := range map[string]string{
		"another registration": `st.context.registration = "760e3480-ba55-4991-94b0-01820dbd23a2"`,
		"another person":       `st.actor.account.name = "quelqu'un"`,
		"initialized twice":    ``,
	} {
		if got := Eval[string](pupil, `(() => { const st = au.statement("initialized"); `+change+`; return au.say(st) })()`); !strings.HasPrefix(got, "403 ") {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := Eval[string](pupil, `au.prefs.languagePreference + " " + au.data.launchMode + " " + new URLSearchParams(location.search).get("niveau")`); got != "fr,en Normal 1" {
		t.Errorf("launched with %q", got)
	}
	if strings.Contains(Eval[string](pupil, "location.href + JSON.stringify(au.data)"), strings.Fields(who.Name)[0]) {
		t.Error("an AU learns the pupil's name")
	}
	token := Eval[string](pupil, "au.token")
	// Left, and launched again: the first session is abandoned, its key over.
	own()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/xapi/statements", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic "+token)
	req.Header.Set("X-Experience-API-Version", "1.0.3")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the key of an abandoned session: %s", resp.Status)
	}
	for _, step := range []string{"completed()", "terminated()"} {
		if got := Eval[string](pupil, "au.steps."+step); !strings.HasPrefix(got, "20") {
			t.Errorf("%s: %q", step, got)
		}
	}
	Eval[bool](pupil, "setTimeout(() => au.steps.back()), true")
	pupil.WaitFor(home, 20*time.Second)
	// Judged already: it is looked at, not judged again.
	press(pupil, "Le jeu des parts", 0)
	pupil.WaitFor(`window.au && au.data.launchMode === "Review"`, 30*time.Second)
	// Its page again: the launch was used, and is offered anew rather than replayed.
	pupil.Open(base + "/eleve/seance/" + Eval[string](pupil, `Object.values(au.data.contextTemplate.extensions)[0]`))
	pupil.WaitFor(`document.querySelector(".note") && document.querySelector(".unit-do .primary")`, 20*time.Second)
	both(pupil, "a launch that was used")

	teacher.Open(table)
	teacher.Do(chromedp.SetValue(`select[name=pupil]`, who.Person), chromedp.SetValue(`select[name=au]`, "https://example.org/fractions/bilan"), chromedp.SetValue(`select[name=reason]`, "Tested Out"))
	teacher.Click(".waive-form button")
	teacher.WaitFor(`[...document.querySelectorAll("tbody tr")].some(r => r.querySelector(".mark-yes") && r.innerText.includes("dispensé"))`, 20*time.Second)
	both(teacher, "a class's table")
	teacher.Open(base + "/prof/suivi/" + who.Group)
	teacher.WaitFor(`document.body.innerText.includes("Fractions : ")`, 10*time.Second)
	pupil.Open(page)
	pupil.WaitFor(`document.querySelector(".plan-head .done")`, 10*time.Second)

	checkCourseJournal(t, box.Data, who.Person)
}

// checkCourseJournal holds the journal to what was said, each thing once.
func checkCourseJournal(t *testing.T, data, pid string) {
	t.Helper()
	got, ids := map[string]int{}, map[preau.ID]bool{}
	eachStatement(t, data, func(st *preau.Statement) {
		var raw struct {
			Context struct {
				Activities struct {
					Category, Grouping []struct{ ID string }
				} `json:"contextActivities"`
				Extensions map[string]any
			}
		}
		if st.Raw == nil || st.Actor != pid {
			return
		}
		if err := json.Unmarshal(st.Raw, &raw); err != nil {
			t.Fatal(err)
		}
		if ids[st.ID] {
			t.Errorf("%s twice", st.ID)
		}
		ids[st.ID] = true
		if len(raw.Context.Activities.Category) == 0 || raw.Context.Extensions["https://w3id.org/xapi/cmi5/context/extensions/sessionid"] == "" {
			t.Errorf("%s: %s", st.Verb, st.Raw)
		}
		name := st.Verb[strings.LastIndexByte(st.Verb, '/')+1:] + " " + strings.TrimPrefix(raw.Context.Activities.Grouping[0].ID, "https://example.org/fractions")
		got[name]++
	})
	want := map[string]int{
		"launched /lire": 1, "initialized /lire": 1, "completed /lire": 1, "terminated /lire": 1,
		"launched /placer": 2, "initialized /placer": 2, "failed /placer": 1, "completed /placer": 1, "passed /placer": 1, "terminated /placer": 2,
		"launched /jeu": 3, "initialized /jeu": 3, "abandoned /jeu": 1, "completed /jeu": 1, "terminated /jeu": 2,
		"launched /bilan": 1, "initialized /bilan": 1, "abandoned /bilan": 1, "waived /bilan": 1, "satisfied /partager": 1, "satisfied ": 1,
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%d × %s, want %d", got[name], name, want[name])
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("besides: %v", got)
	}
}
