package supply

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/timetable"
	"preau/internal/sqlite"
	"preau/provisioning/enrol"
)

func TestProxy_ItsPasswordIsNotInTheConfiguration(t *testing.T) {
	data := t.TempDir()
	if u, err := proxy("", data); u != nil || err != nil {
		t.Error(u, err)
	}
	if u, err := proxy("http://proxy.college:3128", data); err != nil || u.User != nil {
		t.Error(u, err)
	}
	for _, bad := range []string{"proxy.college:3128", "socks5://proxy:1080", "http://proxy/path", "http://borne:secret@proxy:3128"} {
		_, err := proxy(bad, data)
		if preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	path := filepath.Join(data, "identity", "proxy.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for content, good := range map[string]bool{`{"user":"borne","password":"sé:cret"}`: true, `{"user":`: false, `{"password":"x"}`: false} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		u, err := proxy("http://proxy.college:3128", data)
		if good != (err == nil) || !good && preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", content, err)
		}
		if good {
			if password, _ := u.User.Password(); password != "sé:cret" {
				t.Error(password)
			}
		}
	}
}

// TestDay_IsTheSchools: its lessons, its holidays, the usual hours of a
// school whose timetable is not known, and a calendar that came by file.
func TestDay_IsTheSchools(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &Supply{Deps: Deps{Config: enrol.Config{UAI: "0750654D", Zone: "C"}, Zone: time.UTC, Calendar: filepath.Join(t.TempDir(), "calendrier.json")}}
	if s.Timetable, err = timetable.Open(t.Context(), db, time.UTC); err != nil {
		t.Fatal(err)
	}
	hours := func(day string) string {
		t.Helper()
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.day(t.Context(), at.Add(12*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if !d.Lessons() {
			return d.Free
		}
		return d.From.Format("15:04") + "-" + d.Until.Format("15:04")
	}
	check := func(day, want string) {
		t.Helper()
		if got := hours(day); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	check("2026-12-15", "08:00-17:00")
	check("2026-12-12", "") // a Saturday
	check("2026-12-22", "Vacances de Noël")
	check("2026-11-11", "Armistice 1918")
	check("2027-11-02", "08:00-17:00") // a year that this release does not know
	file := `{"source":"arrêté","years":[{"year":2027,"start":"2027-09-01","end":"2028-07-08","breaks":[{"name":"Toussaint","zone":"C","from":"2027-10-23","until":"2027-11-08"}]}]}`
	if err := os.WriteFile(s.Calendar, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	check("2027-11-02", "Toussaint")
	err = s.Timetable.Apply(t.Context(), "sts", []timetable.Slot{
		{Key: "1", Class: "6A", Teacher: "p1", Weekday: time.Tuesday, From: 8*60 + 30, Minutes: 55},
		{Key: "2", Class: "5B", Teacher: "p2", Weekday: time.Tuesday, From: 15 * 60, Minutes: 85},
		{Key: "3", Class: "5B", Teacher: "p2", Weekday: time.Saturday, From: 9 * 60, Minutes: 60},
	})
	if err != nil {
		t.Fatal(err)
	}
	check("2026-12-15", "08:30-16:25")
	check("2026-12-16", "") // no lessons on Wednesdays there
	check("2026-12-12", "09:00-10:00")
}

func TestFilms_ArePlayingWhileServedAndAMomentAfter(t *testing.T) {
	s := &Supply{Deps: Deps{Rooms: func() bool { return false }}}
	film := true
	during := false
	h := s.Films(func(http.ResponseWriter, *http.Request) error {
		during = s.class()
		return nil
	}, func(*http.Request) bool { return film })
	r := httptest.NewRequest(http.MethodGet, "/blobs/x", nil)
	film = false
	if err := h(httptest.NewRecorder(), r); err != nil || during || s.class() {
		t.Error("a page is taken for a film")
	}
	film = true
	if err := h(httptest.NewRecorder(), r); err != nil || !during || !s.class() {
		t.Error("a film is not noticed")
	}
	s.films.last.Store(time.Now().Add(-2 * moment).UnixMilli())
	if s.class() {
		t.Error("a film that is over goes on")
	}
	counted := 0
	if s.Pieces(func(int) { counted++ })(http.StatusNotModified) != nil || s.class() {
		t.Error("nothing was sent")
	}
	over := s.Pieces(func(int) { counted++ })(http.StatusPartialContent)
	if !s.class() || counted != 2 {
		t.Error("a film that is sent the short way is not noticed")
	}
	s.films.last.Store(0)
	if !s.class() {
		t.Error("a film that is sent the short way is over while it goes on")
	}
	over()
	if !s.class() || s.films.under.Load() != 0 {
		t.Error("the moment after a film is not noticed")
	}
	s.films.last.Store(0)
	s.Rooms = func() bool { return true }
	if !s.class() {
		t.Error("a class in session is not noticed")
	}
}
