package live_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

// box is a hub behind a real server.
type box struct {
	t    *testing.T
	hub  *live.Hub
	url  string
	srv  *httptest.Server
	stop context.CancelFunc
	done chan error
}

// recorder is a journal that remembers, and fails when asked to.
type recorder struct {
	mu       sync.Mutex
	launches []live.Launch
	ended    []live.Room
	fail     error
}

func (r *recorder) Opened(_ *sqlite.Tx, l live.Launch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.launches = append(r.launches, l)
	return r.fail
}

func (r *recorder) Ended(_ *sqlite.Tx, room live.Room, _ live.Identity) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, room)
	return nil
}

func (r *recorder) opened() []live.Launch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]live.Launch(nil), r.launches...)
}

// who reads the identity a test client claims: role/person/group/device/room.
func who(r *http.Request) (live.Identity, error) {
	f := strings.Split(r.Header.Get("X-Who"), "/")
	if len(f) != 5 {
		return live.Identity{}, preau.E(preau.Unauthorized, "nobody signed in", "", nil)
	}
	return live.Identity{Role: protocol.Role(f[0]), Person: f[1], Name: "Name of " + f[1], Group: f[2], Device: f[3], Room: f[4]}, nil
}

func as(role, person, rest string) http.Header {
	return http.Header{"X-Who": {role + "/" + person + "/" + rest}}
}

func teacher(person string) http.Header { return as("teacher", person, "//") }
func pupil(person string) http.Header   { return as("pupil", person, "6B//") }
func board(id, room string) http.Header { return as("board", id, "//"+room) }

// newDB opens a database that outlives hubs within a test.
func newDB(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newHub(t *testing.T, db *sqlite.DB, limits live.Limits, events live.Events) *live.Hub {
	t.Helper()
	hub, err := live.Open(t.Context(), live.Options{DB: db, Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler), Authorise: who,
		Items: func(_ context.Context, id string, staff bool) (live.Item, error) {
			if id == "missing" || id == "answer key" && !staff {
				return live.Item{}, preau.E(preau.NotFound, "no such item", "", nil)
			}
			return live.Item{Kind: "video", Title: "L'adjectif"}, nil
		}, Events: events, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return hub
}

func newBox(t *testing.T, limits live.Limits) *box {
	return serve(t, newHub(t, newDB(t), limits, &recorder{}))
}

func serve(t *testing.T, hub *live.Hub) *box {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	b := &box{t: t, hub: hub, srv: httptest.NewServer(kit.Handle(hub.Handle)), stop: stop, done: make(chan error, 1)}
	b.url = b.srv.URL
	go func() { b.done <- hub.Serve(ctx) }()
	t.Cleanup(b.close)
	return b
}

func (b *box) close() {
	b.stop()
	select {
	case err := <-b.done:
		if err != nil {
			b.t.Errorf("Serve ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		b.t.Error("Serve does not end")
	}
	b.done <- nil // close may be called twice
	b.srv.Close()
}

func (b *box) start(id string) {
	b.t.Helper()
	if err := b.hub.Start(b.t.Context(), live.Room{ID: id, Title: "Français", Group: "6B", Teachers: []string{"t1"}}); err != nil {
		b.t.Fatal(err)
	}
}

// screen is a client that remembers what it heard.
type screen struct {
	*client.Client
	mu    sync.Mutex
	heard []protocol.Message
	cuts  int
	end   chan error
}

func (b *box) join(h http.Header) *screen {
	b.t.Helper()
	return b.joinBy(h, nil, 200*time.Millisecond)
}

func (s *screen) hear(m protocol.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, m)
}

func (s *screen) cut(error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts++
}

func (s *screen) all() []protocol.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]protocol.Message(nil), s.heard...)
}

func count[M protocol.Message](s *screen) (n int) {
	for _, m := range s.all() {
		if _, ok := m.(M); ok {
			n++
		}
	}
	return n
}

// wait polls until a condition holds.
func (b *box) wait(what string, ok func() bool) {
	b.t.Helper()
	wait(b.t, what, ok)
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// dial opens a bare websocket, for clients that misbehave.
func (b *box) dial(h http.Header) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	ws, resp, err := d.DialContext(b.t.Context(), "ws"+strings.TrimPrefix(b.url, "http")+"/live", h)
	if ws != nil {
		b.t.Cleanup(func() { ws.Close() })
	}
	return ws, resp, err
}

// closedWith reads until the server closes and returns its code.
func closedWith(t *testing.T, ws *websocket.Conn) int {
	t.Helper()
	if err := ws.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			ce, ok := errors.AsType[*websocket.CloseError](err)
			if !ok {
				t.Fatalf("got %v, want a close frame", err)
			}
			return ce.Code
		}
	}
}
