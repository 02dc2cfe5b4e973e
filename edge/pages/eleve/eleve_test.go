package eleve_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"preau/media/catalogue"
)

// client is a browser without JavaScript.
type client struct {
	*http.Client
	t    *testing.T
	base string
}

func (s *school) client(t *testing.T) *client {
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	return &client{&http.Client{Jar: jar}, t, s.url}
}

func (c *client) read(res *http.Response, err error) (int, string) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (c *client) get(path string) (int, string) {
	c.t.Helper()
	return c.read(c.Get(c.base + path))
}

func (c *client) post(path string, form url.Values) (int, string) {
	c.t.Helper()
	return c.read(c.PostForm(c.base+path, form))
}

// enter signs the pupil in as the form does without JavaScript: a page for
// each picture.
func (c *client) enter(s *school) string {
	c.t.Helper()
	path := "/connexion/classe/" + s.class.ID + "/" + s.pupil.ID
	code, body := "", ""
	for i, digit := range s.code {
		_, body = c.post(path, url.Values{"code": {code}, "symbol": {string(digit)}})
		code += string(digit)
		if i < 3 && !strings.Contains(body, `value="`+code+`"`) {
			c.t.Fatalf("after %d pictures the form forgot them", i+1)
		}
	}
	return body
}

func TestEveryPage_InBothLanguagesWithoutJavaScript(t *testing.T) {
	s := newSchool(t)
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	s.watch(t, "ark:/99999/lf-adjectif-2", 40, 40)
	for _, lang := range []string{"fr", "en"} {
		in, out := s.client(t), s.client(t)
		in.post("/langue", url.Values{"lang": {lang}, "back": {"/"}})
		out.post("/langue", url.Values{"lang": {lang}, "back": {"/"}})
		in.enter(s)
		for name, path := range s.every() {
			c := in
			if door[name] {
				c = out
			}
			status, body := c.get(path)
			want := 200
			if name == "pas-ici" {
				want = 404
			}
			if status != want || !strings.Contains(body, `<html lang="`+lang+`"`) {
				t.Errorf("%s in %s: %d", name, lang, status)
			}
			if n := strings.Count(body, "<h1"); n != 1 {
				t.Errorf("%s in %s has %d first titles", name, lang, n)
			}
			// The lesson's own lie in the place kept for them, and dim the page's.
			page, _, _ := strings.Cut(body, "<p-live")
			if n := strings.Count(page, `"button primary"`) + strings.Count(page, `class="primary"`); n > 1 {
				t.Errorf("%s in %s has %d primary buttons", name, lang, n)
			}
			// The names of concepts are addresses that nobody follows.
			own := strings.NewReplacer(s.packs, "", `<option value="http://data.education.fr/voc/`, `<option value="`).Replace(body)
			for _, bad := range []string{"ZgotmplZ", "&amp;#", "%!", "<no value>", ` style="`, "://", "code.code"} {
				if i := strings.Index(own, bad); i >= 0 {
					t.Errorf("%s in %s holds %q: …%.80s", name, lang, bad, own[max(0, i-40):])
				}
			}
			wellFormed(t, name, body)
		}
	}
}

// wellFormed finds ids that occur twice and labels that lead nowhere.
func wellFormed(t *testing.T, name, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" {
				if ids[a.Val] {
					t.Errorf("%s: id %s twice", name, a.Val)
				}
				ids[a.Val] = true
			}
		}
	}
}

func TestSignIn_WithoutJavaScriptThenOut(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	if _, body := c.get("/"); !strings.Contains(body, "Dans quelle classe") || !strings.Contains(body, "6eA") {
		t.Fatalf("the door does not ask for the class:\n%s", body)
	}
	if _, body := c.get("/connexion/classe/" + s.class.ID); strings.Count(body, "name-card") != 30 || strings.Contains(body, s.pupil.Family) {
		t.Error("the class list is not first names with initials")
	}
	wrong := "0000"
	if s.code == wrong {
		wrong = "1111"
	}
	path := "/connexion/classe/" + s.class.ID + "/" + s.pupil.ID
	if status, body := c.post(path, url.Values{"code": {wrong}}); status != 401 || !strings.Contains(body, "Ce ne sont pas tes images") {
		t.Errorf("wrong pictures: %d", status)
	}
	if body := c.enter(s); !strings.Contains(body, "Bonjour "+s.pupil.Given) {
		t.Fatalf("not at home after four pictures:\n%s", body)
	}
	if _, body := c.post("/deconnexion", nil); !strings.Contains(body, "Qui es-tu") || strings.Count(body, "name-card") != 30 {
		t.Error("signing out does not lead to the names of the class")
	}
}

func TestHome_ResumesInOneTap(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	c.enter(s)
	if _, body := c.get("/eleve/"); !strings.Contains(body, "Par quoi commences-tu") {
		t.Error("a pupil who began nothing is not told what to do")
	}
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	s.watch(t, "ark:/99999/lf-adjectif-2", 40, 40)
	_, body := c.get("/eleve/")
	if !strings.Contains(body, "Reprendre à 0:14") || !strings.Contains(body, "Terminé") {
		t.Errorf("the home does not resume:\n%s", body)
	}
	link := regexp.MustCompile(`<a class="button primary" href="([^"]+)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatal("no primary link")
	}
	if _, film := c.get(html.UnescapeString(link[1])); !strings.Contains(film, `data-start="14"`) || !strings.Contains(film, "data-play") {
		t.Error("the film does not start where it was left")
	}
}

func TestExplore_LeadsFromDomaineToItemInOrder(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	tree := must[[]catalogue.Node](t)(s.items.Tree(t.Context(), "fr", false))
	_, body := c.get("/eleve/explorer")
	for _, d := range tree {
		if !strings.Contains(body, fmt.Sprintf("%d ressource", d.Count)) {
			t.Errorf("no count of %s", d.Label)
		}
	}
	_, body = c.get("/eleve/explorer/015-num-1333/022-num-018")
	last := -1
	for _, title := range []string{"Comprendre le rôle", "Reconnaître", "Accorder", "Connaître les fonctions"} {
		i := strings.Index(body, title)
		if i <= last {
			t.Errorf("%s is not in its place", title)
		}
		last = i
	}
	if status, _ := c.get("/eleve/explorer/999-num-1"); status != 404 {
		t.Errorf("a shelf that does not exist: %d", status)
	}
}

func TestSearch_FindsEscapesAndHelps(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	if _, body := c.get("/eleve/recherche?q=ADJECTIFS"); !strings.Contains(body, "Comprendre le rôle") {
		t.Error("adjectifs finds no adjectif")
	}
	if _, body := c.get("/eleve/recherche?q=adjectif&genre=app"); strings.Contains(body, "kind-card") || !strings.Contains(body, "Trouve l") || strings.Contains(body, "Comprendre le rôle") {
		t.Error("the kind does not narrow the search")
	}
	_, body := c.get("/eleve/recherche?q=" + url.QueryEscape(`"><script>alert(1)</script>`))
	if strings.Contains(body, "<script>alert") {
		t.Error("a search became a script")
	}
	if _, body := c.get("/eleve/recherche?q=zzzz"); !strings.Contains(body, "Rien pour «\u00a0zzzz\u00a0»") || !strings.Contains(body, "tile") {
		t.Error("no result, and no help")
	}
	if status, _ := c.get("/eleve/recherche?q=a&suite=nonsense"); status != 400 {
		t.Errorf("a made-up cursor: %d", status)
	}
}

func TestItem_AnswerKeyIsNotForPupils(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	c.enter(s)
	it := must[catalogue.Item](t)(s.items.Item(t.Context(), "ark:/99999/sujet-grammaire-dnb", true))
	_, body := c.get("/eleve/ressource/ark:/99999/sujet-grammaire-dnb")
	for _, a := range it.Assets {
		if shown := strings.Contains(body, a.SHA256); shown != (a.Role == "main") && a.Role != "poster" {
			t.Errorf("%s shown: %v", a.Role, shown)
		}
	}
}

// TestWeight_OfTheHomeAndTheFilm counts what a first visit costs, without
// posters and films: DESIGN.md 10.
func TestWeight_OfTheHomeAndTheFilm(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	c.enter(s)
	fetch := func(path string) (int, string) {
		req := must[*http.Request](t)(http.NewRequest("GET", s.url+path, nil))
		req.Header.Set("Accept-Encoding", "gzip") // by hand: the transport leaves the body packed
		res := must[*http.Response](t)(c.Do(req))
		defer res.Body.Close()
		raw := must[[]byte](t)(io.ReadAll(res.Body))
		if res.Header.Get("Content-Encoding") != "gzip" {
			return len(raw), string(raw)
		}
		zr := must[*gzip.Reader](t)(gzip.NewReader(strings.NewReader(string(raw))))
		plain := must[[]byte](t)(io.ReadAll(zr))
		return len(raw), string(plain)
	}
	for _, path := range []string{"/eleve/", "/eleve/ressource/ark:/99999/lf-adjectif-1"} {
		total, body := fetch(path)
		scripts := 0
		for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			n, _ := fetch(m[1])
			total += n
			if strings.HasSuffix(m[1], ".js") {
				scripts += n
			}
		}
		t.Logf("%s: %d bytes, of which scripts %d", path, total, scripts)
		if scripts > 25<<10 || total > 100<<10 {
			t.Errorf("%s: scripts %d, in all %d", path, scripts, total)
		}
	}
}
