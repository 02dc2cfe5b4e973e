package access_test

import (
	"strings"
	"testing"

	"preau"
)

// TestBadge_OpensUntilItIsReplaced: read as printed, with spaces, in small
// letters; the old one, a wrong one and an adult's open nothing.
func TestBadge_OpensUntilItIsReplaced(t *testing.T) {
	s := open(t)
	pid := s.pupils[0].ID
	text, err := s.IssueBadge(t.Context(), pid)
	if err != nil || len(text) != 32 {
		t.Fatal(text, err)
	}
	for _, written := range []string{text, strings.ToLower(text), text[:8] + " " + text[8:] + "\r\n"} {
		b := newBrowser(t, 1)
		session, err := b.badge(s, written)
		if err != nil || session.Person != pid {
			t.Fatalf("%q: %+v, %v", written, session, err)
		}
	}
	again, err := s.IssueBadge(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{"replaced": text, "no badge": "ABC", "another": strings.Repeat("A", 32), "empty": ""} {
		if _, err := newBrowser(t, 2).badge(s, wrong); preau.KindOf(err) != preau.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.RevokeBadge(t.Context(), pid); err != nil {
		t.Fatal(err)
	}
	if _, err := newBrowser(t, 3).badge(s, again); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("revoked: %v", err)
	}
}

// TestForget_LeavesNoWayIn: credential, badge and sessions go at once.
func TestForget_LeavesNoWayIn(t *testing.T) {
	s := open(t)
	pid := s.pupils[0].ID
	code := s.issue(t, pid)
	text, err := s.IssueBadge(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Lapse(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d accounts of people who are here lapsed, %v", n, err)
	}
	if err := s.Forget(t.Context(), pid); err != nil {
		t.Fatal(err)
	}
	if _, err := newBrowser(t, 1).badge(s, text); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("the badge still opens: %v", err)
	}
	if _, err := newBrowser(t, 2).pupil(s, pid, code.Secret); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("the code still opens: %v", err)
	}
}
