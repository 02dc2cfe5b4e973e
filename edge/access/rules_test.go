package access_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"preau/edge/access"
	"preau/edge/directory/demo"
	"preau/internal/httpkit"
)

// TestRules_MatrixHolds walks every declared route, and some that are not, as
// every role, over real HTTP.
func TestRules_MatrixHolds(t *testing.T) {
	s := open(t)
	jars := signedIn(t, s)
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	reached := 0
	srv := httptest.NewServer(s.Guard(kit, access.Rules(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		got, ok := s.Session(r)
		if want := r.Header.Get("X-As"); ok != (want != "") || string(got.Role) != want {
			t.Errorf("%s %s sees role %q, want %q", r.Method, r.URL.Path, got.Role, want)
		}
	})))
	defer srv.Close()
	for _, rule := range access.Rules() {
		method, path := sample(rule.Pattern)
		for role, cookie := range jars {
			want := http.StatusOK
			switch {
			case len(rule.Roles) == 0 || slices.Contains(rule.Roles, role):
			case role == "":
				want = http.StatusUnauthorized
			default:
				want = http.StatusForbidden
			}
			if got := visit(t, srv.URL, method, path, role, cookie); got != want {
				t.Errorf("%s %s as %q: %d, want %d", method, path, role, got, want)
			}
		}
	}
	if reached == 0 {
		t.Fatal("nothing got through")
	}
	before := reached
	for _, route := range []string{"GET /secret", "GET /api/v1/people", "DELETE /api/v1/items", "POST /metrics", "GET /api/v1/progress", "GET /eleve/../metrics/x", "TRACE /prof"} {
		method, path, _ := strings.Cut(route, " ")
		for role, cookie := range jars {
			if role == access.Technician && strings.Contains(path, "metrics") {
				continue
			}
			if got := visit(t, srv.URL, method, path, role, cookie); got < 300 {
				t.Errorf("%s as %q: %d, want it closed", route, role, got)
			}
		}
	}
	if reached != before {
		t.Error("an undeclared route was reached")
	}
}

func TestRequire_ChecksOneHandler(t *testing.T) {
	s := open(t)
	jars := signedIn(t, s)
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(kit.Handle(s.Require(access.Teacher, access.Principal)(func(w http.ResponseWriter, r *http.Request) error {
		_, err := w.Write([]byte("ok"))
		return err
	})))
	defer srv.Close()
	for role, cookie := range jars {
		want := http.StatusForbidden
		switch role {
		case "":
			want = http.StatusUnauthorized
		case access.Teacher, access.Principal:
			want = http.StatusOK
		}
		if got := visit(t, srv.URL, "GET", "/", role, cookie); got != want {
			t.Errorf("as %q: %d, want %d", role, got, want)
		}
	}
}

// signedIn gives one session cookie a role, and none for nobody.
func signedIn(t *testing.T, s *school) map[access.Role]*http.Cookie {
	t.Helper()
	jars := map[access.Role]*http.Cookie{"": nil}
	c := s.issue(t, s.pupils[0].ID)
	b := newBrowser(t, 1)
	if _, err := b.pupil(s, s.pupils[0].ID, c.Secret); err != nil {
		t.Fatal(err)
	}
	jars[access.Pupil] = b.cookies["preau"]
	for role, key := range map[access.Role]string{access.Teacher: demo.TeacherFrench, access.Principal: demo.Head} {
		c := s.issue(t, s.staff(t, key).ID)
		b := newBrowser(t, 1)
		if _, err := b.adult(s, c.Login, c.Secret); err != nil {
			t.Fatal(err)
		}
		jars[role] = b.cookies["preau"]
	}
	once, err := s.IssueToken(t.Context(), "Technicien", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.do(func(w http.ResponseWriter, r *http.Request) error { _, err := s.SignInToken(w, r, once); return err }); err != nil {
		t.Fatal(err)
	}
	jars[access.Technician] = b.cookies["preau"]
	token, _, err := s.IssueDevice(t.Context(), access.Board, "Salle 204")
	if err != nil {
		t.Fatal(err)
	}
	jars[access.Board] = &http.Cookie{Name: "preau", Value: token}
	return jars
}

// sample makes a request line that a pattern matches.
func sample(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = "GET", pattern
	}
	path = strings.NewReplacer("{$}", "", "{sha256}", strings.Repeat("a", 64), "{id...}", "ark:/99999/lf-adjectif-1", "{id}", "42").Replace(path)
	if len(path) > 1 && strings.HasSuffix(path, "/") {
		path += "x"
	}
	return method, path
}

func visit(t *testing.T, base, method, path string, role access.Role, cookie *http.Cookie) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-As", string(role))
	if cookie != nil {
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
