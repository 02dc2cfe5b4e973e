package access_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/edge/directory/demo"
)

// TestAlive_TellsOfEveryEndOfASession is for the live line, which makes no
// request that would find out.
func TestAlive_TellsOfEveryEndOfASession(t *testing.T) {
	s := open(t)
	told := 0
	s.OnEnded(func() { told++ })
	c := s.issue(t, s.pupils[0].ID)
	sign := func(n int) string {
		t.Helper()
		got, err := newBrowser(t, n).pupil(s, s.pupils[0].ID, c.Secret)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.add(time.Second)
		return got.ID
	}
	alive := func(active ...string) []string {
		t.Helper()
		open, err := s.Alive(t.Context(), active)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(open))
	}
	ended := func(what, id string) {
		t.Helper()
		if slices.Contains(alive(), id) || told == 0 {
			t.Errorf("%s: still open, told %d times", what, told)
		}
		told = 0
	}
	var ids []string
	for n := range 9 {
		ids = append(ids, sign(n))
	}
	ended("one session too many", ids[0])
	if err := s.Revoke(t.Context(), ids[8]); err != nil {
		t.Fatal(err)
	}
	ended("revoked", ids[8])
	s.clock.add(90 * time.Minute)
	if n := len(alive(ids[1])); n != 7 {
		t.Errorf("%d are open, want 7", n)
	}
	s.clock.add(90 * time.Minute) // the others gave no sign of life
	if got := alive(); !slices.Equal(got, ids[1:2]) {
		t.Errorf("after an idle time %v are open, want %v", got, ids[1:2])
	}
	if err := s.Forget(t.Context(), s.pupils[0].ID); err != nil {
		t.Fatal(err)
	}
	ended("forgotten", ids[1])
}

// TestSession_EndsWithWhatItStoodFor: a roster that moves a pupil, sends one
// away or takes a function back ends what was signed in before it, for
// requests and for the live line; the others go on.
func TestSession_EndsWithWhatItStoodFor(t *testing.T) {
	s := open(t)
	browsers := map[string]*browser{}
	ids := map[string]string{}
	for n, key := range []string{"ele-01", "ele-02", "ele-03"} {
		p := s.staff(t, key) // anybody, by key
		browsers[key] = newBrowser(t, n)
		got, err := browsers[key].pupil(s, p.ID, s.issue(t, p.ID).Secret)
		if err != nil {
			t.Fatal(err)
		}
		ids[key] = got.ID
	}
	for n, key := range []string{demo.TeacherFrench, demo.TeacherMaths} {
		p := s.staff(t, key)
		c := s.issue(t, p.ID)
		browsers[key] = newBrowser(t, 10+n)
		got, err := browsers[key].adult(s, c.Login, c.Secret)
		if err != nil {
			t.Fatal(err)
		}
		ids[key] = got.ID
	}
	r := demo.Roster(1)
	r.People = slices.DeleteFunc(r.People, func(p directory.RosterPerson) bool { return p.Key == "ele-02" })
	r.Enrolments = slices.DeleteFunc(r.Enrolments, func(e directory.Enrolment) bool { return e.Person == "ele-02" })
	for i := range r.Enrolments {
		if r.Enrolments[i].Person == "ele-01" {
			r.Enrolments[i].Class = demo.ClassB
		}
	}
	for i := range r.People {
		if r.People[i].Key == demo.TeacherMaths {
			r.People[i].Roles = []directory.Role{directory.Technician}
		}
	}
	if _, err := s.dir.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.clock.add(time.Minute) // longer than anything is kept in memory
	alive, err := s.Alive(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"ele-01": false, "ele-02": false, "ele-03": true, demo.TeacherFrench: true, demo.TeacherMaths: false} {
		if alive[ids[key]] != want {
			t.Errorf("the line of %s is open: %v, want %v", key, alive[ids[key]], want)
		}
		if _, ok := browsers[key].session(s); ok != want {
			t.Errorf("the session of %s is open: %v, want %v", key, ok, want)
		}
	}
}
