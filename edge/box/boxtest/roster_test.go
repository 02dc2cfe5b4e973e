package boxtest

import (
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
	"preau/edge/roster/invent"
)

// TestRoster_ACollegeComesInWhileTheBoxServes imports the exports of 600
// pupils through the command, into the running box: under three seconds in
// all, and nothing the second time. The figure is reported, not asserted.
func TestRoster_ACollegeComesInWhileTheBoxServes(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "ecoles")
	if err := invent.Write(dir, 1, 600, 120); err != nil {
		t.Fatal(err)
	}
	roster := func(set string, more ...string) (string, error) {
		files, err := filepath.Glob(filepath.Join(dir, set, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", set, err)
		}
		args := append([]string{"roster", "import", "--data", b.Data, "--year", "2026"}, more...)
		out, err := exec.CommandContext(t.Context(), bin, append(args, files...)...).CombinedOutput()
		return string(out), err
	}
	begun := time.Now()
	out, err := roster("college/rentree/siecle", "--apply")
	if err != nil || !strings.Contains(out, "applied") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("600 pupils, responsible persons, staff and a week of lessons: %v", time.Since(begun).Round(time.Millisecond))
	begun = time.Now()
	if out, err = roster("college/rentree/siecle", "--apply"); err != nil || !strings.Contains(out, "no change") {
		t.Fatalf("second import: %v\n%s", err, out)
	}
	t.Logf("second import: %v", time.Since(begun).Round(time.Millisecond))
	if out, err = roster("college/mi-annee/siecle", "--all"); err != nil || !strings.Contains(out, "change class") || !strings.Contains(out, "to settle") || strings.Contains(out, "ZZ") {
		t.Fatalf("mid-year: %v\n%s", err, out)
	}
	if out, err = roster("hostile"); err == nil {
		t.Fatalf("hostile files taken:\n%s", out)
	}
	resp, _, err := NewVisitor(t, b).Do(t.Context(), http.MethodGet, "/readyz", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the box after hostile files: %v", err)
	}
}

// TestCahier_WrittenByTheTeacherReadByThePupil goes by forms alone, as a
// browser without JavaScript does.
func TestCahier_WrittenByTheTeacherReadByThePupil(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	ctx := t.Context()
	teacher, pupil := NewVisitor(t, b), NewVisitor(t, b)
	who := account(t, b, directory.Pupil, 0)
	if err := teacher.SignIn(ctx, account(t, b, directory.Teacher, 0)); err != nil {
		t.Fatal(err)
	}
	if err := pupil.SignIn(ctx, who); err != nil {
		t.Fatal(err)
	}
	at, err := teacher.Form(ctx, "/prof/seances", url.Values{"class": {who.Group}})
	if err != nil {
		t.Fatal(err)
	}
	page := "/prof/cahier/" + path.Base(at)
	read := func(v *Visitor, path string) string {
		resp, text, err := v.Do(ctx, http.MethodGet, path, "", nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %.300s", path, err, text)
		}
		return string(text)
	}
	due := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	form := url.Values{"version": {"0"}, "content": {"Le <b>conte</b>"}, "work": {"Lire la page 12"}, "due": {due}}
	if _, err := teacher.Form(ctx, page, form); err != nil {
		t.Fatal(err)
	}
	if text := read(pupil, "/eleve/cahier"); strings.Contains(text, "page 12") {
		t.Fatal("a pupil reads a draft")
	}
	form.Set("published", "1")
	if _, err := teacher.Form(ctx, page, form); err == nil || !strings.Contains(err.Error(), "409") {
		t.Fatalf("written over a version that this form never saw: %v", err)
	}
	form.Set("version", "1")
	if _, err := teacher.Form(ctx, page, form); err != nil {
		t.Fatal(err)
	}
	text := read(pupil, "/eleve/cahier")
	if !strings.Contains(text, "Lire la page 12") || !strings.Contains(text, "Le &lt;b&gt;conte&lt;/b&gt;") {
		t.Fatalf("the pupil does not read it: %s", text)
	}
	if home := read(pupil, "/eleve/"); !strings.Contains(home, "1 travail à faire") {
		t.Error("the home does not say that there is work")
	}
	if text := read(teacher, page); !strings.Contains(text, "2 versions") {
		t.Error("the history is not shown")
	}
	if text := read(teacher, "/prof/cahiers"); !strings.Contains(text, "Publié") {
		t.Error("the list does not say what is published")
	}
	if text := read(teacher, "/prof/agenda.ics?classe="+who.Group); !strings.HasPrefix(text, "BEGIN:VCALENDAR\r\n") || !strings.Contains(text, "SUMMARY:") {
		t.Errorf("no calendar of the class: %.200s", text)
	}
	if resp, _, err := pupil.Do(ctx, http.MethodGet, page, "", nil); err != nil || resp.StatusCode == http.StatusOK {
		t.Errorf("a pupil opens the teacher's page: %v", err)
	}
	if resp, _, err := teacher.Do(ctx, http.MethodGet, "/prof/cahier/"+preau.NewID().String(), "", nil); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("a lesson that is none: %v", err)
	}
	bookTwice(t, b, teacher, read)
}

// bookTwice books a room for tomorrow: whoever comes second is told who has it.
func bookTwice(t *testing.T, b *Borne, first *Visitor, read func(*Visitor, string) string) {
	t.Helper()
	ctx, second := t.Context(), NewVisitor(t, b)
	if err := second.SignIn(ctx, account(t, b, directory.Teacher, 1)); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"what": {"204"}, "day": {time.Now().AddDate(0, 0, 1).Format(time.DateOnly)}, "from": {"18:30"}, "to": {"19:25"}, "purpose": {"Club échecs"}}
	if _, err := first.Form(ctx, "/prof/reservations", form); err != nil {
		t.Fatal(err)
	}
	form.Set("purpose", "Théâtre")
	if _, err := second.Form(ctx, "/prof/reservations", form); err == nil || !strings.Contains(err.Error(), "409") {
		t.Fatalf("booked twice: %v", err)
	}
	resp, text, err := second.Do(ctx, http.MethodPost, "/prof/reservations", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil || resp.StatusCode != http.StatusConflict || !strings.Contains(string(text), "Club échecs") || !strings.Contains(string(text), "18:30") {
		t.Fatalf("the refusal does not say who has the room: %v %.300s", err, text)
	}
	form.Set("from", "08:10") // within a planned lesson
	form.Set("to", "08:30")
	if _, err := second.Form(ctx, "/prof/reservations", form); err == nil || !strings.Contains(err.Error(), "409") {
		t.Fatalf("booked over a lesson: %v", err)
	}
	if text := read(second, "/prof/reservations"); !strings.Contains(text, "Club échecs") || strings.Contains(text, "Théâtre") {
		t.Error("the list is not what was booked")
	}
}

// TestLessons_CancelledAndReplaced: the office changes the day; who replaces
// sees the lesson, and nobody is sent to two classes at once.
func TestLessons_CancelledAndReplaced(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	ctx := t.Context()
	head, french, maths := NewVisitor(t, b), NewVisitor(t, b), NewVisitor(t, b)
	for v, a := range map[*Visitor]box.Account{head: account(t, b, directory.Principal, 0), french: account(t, b, directory.Teacher, 0), maths: account(t, b, directory.Teacher, 1)} {
		if err := v.SignIn(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	tomorrow := time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	read := func() string {
		resp, text, err := head.Do(ctx, http.MethodGet, "/direction/seances?jour="+tomorrow, "", nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("the day's lessons: %v", err)
		}
		return string(text)
	}
	_, rest, ok := strings.Cut(read(), `name="lesson" value="`)
	if !ok {
		t.Fatal("no lessons tomorrow")
	}
	lesson := rest[:36]
	form := url.Values{"lesson": {lesson}, "jour": {tomorrow}, "do": {"cancel"}, "reason": {"sortie"}}
	if _, err := head.Form(ctx, "/direction/seances", form); err != nil {
		t.Fatal(err)
	}
	if text := read(); !strings.Contains(text, "Annulée") || !strings.Contains(text, "sortie") {
		t.Fatal("the day does not say that the lesson is cancelled")
	}
	form.Set("do", "restore")
	if _, err := head.Form(ctx, "/direction/seances", form); err != nil || strings.Contains(read(), "Annulée") {
		t.Fatalf("not taken back: %v", err)
	}
	_, rest, _ = strings.Cut(read(), `name="teacher"><option value="">la même personne</option><option value="`)
	form.Set("do", "change")
	form.Set("teacher", rest[:strings.Index(rest, `"`)])
	if _, err := head.Form(ctx, "/direction/seances", form); err == nil || !strings.Contains(err.Error(), "409") {
		t.Fatalf("both teachers have a class at every hour, and one was sent to two: %v", err)
	}
	_, today, err := head.Do(ctx, http.MethodGet, "/direction/seances", "", nil)
	_, rest, ok = strings.Cut(string(today), `name="lesson" value="`)
	if err != nil || !ok {
		t.Fatalf("no lessons today: %v", err)
	}
	if _, err := head.Form(ctx, "/direction/seances", url.Values{"lesson": {rest[:36]}, "do": {"cancel"}, "reason": {"grève"}}); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, v := range []*Visitor{french, maths} {
		if _, text, err := v.Do(ctx, http.MethodGet, "/prof/", "", nil); err == nil && strings.Contains(string(text), "séance annulée (grève)") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d teachers were told of a cancelled lesson, want its own", told)
	}
	for who, v := range map[string]*Visitor{"a teacher": french, "another": maths} {
		if resp, _, err := v.Do(ctx, http.MethodGet, "/direction/seances", "", nil); err != nil || resp.StatusCode == http.StatusOK {
			t.Errorf("%s changes the school's day: %v", who, err)
		}
	}
}

// TestAxe_CahierAndBookings looks at the same screens in both languages, wide
// and at 320 px, and writes once in a browser without JavaScript.
func TestAxe_CahierAndBookings(t *testing.T) {
	t.Parallel()
	b := NewBorne(t)
	b.Start()
	w := &World{t: t, Box: b.URL(), Accounts: b.Accounts}
	br := NewBrowser(t)
	teacher, pupil := br.NewPage("teacher", 1280, 800), br.NewPage("pupil", 1024, 768)
	w.SignIn(teacher, account(t, b, directory.Teacher, 0))
	w.SignIn(pupil, w.Account(directory.Pupil, "6eA", 0))
	lesson := w.OpenLesson(teacher, "6eA")
	both := func(p *Page, what string) {
		for _, lang := range []string{"fr", "en"} {
			speak(p, lang)
			for _, width := range []int64{1280, 320} {
				p.Size(width, 800)
				clean(t, p, fmt.Sprintf("%s, %s, %d px", what, lang, width))
			}
		}
		speak(p, "fr")
		p.Size(1280, 800)
	}
	plain := br.NewPage("no script", 1024, 768)
	plain.NoScript()
	w.SignIn(plain, account(t, b, directory.Teacher, 0))
	plain.Open(b.URL() + "/prof/cahier/" + lesson)
	plain.Type("#content", "La fable")
	plain.Type("#work", "Apprendre les vers 1 à 6")
	Eval[bool](plain, fmt.Sprintf(`document.querySelector("#due").value = %s, true`, quote(time.Now().AddDate(0, 0, 2).Format(time.DateOnly))))
	plain.Click(".cahier-form .primary")
	plain.WaitFor(`location.search === "?ecrit"`, 10*time.Second)
	for _, page := range []string{"/prof/cahier/" + lesson, "/prof/cahiers", "/prof/reservations", "/prof/"} {
		teacher.Open(b.URL() + page)
		both(teacher, page)
	}
	head := br.NewPage("head", 1280, 800)
	head.Open(b.URL() + "/connexion/adulte")
	a := account(t, b, directory.Principal, 0)
	head.Type("#login", a.Login)
	head.Type("#phrase", a.Secret)
	head.Click("form .primary")
	head.WaitFor(`!location.pathname.startsWith("/connexion")`, 10*time.Second)
	head.Open(b.URL() + "/direction/seances")
	head.Click(".seances-liste summary")
	both(head, "the lessons of the day")
	pupil.Open(b.URL() + "/eleve/cahier")
	pupil.WaitFor(`document.querySelector(".cahier-day")`, 5*time.Second)
	both(pupil, "the pupil's work")
	if text := pupil.Text("main"); !strings.Contains(text, "Apprendre les vers") {
		t.Errorf("the pupil does not read it: %s", text)
	}
}
