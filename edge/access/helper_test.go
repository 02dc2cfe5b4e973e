package access_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/internal/sqlite"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }
func (c *clock) add(d time.Duration)     { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// school is a box's access with the demonstration's people.
type school struct {
	*access.Access
	dir    *directory.Directory
	clock  *clock
	path   string
	pupils []directory.Person
}

func open(t *testing.T) *school {
	t.Helper()
	s := &school{clock: &clock{t: time.Date(2026, 9, 14, 8, 0, 0, 0, time.UTC)}, path: filepath.Join(t.TempDir(), "preau.db")}
	db, err := sqlite.Open(t.Context(), s.path, s.clock)
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
	classes, err := s.dir.Classes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.pupils, err = s.dir.Pupils(t.Context(), classes[0].ID); err != nil {
		t.Fatal(err)
	}
	s.Access, err = access.Open(t.Context(), access.Deps{DB: db, Directory: s.dir, Clock: s.clock,
		Log: slog.New(slog.DiscardHandler), Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *school) issue(t *testing.T, pid string) access.Credential {
	t.Helper()
	c, err := s.IssueCredential(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *school) staff(t *testing.T, key string) directory.Person {
	t.Helper()
	p, err := s.dir.ByKey(t.Context(), demo.Source, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// browser keeps cookies as one does, at one address.
type browser struct {
	t       *testing.T
	address string
	cookies map[string]*http.Cookie
}

func newBrowser(t *testing.T, n int) *browser {
	return &browser{t: t, address: fmt.Sprintf("10.0.%d.%d:4321", n/250, n%250+1), cookies: map[string]*http.Cookie{}}
}

// do runs fn as the answer to a request of the browser.
func (b *browser) do(fn func(w http.ResponseWriter, r *http.Request) error) error {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), "POST", "http://preau.local/connexion", nil)
	r.RemoteAddr = b.address
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	err := fn(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return err
}

func (b *browser) pupil(s *school, pid, code string) (got access.Session, err error) {
	err = b.do(func(w http.ResponseWriter, r *http.Request) error {
		got, err = s.SignInPupil(w, r, pid, code)
		return err
	})
	return got, err
}

func (b *browser) badge(s *school, text string) (got access.Session, err error) {
	err = b.do(func(w http.ResponseWriter, r *http.Request) error {
		got, err = s.SignInBadge(w, r, text)
		return err
	})
	return got, err
}

func (b *browser) adult(s *school, login, phrase string) (got access.Session, err error) {
	err = b.do(func(w http.ResponseWriter, r *http.Request) error {
		got, err = s.SignInStaff(w, r, login, phrase)
		return err
	})
	return got, err
}

func (b *browser) session(s *school) (got access.Session, ok bool) {
	_ = b.do(func(_ http.ResponseWriter, r *http.Request) error {
		got, ok = s.Session(r)
		return nil
	})
	return got, ok
}

// wrong is a code that is not c.
func wrong(c access.Credential) string {
	if c.Secret == "0000" {
		return "1111"
	}
	return "0000"
}
