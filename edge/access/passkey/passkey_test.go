package passkey_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/access/passkey"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/internal/sqlite"
)

var home = passkey.Site{Host: "preau.local", Origin: "https://preau.local:8443"}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }
func (c *clock) add(d time.Duration)     { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// school is a box's access with the demonstration's people and their keys.
type school struct {
	*passkey.Passkeys
	access  *access.Access
	dir     *directory.Directory
	clock   *clock
	log     *bytes.Buffer
	teacher access.Session
	other   access.Session
}

func open(t testing.TB) *school {
	t.Helper()
	s := &school{clock: &clock{t: time.Date(2026, 9, 14, 8, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), s.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.dir, err = directory.Open(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if _, err := s.dir.Apply(t.Context(), demo.Roster(1)); err != nil {
		t.Fatal(err)
	}
	secret, log := bytes.Repeat([]byte{7}, 32), slog.New(slog.NewTextHandler(s.log, nil))
	if s.access, err = access.Open(t.Context(), access.Deps{DB: db, Directory: s.dir, Clock: s.clock, Log: log, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	if s.Passkeys, err = passkey.Open(t.Context(), passkey.Deps{DB: db, Access: s.access, Clock: s.clock, Log: log, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	s.teacher, s.other = s.person(t, demo.TeacherFrench), s.person(t, demo.TeacherMaths)
	return s
}

// person is somebody of the demonstration, with a passphrase.
func (s *school) person(t testing.TB, key string) access.Session {
	t.Helper()
	p, err := s.dir.ByKey(t.Context(), demo.Source, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.access.IssueCredential(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	return access.Session{ID: "of-" + key, Person: p.ID, Role: access.Teacher, Name: p.Formal()}
}

// add registers a new key of who.
func (s *school) add(t *testing.T, who access.Session) *authenticator {
	t.Helper()
	a := newAuthenticator(t)
	offer, err := s.Offer(t.Context(), home, who)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), home, who, "Téléphone", a.create(offer)); err != nil {
		t.Fatal(err)
	}
	return a
}

// enter comes to the door with an answer; each visitor from an address of
// their own, so that only the test of tries meets their price.
func (s *school) enter(t testing.TB, body []byte, address string) (access.Session, error) {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://preau.local:8443/connexion/cle", nil)
	r.RemoteAddr = address + ":4321"
	return s.SignIn(httptest.NewRecorder(), r, home, body)
}

func TestSignIn_ByAKeyOfItsHolder(t *testing.T) {
	s := open(t)
	a := s.add(t, s.teacher)
	a.counter = 1
	got, err := s.enter(t, a.sign(s.Ask(home)), "10.0.0.1")
	if err != nil || got.Person != s.teacher.Person || got.Role != access.Teacher {
		t.Fatalf("signed in as %+v: %v", got, err)
	}
	keys, err := s.Of(t.Context(), s.teacher.Person)
	if err != nil || len(keys) != 1 || keys[0].Name != "Téléphone" || keys[0].Host != "preau.local" || !keys[0].Used.Equal(s.clock.Now()) {
		t.Fatalf("listed as %+v: %v", keys, err)
	}
	for _, event := range []string{"passkey added", "passkey used"} {
		if !strings.Contains(s.log.String(), event) {
			t.Errorf("the log has no %q", event)
		}
	}
	if strings.Contains(s.log.String(), s.teacher.Person) || strings.Contains(s.log.String(), s.teacher.Name) {
		t.Error("the log names the holder")
	}
}

// TestSignIn_CounterOfZeroIsNoCounter: phones and clouds do not count.
func TestSignIn_CounterOfZeroIsNoCounter(t *testing.T) {
	s := open(t)
	a := s.add(t, s.teacher)
	for range 2 {
		if _, err := s.enter(t, a.sign(s.Ask(home)), "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSignIn_Refuses(t *testing.T) {
	s := open(t)
	stranger := newAuthenticator(t)
	for what, lie := range map[string]func(a *authenticator) []byte{
		"another origin":           func(a *authenticator) []byte { a.origin = "https://preau.example"; return a.sign(s.Ask(home)) },
		"another port":             func(a *authenticator) []byte { a.origin = "https://preau.local"; return a.sign(s.Ask(home)) },
		"plain HTTP":               func(a *authenticator) []byte { a.origin = "http://preau.local:8443"; return a.sign(s.Ask(home)) },
		"a hash of another host":   func(a *authenticator) []byte { a.host = "preau-2.local"; return a.sign(s.Ask(home)) },
		"nobody verified":          func(a *authenticator) []byte { a.flags = present; return a.sign(s.Ask(home)) },
		"nobody present":           func(a *authenticator) []byte { a.flags = verified; return a.sign(s.Ask(home)) },
		"a key that can be copied": func(a *authenticator) []byte { a.flags |= eligible; return a.sign(s.Ask(home)) },
		"a copy of what cannot be": func(a *authenticator) []byte { a.flags |= backedUp; return a.sign(s.Ask(home)) },
		"the ceremony of adding":   func(a *authenticator) []byte { a.ceremony = "webauthn.create"; return a.sign(s.Ask(home)) },
		"a counter that went back": func(a *authenticator) []byte { a.counter = 4; return a.sign(s.Ask(home)) },
		"a counter that stood":     func(a *authenticator) []byte { a.counter = 5; return a.sign(s.Ask(home)) },
		"no counter any more":      func(a *authenticator) []byte { a.counter = 0; return a.sign(s.Ask(home)) },
		"a challenge of one's own": func(a *authenticator) []byte {
			a.challenge = b64.EncodeToString(make([]byte, 56))
			return a.sign(s.Ask(home))
		},
		"no challenge":             func(a *authenticator) []byte { a.challenge = " "; return a.sign(s.Ask(home)) },
		"a challenge to add":       func(a *authenticator) []byte { return a.sign(asked(t, s)) },
		"a challenge of elsewhere": func(a *authenticator) []byte { return a.sign(s.Ask(passkey.Site{Host: "preau-2.local"})) },
		"another holder":           func(a *authenticator) []byte { a.handle = bytes.Repeat([]byte{1}, 32); return a.sign(s.Ask(home)) },
		"no holder":                func(a *authenticator) []byte { a.handle = nil; return a.sign(s.Ask(home)) },
		"another's signature":      func(a *authenticator) []byte { a.key = stranger.key; return a.sign(s.Ask(home)) },
		"a key the box never saw":  func(a *authenticator) []byte { stranger.handle = a.handle; return stranger.sign(s.Ask(home)) },
		"what is no credential":    func(*authenticator) []byte { return []byte(`{"id":"","type":"public-key"}`) },
		"nothing":                  func(*authenticator) []byte { return nil },
	} {
		t.Run(what, func(t *testing.T) {
			a := s.add(t, s.teacher)
			keys, err := s.Of(t.Context(), s.teacher.Person)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Remove(t.Context(), s.teacher, keys[0].Ref); err != nil {
					t.Error(err)
				}
			}()
			a.counter = 5
			if _, err := s.enter(t, a.sign(s.Ask(home)), "10.1.0.1"); err != nil {
				t.Fatalf("the honest one: %v", err)
			}
			a.counter = 6
			got, err := s.enter(t, lie(a), "10.2.0."+what)
			if preau.KindOf(err) != preau.Unauthorized {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}

// asked is a challenge to add a key, as one to sign.
func asked(t *testing.T, s *school) (ask passkey.Ask) {
	t.Helper()
	offer, err := s.Offer(t.Context(), home, s.teacher)
	if err != nil {
		t.Fatal(err)
	}
	ask.PublicKey.Challenge = offer.PublicKey.Challenge
	return ask
}

func TestSignIn_AChallengeServesOnceAndNotForLong(t *testing.T) {
	s := open(t)
	a := s.add(t, s.teacher)
	answer := a.sign(s.Ask(home))
	if _, err := s.enter(t, answer, "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.enter(t, answer, "10.0.0.2"); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("replayed: %v", err)
	}
	old := s.Ask(home)
	s.clock.add(5 * time.Minute)
	if _, err := s.enter(t, a.sign(old), "10.0.0.3"); preau.KindOf(err) != preau.Expired {
		t.Errorf("after five minutes: %v", err)
	}
}

// TestSignIn_TriesCostAsPassphrasesDo: the bucket is the same.
func TestSignIn_TriesCostAsPassphrasesDo(t *testing.T) {
	s := open(t)
	for range 10 {
		if _, err := s.enter(t, []byte(`{}`), "10.9.0.1"); preau.KindOf(err) != preau.Unauthorized {
			t.Fatal(err)
		}
	}
	if _, err := s.enter(t, []byte(`{}`), "10.9.0.1"); preau.KindOf(err) != preau.RateLimited {
		t.Errorf("an eleventh try: %v", err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://preau.local/connexion/adulte", nil)
	r.RemoteAddr = "10.9.0.1:1"
	if _, err := s.access.SignInStaff(httptest.NewRecorder(), r, "x", "y"); preau.KindOf(err) != preau.RateLimited {
		t.Errorf("then by passphrase: %v", err)
	}
}

func TestAdd_Refuses(t *testing.T) {
	s := open(t)
	offer := func() passkey.Offer {
		o, err := s.Offer(t.Context(), home, s.teacher)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for what, lie := range map[string]func(a *authenticator) ([]byte, access.Session){
		"another origin": func(a *authenticator) ([]byte, access.Session) {
			a.origin = "https://preau.example"
			return a.create(offer()), s.teacher
		},
		"a hash of another host": func(a *authenticator) ([]byte, access.Session) {
			a.host = "preau-2.local"
			return a.create(offer()), s.teacher
		},
		"nobody verified": func(a *authenticator) ([]byte, access.Session) {
			a.flags = present
			return a.create(offer()), s.teacher
		},
		"the ceremony of entering": func(a *authenticator) ([]byte, access.Session) {
			a.ceremony = "webauthn.get"
			return a.create(offer()), s.teacher
		},
		"an offer to somebody else": func(a *authenticator) ([]byte, access.Session) { return a.create(offer()), s.other },
		"a challenge of the door": func(a *authenticator) ([]byte, access.Session) {
			o := offer()
			o.PublicKey.Challenge = s.Ask(home).PublicKey.Challenge
			return a.create(o), s.teacher
		},
		"nothing": func(*authenticator) ([]byte, access.Session) { return []byte("null"), s.teacher },
	} {
		t.Run(what, func(t *testing.T) {
			body, who := lie(newAuthenticator(t))
			if key, err := s.Add(t.Context(), home, who, "Téléphone", body); preau.KindOf(err) != preau.Unauthorized {
				t.Fatalf("got %+v, %v", key, err)
			}
		})
	}
	a := newAuthenticator(t)
	body := a.create(offer())
	if _, err := s.Add(t.Context(), home, s.teacher, strings.Repeat("é", 61), body); preau.KindOf(err) != preau.Invalid {
		t.Errorf("a name of 61: %v", err)
	}
	if _, err := s.Add(t.Context(), home, s.teacher, "Téléphone", body); err != nil {
		t.Errorf("a bad name spent the offer: %v", err)
	}
	if _, err := s.Add(t.Context(), home, s.teacher, "Encore", body); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("an offer taken twice: %v", err)
	}
	if _, err := s.Add(t.Context(), home, s.other, "Volée", a.create(mustOffer(t, s, s.other))); preau.KindOf(err) != preau.Conflict {
		t.Errorf("a key that is somebody's already: %v", err)
	}
	if _, err := s.Offer(t.Context(), home, access.Session{Role: access.Technician, Name: "De passage"}); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("a technician without an account: %v", err)
	}
	for range 9 {
		s.add(t, s.teacher)
	}
	if _, err := s.Offer(t.Context(), home, s.teacher); preau.KindOf(err) != preau.Conflict {
		t.Errorf("an eleventh key: %v", err)
	}
}

func mustOffer(t *testing.T, s *school, who access.Session) passkey.Offer {
	t.Helper()
	o, err := s.Offer(t.Context(), home, who)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestKeys_AreTheirHoldersAlone(t *testing.T) {
	s := open(t)
	a := s.add(t, s.teacher)
	keys, err := s.Of(t.Context(), s.teacher.Person)
	if err != nil {
		t.Fatal(err)
	}
	ref := keys[0].Ref
	if err := s.Rename(t.Context(), s.other.Person, ref, "À moi"); preau.KindOf(err) != preau.NotFound {
		t.Errorf("renamed by another: %v", err)
	}
	if err := s.Remove(t.Context(), s.other, ref); preau.KindOf(err) != preau.NotFound {
		t.Errorf("removed by another: %v", err)
	}
	if err := s.Rename(t.Context(), s.teacher.Person, ref, "  Clé   USB "); err != nil {
		t.Error(err)
	}
	if keys, _ = s.All(t.Context()); len(keys) != 1 || keys[0].Name != "Clé USB" {
		t.Errorf("listed as %+v", keys)
	}
	if err := s.TakeBack(t.Context(), s.other, ref); err != nil {
		t.Error(err)
	}
	if _, err := s.enter(t, a.sign(s.Ask(home)), "10.0.0.1"); preau.KindOf(err) != preau.Unauthorized {
		t.Errorf("a key taken back lets in: %v", err)
	}
}

// TestKeys_EndWithTheAccount: who leaves, who is forgotten and who is given a
// new passphrase has no key any more.
func TestKeys_EndWithTheAccount(t *testing.T) {
	s := open(t)
	for what, end := range map[string]func() error{
		"forgotten":        func() error { return s.access.Forget(t.Context(), s.teacher.Person) },
		"a new passphrase": func() error { _, err := s.access.IssueCredential(t.Context(), s.teacher.Person); return err },
	} {
		a := s.add(t, s.teacher)
		s.add(t, s.other)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		keys, err := s.All(t.Context())
		if err != nil || len(keys) != 1 || keys[0].Person != s.other.Person {
			t.Errorf("%s: %+v, %v", what, keys, err)
		}
		if _, err := s.enter(t, a.sign(s.Ask(home)), "10.0.0.1"); preau.KindOf(err) != preau.Unauthorized {
			t.Errorf("%s: %v", what, err)
		}
		if err := s.Remove(t.Context(), s.other, keys[0].Ref); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfirm_AsksForTheOnePassphrase(t *testing.T) {
	s := open(t)
	c, err := s.access.IssueCredential(t.Context(), s.teacher.Person)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://preau.local/compte/cles/demande", nil)
	if err := s.access.Confirm(r, s.teacher.Person, c.Secret); err != nil {
		t.Error(err)
	}
	for pid, phrase := range map[string]string{s.teacher.Person: "un deux trois quatre cinq", s.other.Person: c.Secret, "": c.Secret, "nobody": c.Secret} {
		if err := s.access.Confirm(r, pid, phrase); preau.KindOf(err) != preau.Unauthorized {
			t.Errorf("%q with %q: %v", pid, phrase, err)
		}
	}
}

func TestSiteOf(t *testing.T) {
	for host, want := range map[string]passkey.Site{
		"preau.local":              {Host: "preau.local", Origin: "https://preau.local"},
		"Preau.Local:8443":         {Host: "preau.local", Origin: "https://preau.local:8443"},
		"0230001b.preau.local:443": {Host: "0230001b.preau.local", Origin: "https://0230001b.preau.local:443"},
		"192.168.1.2":              {}, "192.168.1.2:8443": {}, "[fe80::1]:8443": {}, "[fe80::1]": {}, "preau..local": {}, "-x.local": {}, "préau.local": {}, "1.2.3": {}, "": {},
	} {
		r := httptest.NewRequest("GET", "https://preau.local/", nil)
		r.Host = host
		if r.TLS == nil {
			r.TLS = &tls.ConnectionState{}
		}
		got, err := passkey.SiteOf(r)
		if got != want || (err == nil) != (want.Host != "") {
			t.Errorf("%q: %+v, %v", host, got, err)
		}
		r.TLS = nil
		if _, err := passkey.SiteOf(r); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%q over HTTP: %v", host, err)
		}
	}
}
