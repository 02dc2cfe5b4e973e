package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/api"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/progress"
	"preau/edge/timetable"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
	"preau/media/catalogue"
	"preau/sync/journal"
)

const film = "ark:/99999/lf-adjectif-1"

// shelf is a catalogue of one film, with a key for staff.
type shelf struct{ asked catalogue.Query }

func (s *shelf) Items(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	s.asked = q
	it, err := s.Item(ctx, film, q.Staff)
	return catalogue.Page{Items: []catalogue.Item{it}, Next: "abc"}, err
}

func (s *shelf) Item(_ context.Context, id string, staff bool) (catalogue.Item, error) {
	if id != film {
		return catalogue.Item{}, preau.E(preau.NotFound, "this resource is not in the catalogue", "Search for it.", nil)
	}
	it := catalogue.Item{Available: true}
	it.ID, it.Title, it.Kind, it.Taxons = film, "Comprendre le rôle", "video", []string{}
	it.Assets = []catalogue.Asset{{Role: "main", Lang: "fr", SHA256: strings.Repeat("a", 64), Size: 9, Mime: "video/mp4"}}
	if staff {
		it.Assets = append(it.Assets, catalogue.Asset{Role: "trainer-note", SHA256: strings.Repeat("b", 64), Size: 9, Mime: "text/html"})
	}
	return it, nil
}

// school is the API on its real parts, behind the real guard, over HTTP.
type school struct {
	url     string
	deps    api.Deps
	journal *journal.Journal
	shelf   *shelf
	class   directory.Class
	pupils  []directory.Person
}

func open(t *testing.T) *school {
	t.Helper()
	ctx, clock := t.Context(), preau.SystemClock()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "preau.db"), clock)
	must(err)
	t.Cleanup(func() { db.Close() })
	s := &school{shelf: &shelf{}}
	s.journal, err = journal.Open(ctx, db, clock)
	must(err)
	log := slog.New(slog.DiscardHandler)
	s.deps = api.Deps{Kit: &httpkit.Kit{Log: log}, Clock: clock, Catalogue: s.shelf, Status: func(context.Context) (api.Status, error) {
		return api.Status{School: "Collège", UAI: "9999991F", Clock: string(clock.State())}, nil
	}}
	s.deps.Directory, err = directory.Open(ctx, db)
	must(err)
	_, err = s.deps.Directory.Apply(ctx, demo.Roster(1))
	must(err)
	s.deps.Access, err = access.Open(ctx, access.Deps{DB: db, Directory: s.deps.Directory, Clock: clock, Log: log, Secret: bytes.Repeat([]byte{1}, 32)})
	must(err)
	s.deps.Timetable, err = timetable.Open(ctx, db, time.UTC)
	must(err)
	s.deps.Attendance, err = attendance.Open(ctx, db, s.journal, s.pids, time.UTC)
	must(err)
	s.deps.Progress, err = progress.Open(ctx, db, s.journal, progress.Config{})
	must(err)
	classes, err := s.deps.Directory.Classes(ctx)
	must(err)
	s.class = classes[0]
	s.pupils, err = s.deps.Directory.Pupils(ctx, s.class.ID)
	must(err)
	mux := http.NewServeMux()
	must(api.Install(mux, s.deps))
	if err := api.Install(http.NewServeMux(), api.Deps{}); err == nil {
		t.Fatal("installed without its parts")
	}
	srv := httptest.NewServer(s.deps.Access.Guard(s.deps.Kit, access.Rules(), mux))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *school) pids(ctx context.Context, class string) (pids []string, err error) {
	people, err := s.deps.Directory.Pupils(ctx, class)
	for _, p := range people {
		pids = append(pids, p.ID)
	}
	return pids, err
}

// client is one browser.
type client struct {
	t *testing.T
	s *school
	*http.Client
	whose string // Preau-For
}

func (s *school) nobody(t *testing.T) *client {
	jar, _ := cookiejar.New(nil)
	return &client{t, s, &http.Client{Jar: jar}, ""}
}

// as signs a person in on a browser of their own.
func (s *school) as(t *testing.T, p directory.Person) *client {
	t.Helper()
	c := s.nobody(t)
	cred, err := s.deps.Access.IssueCredential(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "POST", s.url, nil)
	if p.Is(directory.Pupil) {
		_, err = s.deps.Access.SignInPupil(w, r, p.ID, cred.Secret)
	} else {
		_, err = s.deps.Access.SignInStaff(w, r, cred.Login, cred.Secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Jar.SetCookies(r.URL, w.Result().Cookies())
	return c
}

func (s *school) staff(t *testing.T, key string) directory.Person {
	t.Helper()
	p, err := s.deps.Directory.ByKey(t.Context(), demo.Source, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// call sends body as JSON and decodes the answer; its status must be want.
func (c *client) call(want int, method, path string, body any) map[string]any {
	c.t.Helper()
	var payload io.Reader
	if s, ok := body.(string); ok {
		payload = strings.NewReader(s)
	} else if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.s.url+path, payload)
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.whose != "" {
		req.Header.Set("Preau-For", c.whose)
	}
	res, err := c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != want {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, res.StatusCode, raw, want)
	}
	var answer map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			c.t.Fatalf("%s %s answers %q", method, path, raw)
		}
	}
	if want >= 400 {
		p, _ := answer["error"].(map[string]any)
		if p["kind"] == nil || p["text"] == "" || p["remedy"] == nil || len(fmt.Sprint(p["id"])) != 6 {
			c.t.Errorf("%s %s: error %v lacks a part", method, path, answer)
		}
	}
	return answer
}

func TestItems_KeepTheContract(t *testing.T) {
	s := open(t)
	page := s.nobody(t).call(200, "GET", "/api/v1/items?q=adjectif&kind=video&limit=2&cursor=abc", nil)
	item := page["items"].([]any)[0].(map[string]any)
	asset := item["assets"].([]any)[0].(map[string]any)
	for _, key := range []string{"id", "title", "kind", "taxons", "assets"} {
		if item[key] == nil {
			t.Errorf("an item has no %s", key)
		}
	}
	for _, key := range []string{"role", "lang", "sha256", "size", "mime"} {
		if asset[key] == nil {
			t.Errorf("an asset has no %s", key)
		}
	}
	if page["next"] != "abc" || !reflect.DeepEqual(s.shelf.asked, catalogue.Query{Q: "adjectif", Kind: "video", Limit: 2, Cursor: "abc"}) {
		t.Errorf("asked %+v, next %v", s.shelf.asked, page["next"])
	}
	s.nobody(t).call(200, "GET", "/api/v1/items?length=3-10&access=captions,transcript&here=true&facets=true", nil)
	if !reflect.DeepEqual(s.shelf.asked, catalogue.Query{Length: "3-10", Access: []string{"captions", "transcript"}, Here: true, Facets: true}) {
		t.Errorf("asked %+v", s.shelf.asked)
	}
	for _, bad := range []string{"limit=0", "limit=x", "limit=201", "sort=title", "here=maybe", "facets=1", "q=a&q=b", "q=" + strings.Repeat("x", 600)} {
		want := http.StatusBadRequest
		if strings.HasPrefix(bad, "q=xx") {
			want = http.StatusRequestEntityTooLarge
		}
		s.nobody(t).call(want, "GET", "/api/v1/items?"+bad, nil)
	}
	if got := s.nobody(t).call(200, "GET", "/api/v1/items/"+film, nil); got["id"] != film || len(got["assets"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	if got := s.as(t, s.staff(t, demo.TeacherFrench)).call(200, "GET", "/api/v1/items/"+film, nil); len(got["assets"].([]any)) != 2 {
		t.Errorf("a teacher sees %v", got["assets"])
	}
	s.nobody(t).call(404, "GET", "/api/v1/items/ark:/99999/nothing", nil)
}

func TestSession_SaysWho(t *testing.T) {
	s := open(t)
	if got := s.nobody(t).call(200, "GET", "/api/v1/session", nil); got["role"] != "" {
		t.Errorf("nobody is %v", got)
	}
	if got := s.as(t, s.pupils[0]).call(200, "GET", "/api/v1/session", nil); got["role"] != "pupil" || got["person"] != s.pupils[0].ID || got["group"] != s.class.ID {
		t.Errorf("a pupil is %v", got)
	}
	if got := s.nobody(t).call(200, "GET", "/api/v1/status", nil); got["uai"] != "9999991F" || got["clock"] != "synced" {
		t.Errorf("status %v", got)
	}
}

func TestLearning_IsThePupilsOwn(t *testing.T) {
	s := open(t)
	lou, zoe := s.as(t, s.pupils[0]), s.as(t, s.pupils[1])
	now, reg := time.Now().UTC().Format(time.RFC3339Nano), preau.NewID()
	post := map[string]any{"id": preau.NewID(), "item": film, "registration": reg, "segments": [][]float64{{0, 31}}, "position": 31, "length": 32, "at": now,
		"event": "pause", "captions": true, "audio_description": true, "sign_language": true, "speed": 1.5, "device": "tablet", "offline": true}
	for range 3 {
		if got := lou.call(200, "POST", "/api/v1/progress", post); got["done"] != true || got["position"] != 31.0 {
			t.Fatalf("%v", got)
		}
	}
	zoe.call(409, "POST", "/api/v1/progress", post)
	// What a shared tablet kept of Lou is not sent as Zoé's.
	zoe.whose = s.pupils[0].ID
	kept := map[string]any{"id": preau.NewID(), "item": film, "registration": preau.NewID(), "segments": [][]float64{{0, 9}}, "position": 9, "length": 32, "at": now}
	zoe.call(403, "POST", "/api/v1/progress", kept)
	zoe.whose, lou.whose = "", s.pupils[0].ID
	if e, err := s.deps.Progress.Of(t.Context(), s.pupils[1].ID, film); err != nil || e.Watched != 0 {
		t.Errorf("Zoé is given what Lou did: %+v, %v", e, err)
	}
	launch := map[string]any{"id": preau.NewID(), "item": "ark:/99999/quiz", "kind": "app", "registration": preau.NewID(), "at": now, "device": "tablet", "offline": true}
	for range 2 {
		lou.call(204, "POST", "/api/v1/launches", launch)
	}
	result := map[string]any{"id": preau.NewID(), "item": "ark:/99999/quiz", "kind": "app", "registration": launch["registration"], "at": now,
		"question": "q1", "raw": 3, "max": 4, "done": true, "device": "tablet", "offline": true}
	if got := lou.call(200, "POST", "/api/v1/results", result); got["best"] != 0.75 {
		t.Fatalf("%v", got)
	}
	sts, err := s.journal.Range(t.Context(), preau.StreamLearning, s.journal.Epoch(), 1, 100)
	if err != nil || len(sts) != 4+1+2 {
		t.Fatalf("%d statements, %v", len(sts), err)
	}
	for _, st := range sts {
		if st.Actor != s.pupils[0].ID || !bytes.Contains(st.Context, []byte(s.class.ID)) {
			t.Errorf("%s by %q in %s", st.Verb, st.Actor, st.Context)
		}
	}
	for _, c := range []*client{s.as(t, s.staff(t, demo.TeacherFrench)), s.nobody(t)} {
		want := 403
		if u := c.call(200, "GET", "/api/v1/session", nil); u["role"] == "" {
			want = 401
		}
		for _, path := range []string{"/api/v1/progress", "/api/v1/launches", "/api/v1/results"} {
			c.call(want, "POST", path, post)
		}
	}
	lou.call(403, "POST", "/api/v1/registers", map[string]any{"id": preau.NewID()})
}

func TestWrites_RefuseWhatIsNotTheirJSON(t *testing.T) {
	s := open(t)
	lou := s.as(t, s.pupils[0])
	claire := s.as(t, s.staff(t, demo.TeacherFrench))
	for path, c := range map[string]*client{"/api/v1/progress": lou, "/api/v1/launches": lou, "/api/v1/results": lou, "/api/v1/registers": claire} {
		for _, bad := range []string{"", "{", "[]", `{"person":"zoé"}`, `{} {}`, `"x"`} {
			c.call(400, "POST", path, bad)
		}
		c.call(413, "POST", path, `{"item":"`+strings.Repeat("x", 70<<10)+`"}`)
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/plain") // what a foreign form can send
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != 400 {
			t.Errorf("%s takes text/plain: %d", path, res.StatusCode)
		}
	}
}

func TestRegister_IsTakenOnceCorrectedAndClashes(t *testing.T) {
	s := open(t)
	claire, idriss := s.as(t, s.staff(t, demo.TeacherFrench)), s.as(t, s.staff(t, demo.TeacherMaths))
	lesson, err := s.deps.Timetable.EnsureLesson(t.Context(), s.staff(t, demo.TeacherFrench).ID, s.class.ID)
	if err != nil {
		t.Fatal(err)
	}
	roll := func(absent int, corrects any) map[string]any {
		b := map[string]any{"id": preau.NewID(), "lesson": lesson.ID, "class": s.class.ID, "at": time.Now(), "offline": true,
			"marks": map[string]any{s.pupils[absent].ID: map[string]any{"mark": "absent"}, s.pupils[9].ID: map[string]any{"mark": "late", "minutes": 5}}}
		if corrects != nil {
			b["corrects"] = corrects
		}
		return b
	}
	first := roll(1, nil)
	for range 2 {
		got := claire.call(200, "POST", "/api/v1/registers", first)
		if got["absent"] != 1.0 || got["late"] != 1.0 || got["expected"] != 30.0 || got["teacher"] != "Mme Garnier" {
			t.Fatalf("%v", got)
		}
	}
	other := roll(2, nil)
	clash := idriss.call(409, "POST", "/api/v1/registers", other)
	theirs, yours := clash["theirs"].(map[string]any), clash["yours"].(map[string]any)
	if theirs["teacher"] != "Mme Garnier" || yours["teacher"] != "M. Belhadj" || theirs["id"] != fmt.Sprint(first["id"]) {
		t.Fatalf("%v", clash)
	}
	agreed := roll(2, theirs["id"])
	idriss.call(200, "POST", "/api/v1/registers", agreed)
	claire.call(403, "POST", fmt.Sprintf("/api/v1/registers/%s/reopen", agreed["id"]), map[string]any{})
	if got := idriss.call(200, "POST", fmt.Sprintf("/api/v1/registers/%s/reopen", agreed["id"]), map[string]any{}); got["id"] != fmt.Sprint(agreed["id"]) {
		t.Fatalf("%v", got)
	}
	wrong := roll(1, nil)
	wrong["class"] = "another"
	claire.call(400, "POST", "/api/v1/registers", wrong)
	wrong = roll(1, nil)
	wrong["lesson"] = preau.NewID()
	claire.call(404, "POST", "/api/v1/registers", wrong)
}

func TestPace_AScriptIsSlowedAnOutboxIsNot(t *testing.T) {
	s := open(t)
	lou := s.as(t, s.pupils[0])
	for range 500 {
		lou.call(400, "POST", "/api/v1/progress", "{}")
	}
	for range 400 {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/v1/progress", strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		res, err := lou.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "" {
			return
		}
	}
	t.Fatal("900 posts at once passed")
}
