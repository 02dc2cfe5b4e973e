package boxtest

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau/edge/directory"
)

// TestEquipment_NamedByTheOfficeBookedOnce: the office names a trolley of
// tablets without JavaScript, a teacher books it for this evening and finds it
// on the day's page, a second one is told who has it and takes it when it is
// released; what has a name is renamed and closed. The pages are clean wide and
// at 320 px; TestAxe_CahierAndBookings looks at the teacher's in English.
func TestEquipment_NamedByTheOfficeBookedOnce(t *testing.T) {
	t.Parallel()
	b := NewBorne(t)
	b.Start()
	ctx, br := t.Context(), NewBrowser(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	const trolley = "Valise 12 tablettes"
	head, plain := br.NewPage("head", 1280, 900), br.NewPage("no script", 1280, 900)
	plain.NoScript()
	for _, p := range []*Page{head, plain} {
		SignIn(p, b.URL(), account(t, b, directory.Principal, 0))
		p.WaitFor(`location.pathname === "/direction/"`, 10*time.Second)
	}
	shown := func(p *Page, what, name, open string, langs ...string) {
		t.Helper()
		for _, lang := range langs {
			speak(p, lang)
			if open != "" {
				p.Click(open)
			}
			for _, width := range []int64{1280, 320} {
				p.Size(width, 900)
				clean(t, p, fmt.Sprintf("%s, %s, %d px", what, lang, width))
				if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
					p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, lang, width)), true)
				}
			}
		}
		speak(p, "fr")
		p.Size(1280, 900)
	}
	plain.Open(b.URL() + "/direction/lieux")
	plain.Type(`.lieux-forme.sheet [name="name"]`, trolley)
	plain.Click(".lieux-forme.sheet .primary")
	plain.WaitFor(`location.search === "?fait"`, 10*time.Second)
	plain.Type(`.lieux-forme.sheet [name="name"]`, trolley)
	plain.Click(".lieux-forme.sheet .primary")
	plain.WaitFor(`!!document.querySelector("[role=alert]")`, 10*time.Second)
	if text := plain.Text("[role=alert]"); !strings.Contains(text, trolley) {
		t.Errorf("the refusal does not name it: %s", text)
	}

	first, second := NewVisitor(t, b), NewVisitor(t, b)
	for v, n := range map[*Visitor]int{first: 0, second: 1} {
		if err := v.SignIn(ctx, account(t, b, directory.Teacher, n)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(v *Visitor, path string) string {
		t.Helper()
		resp, text, err := v.Do(ctx, http.MethodGet, path, "", nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v", path, err)
		}
		return string(text)
	}
	// It is under way, so that it is on the day's page whatever the hour.
	now := time.Now().In(paris)
	day, from, until := now.Format(time.DateOnly), now.Add(-20*time.Minute), now.Add(20*time.Minute)
	if from.Day() != now.Day() {
		from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, paris)
	}
	if until.Day() != now.Day() {
		until = time.Date(now.Year(), now.Month(), now.Day(), 23, 59, 0, 0, paris)
	}
	form := url.Values{"what": {trolley}, "day": {day}, "from": {from.Format("15:04")}, "to": {until.Format("15:04")}, "purpose": {"Recherche"}}
	if _, err := first.Form(ctx, "/prof/reservations", form); err != nil {
		t.Fatal(err)
	}
	if text := read(first, "/prof/"); !strings.Contains(between(text, `id="reserve"`, "</div>"), trolley) {
		t.Error("the teacher's day does not show what is booked")
	}
	if text := read(second, "/prof/"); strings.Contains(text, trolley) {
		t.Error("another's day shows it")
	}
	for who, v := range map[string]*Visitor{"another": second, "the same": first} {
		resp, text, err := v.Do(ctx, http.MethodPost, "/prof/reservations", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
		if err != nil || resp.StatusCode != http.StatusConflict || !strings.Contains(between(string(text), `role="alert"`, "</div>"), trolley) || !strings.Contains(string(text), "Recherche") {
			t.Errorf("booked twice, or the clash is not named: %s, %v", who, err)
		}
	}
	teacher := br.NewPage("teacher", 1280, 900)
	SignIn(teacher, b.URL(), account(t, b, directory.Teacher, 0))
	teacher.WaitFor(`location.pathname === "/prof/"`, 10*time.Second)
	shown(teacher, "the day with a booking", "materiel-jour", "", "fr")
	teacher.Open(b.URL() + "/prof/reservations")
	shown(teacher, "bookings", "materiel-reservations", "", "fr")
	if small := Eval[[]string](teacher, `[...document.querySelectorAll("main button, main select, main input")].filter(e => e.getBoundingClientRect().height < 48).map(e => e.outerHTML)`); len(small) > 0 {
		t.Errorf("too small to touch: %s", small)
	}
	head.Open(b.URL() + "/direction/seances?jour=" + day)
	if text := head.Text("#reserve + ul"); !strings.Contains(text, trolley) {
		t.Errorf("the office's day does not show it: %s", text)
	}
	shown(head, "the office's day with a booking", "materiel-seances", "", "fr")
	head.Open(b.URL() + "/direction/lieux")
	shown(head, "rooms and equipment", "materiel-lieux", "#equipment + ul summary", "fr", "en")
	head.Click("#equipment + ul summary")
	if small := Eval[[]string](head, `[...document.querySelectorAll("main button, main select, main input, main summary")].filter(e => e.type !== "hidden" && e.getClientRects().length && e.getBoundingClientRect().height < 48).map(e => e.outerHTML)`); len(small) > 0 {
		t.Errorf("too small to touch: %s", small)
	}

	teacher.Open(b.URL() + "/prof/reservations")
	teacher.Click(`[name="cancel"]`)
	teacher.WaitFor(`location.search === "?fait=gone"`, 10*time.Second)
	if _, err := second.Form(ctx, "/prof/reservations", form); err != nil {
		t.Fatalf("released and still taken: %v", err)
	}
	plain.Open(b.URL() + "/direction/seances?jour=" + day)
	plain.Click(`[name="unbook"]`) // the office decides
	plain.WaitFor(`!document.querySelector('[name="unbook"]')`, 10*time.Second)
	if text := read(second, "/prof/"); strings.Contains(text, trolley) {
		t.Error("freed by the office and still on the teacher's day")
	}
	if _, err := second.Form(ctx, "/prof/reservations", form); err != nil {
		t.Fatalf("freed by the office and still taken: %v", err)
	}
	office := NewVisitor(t, b)
	if err := office.SignIn(ctx, account(t, b, directory.Principal, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := office.Form(ctx, "/direction/lieux", url.Values{"do": {"rename"}, "name": {trolley}, "to": {"Valise A"}}); err != nil {
		t.Fatal(err)
	}
	if text := read(second, "/prof/"); !strings.Contains(text, "Valise A") {
		t.Error("the booking did not follow the name")
	}
	if _, err := office.Form(ctx, "/direction/lieux", url.Values{"do": {"close"}, "name": {"Valise A"}}); err != nil {
		t.Fatal(err)
	}
	if text := read(first, "/prof/reservations"); strings.Contains(text, `<option value="Valise A"`) {
		t.Error("a closed one is still offered")
	}
	for bad, form := range map[string]url.Values{"409": {"do": {"add"}, "name": {"204"}, "kind": {"room"}}, "422": {"do": {"add"}, "name": {strings.Repeat("x", 999)}, "kind": {"room"}}, "404": {"do": {"burn"}, "name": {"204"}}} {
		if _, err := office.Form(ctx, "/direction/lieux", form); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := first.Form(ctx, "/direction/lieux", url.Values{"do": {"add"}, "name": {"Toit"}, "kind": {"room"}}); err == nil {
		t.Error("a teacher names a room")
	}
}
