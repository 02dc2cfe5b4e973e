package access_test

import (
	"maps"
	"slices"
	"testing"
	"time"
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
