package live_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/protocol"
	"preau/internal/httpkit"
)

// serveAt serves on an address that was just used.
func serveAt(t *testing.T, hub *live.Hub, addr string) *box {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	b := &box{t: t, hub: hub, srv: &httptest.Server{Listener: ln, Config: &http.Server{Handler: kit.Handle(hub.Handle)}}, stop: stop, done: make(chan error, 1)}
	b.srv.Start()
	b.url = b.srv.URL
	go func() { b.done <- hub.Serve(ctx) }()
	t.Cleanup(b.close)
	return b
}

func TestHandle_RefusesBeforeTheUpgrade(t *testing.T) {
	b := newBox(t, live.Limits{PerDevice: 3, PerAddr: 6})
	foreign := pupil("p1")
	foreign.Set("Origin", "http://evil.example")
	same := pupil("p1")
	same.Set("Origin", b.url)
	for name, c := range map[string]struct {
		h      http.Header
		status int
	}{"nobody": {http.Header{}, 401}, "a foreign page": {foreign, 403}, "a principal": {as("principal", "x", "//"), 403}, "our own page": {same, 101}} {
		_, resp, err := b.dial(c.h)
		if resp == nil || resp.StatusCode != c.status {
			t.Errorf("%s: got %v %v, want %d", name, resp, err, c.status)
		}
	}
	for i, want := range []int{101, 101, 101, 429, 429} {
		if _, resp, err := b.dial(as("pupil", "p2", "6B/tablet-7/")); resp == nil || resp.StatusCode != want {
			t.Errorf("connection %d of a device: got %v %v, want %d", i+1, resp, err, want)
		}
	}
	codes := map[int]int{}
	for range 5 {
		if _, resp, _ := b.dial(pupil("p3")); resp != nil {
			codes[resp.StatusCode]++
		}
	}
	if codes[101] != 2 || codes[429] != 3 {
		t.Errorf("of an address with a limit of 6 and 4 taken: %v", codes)
	}
	resp, err := http.Get(b.url + "/live")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("plain GET by nobody: %d", resp.StatusCode)
	}
}

func TestPeer_ThatBreaksTheRulesIsSentAwayWithTheRightCode(t *testing.T) {
	b := newBox(t, live.Limits{Hello: 100 * time.Millisecond})
	b.start("r1")
	hello := []byte(`{"t":"hello"}`)
	type frame struct {
		kind int
		data []byte
	}
	flood := []frame{{1, hello}}
	for range 60 {
		flood = append(flood, frame{1, []byte(`{"t":"open","item":"x"}`)})
	}
	pings := []frame{{1, hello}}
	for range 100 {
		pings = append(pings, frame{9, []byte("x")})
	}
	pongs := []frame{{1, hello}}
	for range 100 {
		pongs = append(pongs, frame{10, nil})
	}
	for name, c := range map[string]struct {
		frames []frame
		code   int
	}{
		"mute":                {nil, 4500},
		"no hello first":      {[]frame{{1, []byte(`{"t":"hand","up":true}`)}}, 4500},
		"not JSON at first":   {[]frame{{1, []byte("GET /")}}, 4500},
		"binary":              {[]frame{{2, hello}}, 1003},
		"not UTF-8":           {[]frame{{1, hello}, {1, []byte("{\"t\":\"hand\",\"up\":\"\xff\"}")}}, 1007},
		"too big":             {[]frame{{1, hello}, {1, bytes.Repeat([]byte(" "), protocol.MaxMessage+1)}}, 1009},
		"much too big":        {[]frame{{1, hello}, {1, bytes.Repeat([]byte(" "), 10<<20)}}, 0},
		"commands of a pupil": {flood, 4501},
		"pings":               {pings, 4501},
		"pongs":               {pongs, 4501},
	} {
		t.Run(name, func(t *testing.T) {
			ws, _, err := b.dial(pupil("p1"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range c.frames {
				if ws.WriteMessage(f.kind, f.data) != nil {
					break // sent away before the end of it
				}
			}
			if c.code == 0 {
				return // what it still sends resets the line: it must only be gone
			}
			if got := closedWith(t, ws); got != c.code {
				t.Errorf("closed with %d, want %d", got, c.code)
			}
		})
	}
	wait(t, "the hub to forget them", func() bool { return b.hub.Stats().Conns == 0 })
}

func TestPeer_ThatIsGoneIsNoticed(t *testing.T) {
	b := newBox(t, live.Limits{Ping: 300 * time.Millisecond, Silence: time.Second})
	b.start("r1")
	ws, _, err := b.dial(pupil("p1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(1, []byte(`{"t":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	wait(t, "the pupil", func() bool { return b.hub.Stats().Conns == 1 })
	// It does not read, hence never answers a ping: like a tablet out of reach.
	wait(t, "its end", func() bool { return b.hub.Stats().Conns == 0 })
	if _, members, _ := b.hub.Look("r1"); len(members) != 1 || members[0].Online {
		t.Errorf("members %+v", members)
	}
	// One that answers stays.
	s := b.join(pupil("p2"))
	wait(t, "a while", func() bool { return count[*protocol.Pong](s) > 9 })
	if s.cuts != 0 {
		t.Errorf("a line in order was cut %d times", s.cuts)
	}
}

// TestPublisher_IsNotSlowedByOneThatDoesNotRead fills the line of one tablet.
func TestPublisher_IsNotSlowedByOneThatDoesNotRead(t *testing.T) {
	b := newBox(t, live.Limits{Stall: 300 * time.Millisecond, Events: 64})
	b.start("r1")
	ws, _, err := b.dial(pupil("stuck"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.NetConn().(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(1, []byte(`{"t":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	ines := b.join(pupil("p1"))
	wait(t, "both", func() bool { _, m, _ := b.hub.Look("r1"); return len(m) == 2 })
	by := live.Identity{Role: protocol.RoleTeacher, Person: "t1", Name: strings.Repeat("é", 4000)}
	slowest := time.Duration(0)
	for sent := 0; b.hub.Stats().Conns == 2; sent++ {
		began := time.Now()
		if _, err := b.hub.Command(t.Context(), "r1", by, &protocol.Attention{On: true}); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(began))
		if sent > 20_000 {
			t.Fatal("a line that takes nothing is never cut")
		}
	}
	if slowest > 2*time.Second {
		t.Errorf("a command took %v", slowest)
	}
	st, _, _ := b.hub.Look("r1")
	wait(t, "the other pupil to be up to date", func() bool { return ines.Here().State.Attention == st.Attention })
}

func TestServe_SaysComeBackAndLeavesNobodyBehind(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	ws, _, err := b.dial(pupil("p1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(1, []byte(`{"t":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	mute, _, err := b.dial(pupil("p2"))
	if err != nil {
		t.Fatal(err)
	}
	_ = mute
	go b.stop()
	if got := closedWith(t, ws); got != 1012 {
		t.Errorf("closed with %d, want 1012", got)
	}
	b.close()
	buf := make([]byte, 1<<20)
	if s := string(buf[:runtime.Stack(buf, true)]); strings.Contains(s, "live.(*conn)") {
		t.Errorf("goroutines were left behind:\n%s", s)
	}
	if err := b.hub.Start(t.Context(), live.Room{}); preau.KindOf(err) != preau.Invalid {
		t.Errorf("an empty room: %v", err)
	}
}

// TestHub_UnderEverythingAtOnce joins, leaves, commands, moves, ends and
// reads at the same time; the race detector is the judge.
func TestHub_UnderEverythingAtOnce(t *testing.T) {
	b := newBox(t, live.Limits{Events: 16, Ping: 20 * time.Millisecond, Silence: 5 * time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	loop := func(f func()) {
		wg.Go(func() {
			for ctx.Err() == nil {
				f()
			}
		})
	}
	by := live.Identity{Role: protocol.RoleTeacher, Person: "t1"}
	loop(func() {
		_ = b.hub.Start(ctx, live.Room{ID: "r1", Group: "6B", Teachers: []string{"t1"}}) // any outcome is fine here
		for range 20 {
			_, _ = b.hub.Command(ctx, "r1", by, &protocol.Open{Item: "film", Playing: true})
			_, _ = b.hub.Command(ctx, "r1", by, &protocol.Seek{Position: 3, To: protocol.ToBoards})
		}
		_ = b.hub.End(ctx, "r1", by)
	})
	loop(func() { b.hub.Move("b1", "r1"); b.hub.Move("b1", ""); b.hub.Look("r1"); b.hub.Stats(); b.hub.Rooms() })
	for _, h := range []http.Header{pupil("p1"), pupil("p2"), board("b1", ""), teacher("t1")} {
		loop(func() {
			ws, _, err := b.dial(h)
			if err != nil {
				return
			}
			defer ws.Close()
			_ = ws.WriteMessage(1, []byte(`{"t":"hello"}`))
			_ = ws.WriteMessage(1, []byte(`{"t":"status","item":"film","position":1}`))
			_ = ws.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
			for {
				if _, r, err := ws.NextReader(); err != nil {
					return
				} else if _, err := io.Copy(io.Discard, r); err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
}
