package web_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"preau"
	"preau/edge/web"
	"preau/internal/httpkit"
)

func newSite(t testing.TB) *web.Site {
	t.Helper()
	s, err := web.New(web.Options{School: "Collège d'essai", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pupil is a whole audience in memory; change breaks it.
func pupil(change map[string]string) web.Audience {
	files := fstest.MapFS{
		"i18n/fr.json":     {Data: []byte(`{"salut.title": "Salut !", "salut.n": {"one": "{0} film", "other": "{0} films"}}`)},
		"i18n/en.json":     {Data: []byte(`{"salut.title": "Hello !", "salut.n": {"one": "{0} film", "other": "{0} films"}}`)},
		"salut/salut.html": {Data: []byte(`{{define "title"}}{{t "salut.title"}}{{end}}{{define "main"}}<h1>{{.Name}}</h1><p id="n">{{t "salut.n" .N}}</p>{{end}}`)},
	}
	for name, text := range change {
		if text == "" {
			delete(files, name)
			continue
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return web.Audience{Name: "eleve", Files: files, Pages: []string{"salut"}}
}

type greeting struct {
	Name string
	N    int
}

func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func page(t *testing.T, data greeting) http.Handler {
	t.Helper()
	pages, err := newSite(t).Open(pupil(nil))
	if err != nil {
		t.Fatal(err)
	}
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler), Page: pages.Problem}
	return httpkit.Secure(web.CSP("8082"), kit.Handle(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == "/broken" {
			return preau.E(preau.NotFound, "no such film <x>", "Choose another.", nil)
		}
		return pages.Render(w, r, http.StatusOK, "salut", data)
	}))
}

func TestRender_SpeaksBothLanguagesAndEscapes(t *testing.T) {
	h := page(t, greeting{`<script>alert(1)</script>`, 0})
	fr, en := get(t, h, "/"), get(t, h, "/", "Cookie", "langue=en")
	for _, c := range []struct{ name, body, want string }{
		{"french", fr.Body.String(), `<html lang="fr"`}, {"english", en.Body.String(), `<html lang="en"`},
		{"zero in french", fr.Body.String(), "0 film<"}, {"zero in english", en.Body.String(), "0 films<"},
		{"a sign with its word", fr.Body.String(), "Salut\u00a0!"}, {"in french only", en.Body.String(), "Hello !"},
		{"escaping", fr.Body.String(), "&lt;script&gt;"},
	} {
		if !strings.Contains(c.body, c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, c.body)
		}
	}
	if strings.Contains(fr.Body.String(), "<script>alert") {
		t.Error("a name became a script")
	}
}

// TestRender_KeepsItsOwnPolicy: no inline script, style or handler, no other host.
func TestRender_KeepsItsOwnPolicy(t *testing.T) {
	h := page(t, greeting{"Lou", 2})
	for _, path := range []string{"/", "/broken"} {
		w := get(t, h, path)
		body := w.Body.String()
		for _, bad := range []string{`<script>`, `<style`, ` style="`, ` onclick=`, `http://`, `https://`, `="//`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s, which the policy forbids", path, bad)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "frame-src 'self' *:8082") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}

func TestRender_CompressesAndAnswers304(t *testing.T) {
	h := page(t, greeting{"Lou", 2})
	w := get(t, h, "/", "Accept-Encoding", "gzip")
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatalf("not gzip: %v", err)
	}
	if b, err := io.ReadAll(zr); err != nil || !strings.Contains(string(b), "<h1>Lou</h1>") {
		t.Fatalf("got %s, %v", b, err)
	}
	if again := get(t, h, "/", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("same page again: %d, want 304", again.Code)
	}
}

func TestProblem_SaysWhatToDoAndHidesTheRest(t *testing.T) {
	w := get(t, page(t, greeting{}), "/broken")
	body := w.Body.String()
	if w.Code != 404 || !strings.Contains(body, "Cette page n&#39;est pas ici") || !strings.Contains(body, "<details") || strings.Contains(body, "<x>") {
		t.Fatalf("answered %d %s", w.Code, body)
	}
}

// TestOpen_RefusesWhatIsWrong sees each check of the start fire.
func TestOpen_RefusesWhatIsWrong(t *testing.T) {
	site := newSite(t)
	for name, c := range map[string]struct {
		change map[string]string
		want   string
	}{
		"undeclared page":   {map[string]string{"autre/autre.html": "x"}, "not declared"},
		"stray template":    {map[string]string{"salut/bout.html": "x"}, "not used"},
		"missing page":      {map[string]string{"salut/salut.html": ""}, "no template"},
		"does not parse":    {map[string]string{"salut/salut.html": `{{define "main"}}{{if}}{{end}}`}, "parse"},
		"unknown word":      {map[string]string{"salut/salut.html": `{{define "title"}}{{end}}{{define "main"}}{{with .}}{{t "salut.nothing"}}{{end}}{{end}}`}, "salut.nothing"},
		"unknown glyph":     {map[string]string{"salut/salut.html": `{{define "title"}}{{end}}{{define "main"}}{{glyph "unicorn"}}{{end}}`}, "unicorn"},
		"unknown asset":     {map[string]string{"salut/salut.html": `{{define "title"}}{{end}}{{define "main"}}{{asset "no.js"}}{{end}}`}, "no.js"},
		"word missing":      {map[string]string{"i18n/en.json": `{"salut.title": "Hello"}`}, "missing in en"},
		"word too many":     {map[string]string{"i18n/en.json": `{"salut.title": "Hello !", "salut.n": {"one":"{0}","other":"{0}"}, "x": "y"}`}, "not in fr"},
		"word empty":        {map[string]string{"i18n/fr.json": `{"salut.title": "", "salut.n": {"one":"{0}","other":"{0}"}}`}, "empty"},
		"other places":      {map[string]string{"i18n/en.json": `{"salut.title": "Hello {0}", "salut.n": {"one":"{0}","other":"{0}"}}`}, "other places"},
		"counts only once":  {map[string]string{"i18n/en.json": `{"salut.title": "Hello !", "salut.n": "{0} films"}`}, "one language only"},
		"taken by the base": {map[string]string{"i18n/en.json": `{"shell.skip": "x"}`, "i18n/fr.json": `{"shell.skip": "x"}`}, "already"},
		"not JSON":          {map[string]string{"i18n/fr.json": `{`}, "read words"},
	} {
		if _, err := site.Open(pupil(c.change)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
	a := pupil(nil)
	a.Name = "nobody"
	if _, err := site.Open(a); err == nil || !strings.Contains(err.Error(), "make web") {
		t.Errorf("an audience without css: got %v", err)
	}
}

func TestNew_RefusesAnAccentOnWhichWhiteIsNotRead(t *testing.T) {
	_, err := web.New(web.Options{Accent: "#ffb938", Log: slog.New(slog.DiscardHandler)})
	if preau.KindOf(err) != preau.Invalid {
		t.Fatalf("amber: got %v", err)
	}
	shade := regexp.MustCompile(`#[0-9a-f]{6}`).FindString(preau.RemedyOf(err))
	if _, err := web.New(web.Options{Accent: web.Accent(shade), Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Errorf("the shade it proposes, %s: %v", shade, err)
	}
	for _, bad := range []web.Accent{"red", "#12345", "#12345g", "#1234567"} {
		if _, err := web.New(web.Options{Accent: bad}); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func TestLanguage_IsChosenByAPlainForm(t *testing.T) {
	mux := http.NewServeMux()
	newSite(t).Install(mux)
	choose := func(lang, back string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/langue", strings.NewReader(url.Values{"lang": {lang}, "back": {back}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	if w := choose("en", "/eleve/recherche?q=x"); w.Code != 303 || w.Header().Get("Location") != "/eleve/recherche?q=x" || !strings.HasPrefix(w.Header().Get("Set-Cookie"), "langue=en;") {
		t.Errorf("answered %d %v", w.Code, w.Header())
	}
	if w := choose("en", "//evil.example/"); w.Header().Get("Location") != "/" {
		t.Errorf("sent to %s", w.Header().Get("Location"))
	}
	if w := choose("xx", "/"); w.Code != 400 {
		t.Errorf("language xx: %d", w.Code)
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/a?b=c", "//x", "/\\x", "https://x", "", "/\tx"} {
		f.Add(s)
	}
	base, _ := url.Parse("http://preau.local/here")
	f.Fuzz(func(t *testing.T, s string) {
		p := web.LocalPath(s)
		if u, err := base.Parse(p); err == nil && u.Host != "preau.local" {
			t.Fatalf("%q leads to %s", s, u)
		}
	})
}
