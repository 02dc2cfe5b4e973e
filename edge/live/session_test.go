package live_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"

	"preau"
	"preau/edge/live"
	"preau/edge/live/protocol"
)

// signedIn is who is, and who gave a sign of life.
type signedIn struct {
	mu     sync.Mutex
	open   map[string]bool
	active []string
}

func (s *signedIn) set(person string, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[person] = open
}

func (s *signedIn) authorise(r *http.Request) (live.Identity, error) {
	id, err := who(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if id.Session = id.Person; err == nil && !s.open[id.Person] {
		err = preau.E(preau.Unauthorized, "nobody is signed in", "", nil)
	}
	return id, err
}

func (s *signedIn) sessions(_ context.Context, active []string) (map[string]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = append(s.active, active...)
	open := map[string]bool{}
	for person, is := range s.open {
		open[person] = is
	}
	return open, nil
}

func (s *signedIn) sign(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.active, person)
}

func newSignedIn(t *testing.T, authorise func(*signedIn, *http.Request) (live.Identity, error)) (*signedIn, *box) {
	t.Helper()
	s := &signedIn{open: map[string]bool{"t1": true, "p1": true}}
	hub, err := live.Open(t.Context(), live.Options{DB: newDB(t), Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler),
		Authorise: func(r *http.Request) (live.Identity, error) { return authorise(s, r) }, Sessions: s.sessions})
	if err != nil {
		t.Fatal(err)
	}
	return s, serve(t, hub)
}

// TestSession_NoLineOutlivesIt ends a session on the box, as when a tablet is
// lost: nobody signs out on it.
func TestSession_NoLineOutlivesIt(t *testing.T) {
	s, b := newSignedIn(t, (*signedIn).authorise)
	b.start("r1")
	prof, ines := b.join(teacher("t1")), b.join(pupil("p1"))
	lost, _, err := b.dial(teacher("t1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lost.WriteMessage(1, []byte(`{"t":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	b.do(prof, &protocol.Attention{On: true})
	b.hub.Recheck()
	b.wait("a sign of life", func() bool { return s.sign("t1") })
	if s.sign("p1") {
		t.Error("a pupil's tablet that said nothing gave a sign of life")
	}
	s.set("t1", false)
	b.hub.Recheck()
	if got := closedWith(t, lost); got != int(protocol.CloseSignedOut) {
		t.Errorf("closed with %d, want 4503", got)
	}
	b.wait("both lines of the teacher gone", func() bool { return b.hub.Stats().Conns == 1 })
	if ines.Here().Room == nil {
		t.Error("the pupil left too")
	}
}

// TestSession_EndedDuringTheHandshakeHoldsNoLine ends it after the box looked
// who asks and before the line is there to be closed.
func TestSession_EndedDuringTheHandshakeHoldsNoLine(t *testing.T) {
	_, b := newSignedIn(t, func(s *signedIn, r *http.Request) (live.Identity, error) {
		id, err := s.authorise(r)
		s.set("t1", false)
		return id, err
	})
	ws, _, err := b.dial(teacher("t1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := closedWith(t, ws); got != int(protocol.CloseSignedOut) {
		t.Errorf("closed with %d, want 4503", got)
	}
}
