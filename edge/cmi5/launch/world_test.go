package launch_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/cmi5/launch"
	"preau/edge/lrs"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/sync/journal"
)

const home = "https://ex.org/school"

// clock is set by the test.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }
func (c *clock) pass(d time.Duration)    { c.ms.Add(d.Milliseconds()) }

// world is a record store that knows launches, with one course.
type world struct {
	*launch.Launches
	t       *testing.T
	clock   *clock
	db      *sqlite.DB
	records *record.Store
	srv     *httptest.Server
	course  string
	plan    *course.Course
}

// titled is a title and a description.
func titled(name string) string {
	return `<title><langstring lang="fr">` + name + `</langstring></title><description><langstring lang="fr">` + name + `</langstring></description>`
}

func au(id, attr, more string) string {
	return `<au id="https://ex.org/` + id + `" ` + attr + `>` + titled(id) + `<url>` + id + `.html?n=1#p</url>` + more + `</au>`
}

func block(id string, inner ...string) string {
	return `<block id="https://ex.org/` + id + `">` + titled(id) + strings.Join(inner, "") + `</block>`
}

func packaged(t *testing.T, structure string, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	all := map[string]string{"cmi5.xml": `<courseStructure xmlns="` + course.Namespace + `"><course id="https://ex.org/cours">` + titled("Fractions") + `</course>` + structure + `</courseStructure>`}
	for _, f := range files {
		all[f] = "<p>"
	}
	for name, text := range all {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newWorld(t *testing.T, structure string, files ...string) *world {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	w := &world{t: t, clock: &clock{}}
	w.clock.ms.Store(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).UnixMilli())
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.db, err = sqlite.Open(ctx, filepath.Join(dir, "db"), w.clock)
	check(err)
	t.Cleanup(func() { w.db.Close() })
	j, err := journal.Open(ctx, w.db, w.clock)
	check(err)
	w.records, err = record.Open(ctx, record.Config{DB: w.db, Journal: j, Home: home, Blobs: filepath.Join(dir, "attachments")})
	check(err)
	documents, err := document.Open(ctx, w.db)
	check(err)
	k, err := keys.Open(ctx, w.db)
	check(err)
	blobs, err := blob.Open(filepath.Join(dir, "content"), 0)
	check(err)
	courses, err := cmi5.OpenCourses(ctx, w.db, blobs, dir)
	check(err)
	e, err := courses.Import(ctx, bytes.NewReader(packaged(t, structure, files...)))
	check(err)
	w.course = e.ID
	w.plan, err = courses.Course(ctx, e.ID)
	check(err)
	log := slog.New(slog.DiscardHandler)
	w.Launches, err = launch.Open(ctx, launch.Config{DB: w.db, Journal: j, Courses: courses, Records: w.records, Keys: k, Clock: w.clock, Home: home, Log: log})
	check(err)
	l := lrs.New(lrs.Deps{Records: w.records, Documents: documents, Keys: k, Clock: w.clock, Home: home, Launches: w.Launches, Log: log})
	mux := http.NewServeMux()
	l.Install(mux)
	mux.Handle(launch.FetchPath, w.Handler())
	w.srv = httptest.NewServer(mux)
	t.Cleanup(w.srv.Close)
	return w
}

// give gives the course to the class, with pupils p1 and p2.
func (w *world) give() {
	w.t.Helper()
	if err := w.Assign(w.t.Context(), launch.Assignment{ID: preau.NewID(), Course: w.course, Class: "6eA", Tutor: "t1"}, []string{"p1", "p2"}); err != nil {
		w.t.Fatal(err)
	}
}

// unit is an AU under way, as its page would be.
type unit struct {
	w            *world
	id           string // of the session
	params       url.Values
	token        string
	data         map[string]any
	actor        string
	registration string
}

func (w *world) try(pid, au string, mode cmi5.Mode) (string, error) {
	return w.Launch(w.t.Context(), launch.Request{Person: pid, Classes: []string{"6eA"}, Course: w.course, AU: "https://ex.org/" + au, Mode: mode,
		Language: "fr", Content: "http://box:81/p/cours/" + w.course + "/-/", Return: "http://box:81/p/retour/" + w.course})
}

// open launches an AU, fetches its token and reads its launch data.
func (w *world) open(pid, au string, mode cmi5.Mode) *unit {
	w.t.Helper()
	id, err := w.try(pid, au, mode)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.Session(w.t.Context(), pid, id)
	if err != nil {
		w.t.Fatal(err)
	}
	parsed, err := url.Parse(s.URL(w.srv.URL))
	if err != nil {
		w.t.Fatal(err)
	}
	u := &unit{w: w, id: id, params: parsed.Query()}
	u.actor, u.registration = u.params.Get("actor"), u.params.Get("registration")
	var got map[string]string
	w.post(u.params.Get("fetch"), &got)
	u.token = got["auth-token"]
	status, body := u.get("activities/state", url.Values{"stateId": {"LMS.LaunchData"}, "activityId": {u.params.Get("activityId")}, "agent": {u.actor}, "registration": {u.registration}})
	if status != 200 {
		w.t.Fatalf("the launch data: %d %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), &u.data); err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) post(to string, v any) {
	w.t.Helper()
	resp, err := http.Post(to, "text/plain", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		w.t.Fatalf("fetch: %s %v", resp.Status, resp.Header)
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		w.t.Fatal(err)
	}
}

func (u *unit) do(method, path string, body string, header ...string) (int, string) {
	u.w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, u.params.Get("endpoint")+path, strings.NewReader(body))
	if err != nil {
		u.w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic "+u.token)
	req.Header.Set("X-Experience-API-Version", "1.0.3")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		u.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		u.w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (u *unit) get(path string, q url.Values) (int, string) {
	u.w.t.Helper()
	return u.do("GET", path+"?"+q.Encode(), "")
}

// statement composes what the AU says, by its context template.
func (u *unit) statement(verb, result string, category ...string) map[string]any {
	raw, _ := json.Marshal(u.data["contextTemplate"]) // it came as JSON
	var context map[string]any
	_ = json.Unmarshal(raw, &context)
	context["registration"] = u.registration
	list := []any{}
	for _, c := range category {
		list = append(list, map[string]string{"id": c})
	}
	context["contextActivities"].(map[string]any)["category"] = list
	if m, ok := u.data["masteryScore"]; ok {
		context["extensions"].(map[string]any)[cmi5.ExtMastery] = m
	}
	u.w.clock.pass(time.Second)
	st := map[string]any{
		"id": preau.NewID().String(), "actor": json.RawMessage(u.actor), "verb": map[string]string{"id": verb},
		"object": map[string]string{"id": u.params.Get("activityId")}, "context": context, "timestamp": u.w.clock.Now().Format(time.RFC3339),
	}
	if result != "" {
		st["result"] = json.RawMessage(result)
	}
	return st
}

// says posts statements as one.
func (u *unit) says(sts ...map[string]any) (int, string) {
	u.w.t.Helper()
	raw, err := json.Marshal(sts)
	if err != nil {
		u.w.t.Fatal(err)
	}
	return u.do("POST", "statements", string(raw))
}

func (u *unit) must(sts ...map[string]any) {
	u.w.t.Helper()
	if status, body := u.says(sts...); status != 200 {
		u.w.t.Fatalf("refused: %d %s", status, body)
	}
}

// The statements of a session.
func (u *unit) begins() map[string]any { return u.statement(cmi5.Initialized, "", cmi5.CategoryCMI5) }
func (u *unit) ends() map[string]any {
	return u.statement(cmi5.Terminated, `{"duration":"PT9S"}`, cmi5.CategoryCMI5)
}

func (u *unit) judged(verb, score string) map[string]any {
	result := fmt.Sprintf(`{"duration":"PT5S","success":%t%s}`, verb == cmi5.Passed, score)
	return u.statement(verb, result, cmi5.CategoryCMI5, cmi5.CategoryMoveOn)
}

func (u *unit) completed() map[string]any {
	return u.statement(cmi5.Completed, `{"duration":"PT5S","completion":true}`, cmi5.CategoryCMI5, cmi5.CategoryMoveOn)
}

// said counts what the journal holds about a person, by verb and what it is
// about, and gives the last of each.
func (w *world) said(pid string) (count map[string]int, last map[string]map[string]any) {
	w.t.Helper()
	count, last = map[string]int{}, map[string]map[string]any{}
	actor := w.Actor(pid)
	page, err := w.records.Query(w.t.Context(), record.Query{Agent: &actor, Ascending: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, raw := range page.Statements {
		var st map[string]any
		if err := json.Unmarshal(raw, &st); err != nil {
			w.t.Fatal(err)
		}
		verb := at(st, "verb", "id").(string)
		name := verb[strings.LastIndexByte(verb, '/')+1:] + " " + strings.TrimPrefix(at(st, "context", "contextActivities", "grouping", 0, "id").(string), "https://ex.org/")
		count[name]++
		last[name] = st
	}
	return count, last
}

// at walks into JSON.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}
