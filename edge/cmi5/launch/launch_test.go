package launch_test

import (
	"bytes"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/launch"
)

// fractions has every rule of moveOn.
var fractions = block("bloc", au("a", `moveOn="CompletedAndPassed" masteryScore="0.8"`, `<launchParameters>n=2</launchParameters><entitlementKey>k-1</entitlementKey>`), au("b", `moveOn="Passed"`, "")) +
	block("libre", au("c", "", "")) + au("d", `moveOn="CompletedOrPassed" launchMethod="OwnWindow"`, "") + au("e", `moveOn="Completed"`, "")

var files = []string{"a.html", "b.html", "c.html", "d.html", "e.html"}

func fractionsWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, fractions, files...)
	w.give()
	return w
}

// same compares counts of statements.
func same(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	expected := map[string]int{}
	for _, name := range want {
		expected[name]++
	}
	if !maps.Equal(got, expected) {
		t.Errorf("the journal holds %v, want %v", got, expected)
	}
}

func TestLaunch_AsTheSpecificationSays(t *testing.T) {
	w := fractionsWorld(t)
	// What needs nothing of anybody is satisfied at once, outside a session.
	count, _ := w.said("p1")
	same(t, count, "satisfied libre")

	u := w.open("p1", "a", "")
	if u.params.Get("n") != "1" || !strings.HasSuffix(u.params.Get("endpoint"), "/xapi/") || u.actor != `{"account":{"homePage":"`+home+`","name":"p1"},"objectType":"Agent"}` && u.actor != `{"objectType":"Agent","account":{"homePage":"`+home+`","name":"p1"}}` {
		t.Errorf("launched with %v", u.params)
	}
	if activity := u.params.Get("activityId"); activity == "https://ex.org/a" || !strings.HasPrefix(activity, home+"/cours/") {
		t.Errorf("the activity is %s", activity)
	}
	if at(u.data, "launchMode") != "Normal" || at(u.data, "moveOn") != "CompletedAndPassed" || at(u.data, "masteryScore") != 0.8 || at(u.data, "launchParameters") != "n=2" ||
		at(u.data, "entitlementKey", "courseStructure") != "k-1" || at(u.data, "returnURL") != "http://box:81/p/retour/"+w.course ||
		at(u.data, "contextTemplate", "extensions", cmi5.ExtSession) != u.id || at(u.data, "contextTemplate", "contextActivities", "grouping", 0, "id") != "https://ex.org/a" {
		t.Errorf("the launch data is %v", u.data)
	}
	_, last := w.said("p1")
	ext := at(last["launched a"], "context", "extensions").(map[string]any)
	const prefix = "https://w3id.org/xapi/cmi5/context/extensions/"
	if ext[prefix+"launchmode"] != "Normal" || ext[prefix+"launchurl"] != "http://box:81/p/cours/"+w.course+"/-/a.html?n=1#p" || ext[prefix+"moveon"] != "CompletedAndPassed" ||
		ext[prefix+"masteryscore"] != 0.8 || ext[prefix+"launchparameters"] != "n=2" || ext[prefix+"sessionid"] != u.id {
		t.Errorf("launched says %v", ext)
	}
	// The preferences are there, and the AU's to change.
	prefs := url.Values{"profileId": {"cmi5LearnerPreferences"}, "agent": {u.actor}}
	if status, body := u.get("agents/profile", prefs); status != 200 || body != `{"audioPreference":"on","languagePreference":"fr,en"}` {
		t.Errorf("preferences: %d %s", status, body)
	}
	if status, body := u.do("PUT", "agents/profile?"+prefs.Encode(), `{"audioPreference":"off"}`, "If-Match", "*"); status != 204 {
		t.Errorf("the AU's preferences: %d %s", status, body)
	}

	u.must(u.begins())
	u.must(u.statement("https://ex.org/looked", "")) // allowed, not defined
	u.must(u.completed(), u.judged(cmi5.Passed, `,"score":{"scaled":0.9}`))
	u.must(u.ends())
	count, _ = w.said("p1")
	same(t, count, "satisfied libre", "launched a", "initialized a", "looked a", "completed a", "passed a", "terminated a")
	if status, _ := u.says(u.statement("https://ex.org/looked", "")); status != 401 {
		t.Errorf("the key of an ended session says: %d", status)
	}

	// The block is satisfied by its last AU, in that one's session.
	b := w.open("p1", "b", "")
	b.must(b.begins(), b.judged(cmi5.Passed, ""), b.ends())
	count, last = w.said("p1")
	if count["satisfied bloc"] != 1 || at(last["satisfied bloc"], "context", "extensions", cmi5.ExtSession) != b.id ||
		at(last["satisfied bloc"], "object", "definition", "type") != "https://w3id.org/xapi/cmi5/activitytype/block" || at(last["satisfied bloc"], "object", "id") == "https://ex.org/bloc" {
		t.Errorf("the block: %v", last["satisfied bloc"])
	}
	d := w.open("p1", "d", "")
	d.must(d.begins(), d.completed(), d.ends())
	e := w.open("p1", "e", "")
	e.must(e.begins(), e.completed())
	if count, last = w.said("p1"); count["satisfied cours"] != 1 || at(last["satisfied cours"], "object", "definition", "type") != "https://w3id.org/xapi/cmi5/activitytype/course" {
		t.Errorf("the course: %v", last["satisfied cours"])
	}
	e.must(e.judged(cmi5.Passed, ""), e.ends()) // more than moveOn asks: nothing new
	if count, _ = w.said("p1"); count["satisfied cours"] != 1 || count["satisfied bloc"] != 1 || count["satisfied libre"] != 1 {
		t.Errorf("satisfied more than once: %v", count)
	}
	sheet, err := w.Of(t.Context(), w.course, w.plan, "p1")
	if err != nil || sheet.Done != 4 || sheet.Of != 4 || !sheet.Satisfied["https://ex.org/cours"] || *sheet.Units["https://ex.org/a"].Score != .9 {
		t.Errorf("the sheet is %+v, %v", sheet, err)
	}
	if title, ok := w.Title(t.Context(), u.params.Get("activityId"), "fr"); !ok || title != "Fractions : a" {
		t.Errorf("titled %q, %t", title, ok)
	}
}

func TestFetch_OpensOnce(t *testing.T) {
	w := fractionsWorld(t)
	u := w.open("p1", "a", "")
	var got map[string]string
	if w.post(u.params.Get("fetch"), &got); got["error-code"] != "1" || got["error-text"] == "" || got["auth-token"] != "" {
		t.Errorf("a second fetch: %v", got)
	}
	got = nil
	if w.post(w.srv.URL+launch.FetchPath+"nobody", &got); got["error-code"] != "2" {
		t.Errorf("an unknown URL: %v", got)
	}
	// Launched, left, and launched again: the first URL is over.
	id, err := w.try("p1", "b", "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.Session(t.Context(), "p1", id)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := url.Parse(s.URL(w.srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	w.open("p1", "b", "")
	got = nil
	if w.post(parsed.Query().Get("fetch"), &got); got["error-code"] != "1" {
		t.Errorf("the URL of an abandoned session: %v", got)
	}
	// Another pupil's launch is nobody else's to see.
	if _, err := w.Session(t.Context(), "p2", id); preau.KindOf(err) != preau.NotFound {
		t.Errorf("another's launch: %v", err)
	}
	if status, body := u.do("GET", "about", ""); status != 200 {
		t.Errorf("about: %d %s", status, body)
	}
}

func TestAbandon_OnceWhenAnotherIsLaunchedOrLeft(t *testing.T) {
	w := fractionsWorld(t)
	u := w.open("p1", "a", "")
	u.must(u.begins())
	w.clock.pass(89 * time.Second)
	u.must(u.statement("https://ex.org/looked", ""))
	other := w.open("p1", "b", "")
	count, last := w.said("p1")
	if count["abandoned a"] != 1 || at(last["abandoned a"], "result", "duration") != "PT91S" || at(last["abandoned a"], "context", "extensions", cmi5.ExtSession) != u.id {
		t.Errorf("abandoned: %v", last["abandoned a"])
	}
	if status, body := u.says(u.completed()); status != 401 {
		t.Errorf("an abandoned session says: %d %s", status, body)
	}
	// Nobody came back: the box ends it by itself, once.
	other.must(other.begins())
	w.clock.pass(launch.Life + time.Minute)
	for range 2 {
		if _, err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if count, _ = w.said("p1"); count["abandoned b"] != 1 || count["abandoned a"] != 1 {
		t.Errorf("swept: %v", count)
	}
	if n, err := w.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept again: %d, %v", n, err)
	}
}

func TestWaive_OnceAndSatisfies(t *testing.T) {
	w := fractionsWorld(t)
	waive := func(au, reason string) error {
		return w.Waive(t.Context(), "t1", w.course, "https://ex.org/"+au, "p1", reason)
	}
	if err := waive("a", "because"); preau.KindOf(err) != preau.Invalid {
		t.Errorf("for no reason: %v", err)
	}
	if err := waive("z", "Administrative"); preau.KindOf(err) != preau.NotFound {
		t.Errorf("of no AU: %v", err)
	}
	if err := waive("a", "Tested Out"); err != nil {
		t.Fatal(err)
	}
	if err := waive("a", "Administrative"); preau.KindOf(err) != preau.Conflict {
		t.Errorf("waived twice: %v", err)
	}
	if err := waive("b", "Equivalent AU"); err != nil {
		t.Fatal(err)
	}
	count, last := w.said("p1")
	same(t, count, "satisfied libre", "waived a", "waived b", "satisfied bloc")
	st := last["waived a"]
	if at(st, "result", "success") != true || at(st, "result", "completion") != true || at(st, "result", "extensions", "https://w3id.org/xapi/cmi5/result/extensions/reason") != "Tested Out" ||
		at(st, "context", "instructor", "account", "name") != "t1" || at(st, "context", "contextActivities", "category", 1, "id") != cmi5.CategoryMoveOn {
		t.Errorf("waived: %v", st)
	}
	if at(st, "context", "extensions", cmi5.ExtSession) == at(last["waived b"], "context", "extensions", cmi5.ExtSession) {
		t.Error("two waivers have one session id")
	}
	// What is waived is not judged any more; it may be looked at.
	if _, err := w.try("p1", "a", cmi5.Normal); preau.KindOf(err) != preau.Conflict {
		t.Errorf("judged after a waiver: %v", err)
	}
	u := w.open("p1", "a", "")
	if u.data["launchMode"] != "Browse" {
		t.Errorf("launched in mode %v", u.data["launchMode"])
	}
	u.must(u.begins())
	if status, body := u.says(u.completed()); status != 403 || !strings.Contains(body, "10.2.2") {
		t.Errorf("completed while browsing: %d %s", status, body)
	}
}

// TestImport_ACourseThatAsksLess: whoever did all that is left is through with
// it at their next launch.
func TestImport_ACourseThatAsksLess(t *testing.T) {
	a, b := au("a", `moveOn="Completed"`, ""), au("b", `moveOn="Completed"`, "")
	w := newWorld(t, a+b, "a.html", "b.html")
	w.give()
	u := w.open("p1", "a", "")
	u.must(u.begins(), u.completed(), u.ends())
	if _, err := w.Courses.Import(t.Context(), bytes.NewReader(packaged(t, a, "a.html"))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.open("p1", "a", "")
	}
	count, last := w.said("p1")
	if count["satisfied cours"] != 1 || at(last["satisfied cours"], "context", "extensions", cmi5.ExtSession) == u.id {
		t.Errorf("the journal holds %v", count)
	}
}
