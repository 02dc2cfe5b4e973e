package launch_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/launch"
	"preau/internal/sqlite"
)

// TestHold_RefusesWhole: what breaks a rule is refused with its section, and
// nothing of its request is stored.
func TestHold_RefusesWhole(t *testing.T) {
	w := fractionsWorld(t)
	other := w.open("p2", "a", "")
	u := w.open("p1", "a", "")
	refused := func(name, section string, sts ...map[string]any) {
		t.Helper()
		if status, body := u.says(sts...); status != 403 || !strings.Contains(body, section) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	refused("before initialized", "section 9.3", u.completed())
	nameless := u.begins()
	delete(nameless, "id")
	refused("without an id", "section 9.1", nameless)
	void := u.begins()
	void["verb"], void["object"] = map[string]string{"id": "http://adlnet.gov/expapi/verbs/voided"}, map[string]string{"objectType": "StatementRef", "id": preau.NewID().String()}
	refused("voiding", "section 6.3", void)
	foreign := u.begins()
	foreign["context"].(map[string]any)["registration"] = other.registration
	refused("another pupil's registration", "section 9.6.1", foreign)
	foreign = u.begins()
	foreign["context"].(map[string]any)["extensions"] = map[string]string{cmi5.ExtSession: other.id}
	refused("another session", "section 9.6.3.1", foreign)
	foreign = u.begins()
	foreign["actor"] = json.RawMessage(other.actor)
	if status, body := u.says(foreign); status != 403 {
		t.Errorf("another pupil: %d %s", status, body)
	}
	bare := u.begins()
	bare["context"].(map[string]any)["contextActivities"] = map[string]any{"category": []any{map[string]string{"id": cmi5.CategoryCMI5}}}
	refused("without the template", "section 9.6.2.3", bare)
	refused("all or nothing", "section 9.3", u.begins(), u.begins())
	if count, _ := w.said("p1"); count["initialized a"] != 0 {
		t.Fatalf("something was stored: %v", count)
	}
	u.must(u.begins())
	refused("passed below mastery", "9.3.4", u.judged(cmi5.Passed, `,"score":{"scaled":0.5}`))
	fail := u.judged(cmi5.Failed, `,"score":{"scaled":0.5}`)
	for range 2 { // the answer was lost: the AU says it again
		u.must(fail)
	}
	refused("judged twice in a session", "section 9.3", u.judged(cmi5.Passed, `,"score":{"scaled":0.9}`))
	u.must(u.ends())
	count, _ := w.said("p1")
	same(t, count, "satisfied libre", "launched a", "initialized a", "failed a", "terminated a")

	again := w.open("p1", "a", "")
	again.must(again.begins(), again.judged(cmi5.Passed, `,"score":{"scaled":1}`))
	again.must(again.completed())
	again.must(again.ends())
	// Both: it is judged, and launched to be looked at only.
	look := w.open("p1", "a", "")
	if look.data["launchMode"] != "Review" {
		t.Errorf("launched in mode %v", look.data["launchMode"])
	}
	if _, err := w.try("p1", "a", cmi5.Normal); preau.KindOf(err) != preau.Conflict {
		t.Errorf("judged again: %v", err)
	}
}

// TestHold_KeepsItsDocuments: an AU reads and writes its own states and
// nobody's launch data.
func TestHold_KeepsItsDocuments(t *testing.T) {
	w := fractionsWorld(t)
	other := w.open("p2", "a", "")
	u := w.open("p1", "a", "")
	part := w.open("p2", "b", "")
	profile := func(of *unit) string {
		return "activities/profile?" + url.Values{"activityId": {of.params.Get("activityId")}, "profileId": {"best"}}.Encode()
	}
	address := func(of *unit, name string) string {
		q := url.Values{"activityId": {of.params.Get("activityId")}, "agent": {of.actor}, "registration": {of.registration}}
		if name != "" {
			q.Set("stateId", name)
		}
		return "activities/state?" + q.Encode()
	}
	for _, c := range []struct {
		name, method, path string
		want               int
	}{
		{"a state of its own", "PUT", address(u, "bookmark"), 204},
		{"read back", "GET", address(u, "bookmark"), 200},
		{"the launch data changed", "PUT", address(u, "LMS.LaunchData"), 403},
		{"merged", "POST", address(u, "LMS.LaunchData"), 403},
		{"deleted", "DELETE", address(u, "LMS.LaunchData"), 403},
		{"all deleted", "DELETE", address(u, ""), 403},
		{"another pupil's, read", "GET", address(other, "LMS.LaunchData"), 403},
		{"another pupil's, written", "PUT", address(other, "bookmark"), 403},
		{"the profile of its activity", "POST", profile(u), 204},
		{"another activity's, read", "GET", profile(part), 404},
		{"another activity's, written", "POST", profile(part), 403},
		{"itself", "GET", "agents?" + url.Values{"agent": {u.actor}}.Encode(), 200},
		{"another pupil", "GET", "agents?" + url.Values{"agent": {other.actor}}.Encode(), 403},
	} {
		if status, body := u.do(c.method, c.path, `{"page":3}`); status != c.want {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
}

// TestHold_AtOnce: the same verdict from two threads of an AU is stored once.
func TestHold_AtOnce(t *testing.T) {
	w := fractionsWorld(t)
	u := w.open("p1", "e", "")
	u.must(u.begins())
	var all []map[string]any
	for range 6 {
		all = append(all, u.completed())
	}
	var wg sync.WaitGroup
	for _, st := range all {
		wg.Go(func() { u.says(st) })
	}
	wg.Wait()
	if count, _ := w.said("p1"); count["completed e"] != 1 {
		t.Errorf("completed %d times", count["completed e"])
	}
}

func TestAssign_GivesAndTakesBack(t *testing.T) {
	w := newWorld(t, fractions, files...)
	if _, err := w.try("p1", "a", ""); preau.KindOf(err) != preau.NotFound {
		t.Errorf("launched what was not given: %v", err)
	}
	if err := w.Assign(t.Context(), launch.Assignment{ID: preau.NewID(), Course: w.course, Class: "6eA", Person: "p1"}, nil); preau.KindOf(err) != preau.Invalid {
		t.Errorf("given to two: %v", err)
	}
	one := launch.Assignment{ID: preau.NewID(), Course: w.course, Person: "p1", Tutor: "t1"}
	for range 2 {
		if err := w.Assign(t.Context(), one, []string{"p1"}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := w.Assignments(t.Context(), w.course)
	if err != nil || len(list) != 1 || list[0].Person != "p1" {
		t.Fatalf("given to %+v, %v", list, err)
	}
	if got, err := w.Given(t.Context(), "p2", []string{"6eA"}); err != nil || len(got) != 0 {
		t.Errorf("p2 has %v, %v", got, err)
	}
	if got, err := w.Given(t.Context(), "p1", nil); err != nil || len(got) != 1 || got[0] != w.course {
		t.Errorf("p1 has %v, %v", got, err)
	}
	if _, err := w.try("p1", "a", "Sideways"); preau.KindOf(err) != preau.Conflict {
		t.Errorf("an unknown mode: %v", err)
	}
	if _, err := w.try("p1", "z", ""); preau.KindOf(err) != preau.NotFound {
		t.Errorf("no such AU: %v", err)
	}
	u := w.open("p1", "a", "")
	u.must(u.begins())
	for range 2 {
		if err := w.Withdraw(t.Context(), "t1", one.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.try("p1", "a", ""); preau.KindOf(err) != preau.NotFound {
		t.Errorf("launched what was taken back: %v", err)
	}
	kept, err := w.All(t.Context(), "p1")
	if err != nil || len(kept) != 1 {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if n, err := w.Purge(t.Context(), w.clock.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("purged early: %d, %v", n, err)
	}
	if n, err := w.Purge(t.Context(), w.clock.Now().Add(time.Hour)); n < 4 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	w.give()
	open := w.open("p1", "a", "")
	if err := w.Erase(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	// The AU that is open still brings nothing back, and no key names the pupil.
	if status, body := open.do("PUT", "agents/profile?"+url.Values{"agent": {open.actor}, "profileId": {"x"}}.Encode(), `{}`, "If-None-Match", "*"); status != 401 {
		t.Errorf("an erased person's AU: %d %s", status, body)
	}
	var named int
	err = w.db.Read(t.Context(), func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM lrs_key WHERE actor LIKE '%"p1"%'`).Scan(&named)
	})
	if err != nil || named != 0 {
		t.Errorf("%d keys name who was erased, %v", named, err)
	}
	if s, err := w.Of(t.Context(), w.course, w.plan, "p1"); err != nil || !s.Registration.IsZero() {
		t.Errorf("erased: %+v, %v", s, err)
	}
	// Who gave it is forgotten, and the class has it still.
	if err := w.Erase(t.Context(), "t1"); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Assignments(t.Context(), w.course); err != nil || len(list) != 1 || list[0].Tutor != "" {
		t.Errorf("given by who was erased: %+v, %v", list, err)
	}
}
