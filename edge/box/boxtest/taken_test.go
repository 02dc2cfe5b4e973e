package boxtest

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"preau/edge/directory"
)

// TestClass_IsNotTakenByOpeningAnyLesson opens a colleague's lesson of a class
// that somebody else has now: refused in words, and the class goes on. Who
// gives the lesson opens it.
func TestClass_IsNotTakenByOpeningAnyLesson(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	ctx := t.Context()
	enter := func(role directory.Role, n int) *Visitor {
		v := NewVisitor(t, b)
		if err := v.SignIn(ctx, account(t, b, role, n)); err != nil {
			t.Fatal(err)
		}
		return v
	}
	lesson := func(v *Visitor) string {
		at, err := v.Form(ctx, "/prof/seances", url.Values{"class": {account(t, b, directory.Pupil, 0).Group}})
		if err != nil {
			t.Fatal(err)
		}
		return path.Base(at)
	}
	open := func(v *Visitor, method, id string, status int) string {
		t.Helper()
		resp, text, err := v.Do(ctx, method, "/prof/classe/"+id, "application/x-www-form-urlencoded", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status {
			t.Errorf("%s of the class: %s, want %d", method, resp.Status, status)
		}
		return string(text)
	}
	gives, other, head := enter(directory.Teacher, 0), enter(directory.Teacher, 1), enter(directory.Principal, 0)
	planned, now := lesson(gives), lesson(head)
	open(head, http.MethodPost, now, http.StatusSeeOther)
	if text := open(other, http.MethodPost, planned, http.StatusConflict); !strings.Contains(text, "Mme Kerbrat") {
		t.Errorf("the refusal does not name who has the class: %s", text)
	}
	open(head, http.MethodGet, now, http.StatusOK) // its class went on
	open(gives, http.MethodPost, planned, http.StatusSeeOther)
	open(other, http.MethodPost, planned, http.StatusForbidden)
	open(head, http.MethodPost, now, http.StatusSeeOther)
}
