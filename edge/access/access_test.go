package access_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"crypto/tls"

	"preau"
	"preau/edge/access"
	"preau/edge/directory/demo"
)

func TestPupil_SignsInAndOut(t *testing.T) {
	s := open(t)
	lou := s.pupils[0]
	c := s.issue(t, lou.ID)
	if !regexp.MustCompile(`^\d{4}$`).MatchString(c.Secret) || c.Login != "" {
		t.Fatalf("%+v: want four digits and no login", c)
	}
	b := newBrowser(t, 1)
	if _, err := b.pupil(s, lou.ID, wrong(c)); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("wrong code: %v", err)
	}
	if _, err := b.pupil(s, lou.ID, "12a4"); preau.KindOf(err) != preau.Invalid {
		t.Fatalf("no code: %v", err)
	}
	if _, err := b.pupil(s, "nobody", "1234"); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("nobody: %v", err)
	}
	in, err := b.pupil(s, lou.ID, c.Secret)
	if err != nil || in.Role != access.Pupil || in.Person != lou.ID || in.Name != lou.Name() || in.Group == "" {
		t.Fatalf("%+v, %v", in, err)
	}
	if got, ok := b.session(s); !ok || got != in {
		t.Fatalf("session %+v %v, want %+v", got, ok, in)
	}
	kept := *b.cookies["preau"]
	var class string
	if err := b.do(func(w http.ResponseWriter, r *http.Request) (err error) { class, err = s.Switch(w, r); return err }); err != nil || class != in.Group {
		t.Fatalf("switch: %q, %v", class, err)
	}
	b.cookies["preau"] = &kept
	if got, ok := b.session(s); ok {
		t.Fatalf("the old cookie still opens %+v", got)
	}
}

func TestCookie_IsOutOfReach(t *testing.T) {
	s := open(t)
	c := s.issue(t, s.pupils[0].ID)
	for _, secure := range []bool{false, true} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/connexion", nil)
		if secure {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		if _, err := s.SignInPupil(w, r, s.pupils[0].ID, c.Secret); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, k := range w.Result().Cookies() {
			if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
				t.Errorf("cookie %+v is within reach", k)
			}
			if name := map[bool]string{false: "preau", true: "__Host-preau"}[secure]; k.Name == name && k.Secure == secure {
				found++
			}
		}
		if found != 1 {
			t.Errorf("secure %v: cookies %v", secure, w.Result().Cookies())
		}
	}
}

func TestStaff_PassphraseForgivesWhatCarriesNoBit(t *testing.T) {
	s := open(t)
	claire := s.staff(t, demo.TeacherFrench)
	c := s.issue(t, claire.ID)
	if c.Login != "garnier" || len(strings.Fields(c.Secret)) != 5 {
		t.Fatalf("%+v", c)
	}
	b := newBrowser(t, 1)
	for _, try := range []string{"", "a b c d e", strings.Join(strings.Fields(c.Secret)[:4], " ")} {
		if _, err := b.adult(s, "garnier", try); preau.KindOf(err) != preau.Unauthorized {
			t.Fatalf("%q: %v", try, err)
		}
	}
	if _, err := b.adult(s, "personne", ""); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("nobody with no passphrase: %v", err)
	}
	in, err := b.adult(s, " Garnier ", strings.ToUpper(strings.ReplaceAll(c.Secret, " ", " - ")))
	if err != nil || in.Role != access.Teacher || in.Name != "Mme Garnier" {
		t.Fatalf("%+v, %v", in, err)
	}
	again := s.issue(t, claire.ID)
	if _, ok := b.session(s); ok {
		t.Fatal("a session outlived its passphrase")
	}
	if _, err := b.adult(s, "garnier", c.Secret); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("the old passphrase: %v", err)
	}
	if _, err := b.adult(s, "garnier", again.Secret); err != nil {
		t.Fatal(err)
	}
}

func TestSession_EndsIdleAndAnyway(t *testing.T) {
	s := open(t)
	c := s.issue(t, s.pupils[0].ID)
	b := newBrowser(t, 1)
	signIn := func() {
		t.Helper()
		if _, err := b.pupil(s, s.pupils[0].ID, c.Secret); err != nil {
			t.Fatal(err)
		}
	}
	signIn()
	s.clock.add(121 * time.Minute)
	if _, ok := b.session(s); ok {
		t.Fatal("two idle hours later still signed in")
	}
	signIn()
	for hours := range 9 {
		s.clock.add(time.Hour)
		if _, ok := b.session(s); !ok {
			t.Fatalf("busy, signed out after %d hours", hours+1)
		}
	}
	s.clock.add(61 * time.Minute)
	if _, ok := b.session(s); ok {
		t.Fatal("signed in after ten hours")
	}
}

func TestSession_EndsWithTheSchool(t *testing.T) {
	s := open(t)
	claire := s.staff(t, demo.TeacherFrench)
	c := s.issue(t, claire.ID)
	b := newBrowser(t, 1)
	if _, err := b.adult(s, c.Login, c.Secret); err != nil {
		t.Fatal(err)
	}
	r := demo.Roster(1)
	r.People, r.Enrolments = r.People[1:], r.Enrolments[2:]
	if _, err := s.dir.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.clock.add(time.Minute)
	if _, ok := b.session(s); ok {
		t.Fatal("signed in after leaving")
	}
	if _, err := b.adult(s, c.Login, c.Secret); preau.KindOf(err) != preau.Forbidden {
		t.Fatalf("signs in after leaving: %v", err)
	}
	if _, err := s.IssueCredential(t.Context(), claire.ID); preau.KindOf(err) != preau.Invalid {
		t.Fatalf("gets a passphrase after leaving: %v", err)
	}
}

func TestToken_OpensOnce(t *testing.T) {
	s := open(t)
	token, err := s.IssueToken(t.Context(), "Technicien", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	spend := func(b *browser, token string) (got access.Session, err error) {
		err = b.do(func(w http.ResponseWriter, r *http.Request) error { got, err = s.SignInToken(w, r, token); return err })
		return got, err
	}
	b := newBrowser(t, 1)
	if got, err := spend(b, token); err != nil || got.Role != access.Technician {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, ok := b.session(s); !ok {
		t.Fatal("not signed in")
	}
	for _, bad := range []string{token, "", strings.Repeat("A", 43)} {
		if _, err := spend(newBrowser(t, 2), bad); preau.KindOf(err) != preau.Unauthorized || preau.RemedyOf(err) == "" {
			t.Errorf("token %.5q: %v", bad, err)
		}
	}
	late, _ := s.IssueToken(t.Context(), "Technicien", time.Hour)
	s.clock.add(2 * time.Hour)
	if _, err := spend(newBrowser(t, 3), late); preau.KindOf(err) != preau.Unauthorized {
		t.Fatalf("expired: %v", err)
	}
}

func TestBoard_IsRevoked(t *testing.T) {
	s := open(t)
	token, issued, err := s.IssueDevice(t.Context(), access.Board, "Salle 204")
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, 1)
	_ = b.do(func(w http.ResponseWriter, r *http.Request) error { access.SetCookie(w, r, token); return nil })
	if got, ok := b.session(s); !ok || got != issued || got.Role != access.Board || got.Name != "Salle 204" {
		t.Fatalf("%+v %v", got, ok)
	}
	boards, err := s.Boards(t.Context())
	if err != nil || len(boards) != 1 || boards[0].ID != issued.ID {
		t.Fatalf("%+v, %v", boards, err)
	}
	if err := s.Revoke(t.Context(), issued.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.session(s); ok {
		t.Fatal("a revoked board is still let in")
	}
	if err := s.Revoke(t.Context(), issued.ID); preau.KindOf(err) != preau.NotFound {
		t.Fatalf("revoked twice: %v", err)
	}
	if _, _, err := s.IssueDevice(t.Context(), access.Technician, "Salle 204"); preau.KindOf(err) != preau.Invalid {
		t.Fatalf("a device as technician: %v", err)
	}
}

func TestDatabase_HoldsNoSecret(t *testing.T) {
	s := open(t)
	adult := s.issue(t, s.staff(t, demo.TeacherFrench).ID)
	token, _, err := s.IssueDevice(t.Context(), access.Board, "Salle 204")
	if err != nil {
		t.Fatal(err)
	}
	once, err := s.IssueToken(t.Context(), "T", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, 1)
	if _, err := b.adult(s, adult.Login, adult.Secret); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.path, s.path + "-wal"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{adult.Secret, strings.ReplaceAll(adult.Secret, " ", ""), token, once, b.cookies["preau"].Value, b.cookies["preau_device"].Value} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %.6s…", path, secret)
			}
		}
	}
}
