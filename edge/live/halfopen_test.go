package live_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/internal/line/linetest"
)

// TestHalfOpen_IsNoticedWithinTenSeconds has a line go silent without an end,
// with the box's own limits: both sides notice by themselves, the teacher sees
// that the tablet is gone, and the tablet comes back and misses nothing.
func TestHalfOpen_IsNoticedWithinTenSeconds(t *testing.T) {
	t.Run("a relay that passes nothing on", func(t *testing.T) {
		t.Parallel()
		b := newBox(t, live.Limits{})
		r := newRelay(t, b.srv.Listener.Addr().String())
		halfOpen(t, b, "http://"+r.addr, nil, func() { r.silent.Store(true) }, func() { r.silent.Store(false) })
	})
	t.Run("a cable that is pulled", func(t *testing.T) {
		t.Parallel()
		c, err := newCable(t)
		if err != nil {
			if os.Getenv("PREAU_MUST") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		hub := newHub(t, newDB(t), live.Limits{}, &recorder{})
		b := serveAt(t, hub, c.here+":0")
		halfOpen(t, b, b.url, linetest.DialFrom(c.ns), func() { c.set("down") }, func() { c.set("up") })
	})
}

func halfOpen(t *testing.T, b *box, url string, dial func(context.Context, string, string) (net.Conn, error), pull, plug func()) {
	b.start("r1")
	s := &screen{end: make(chan error, 1)}
	var lost atomic.Int64
	s.Client = client.New(client.Options{URL: url, Header: pupil("p1"), Retry: 200 * time.Millisecond, On: s.hear,
		Dialer: &websocket.Dialer{NetDialContext: dial, HandshakeTimeout: time.Second},
		Cut:    func(err error) { lost.CompareAndSwap(0, time.Now().UnixNano()); s.cut(err) }})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.end <- s.Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	until(t, "the pupil", 10*time.Second, func() bool { return s.Here().Room != nil && b.hub.Stats().Conns == 1 })
	b.attention(2)
	until(t, "both events", 5*time.Second, func() bool { return len(events(s)) == 2 })

	began := time.Now()
	pull()
	b.attention(4)
	here := func() bool { _, m, _ := b.hub.Look("r1"); return m[0].Online }
	until(t, "the box to see the pupil gone", 12*time.Second, func() bool { return !here() })
	if d := time.Since(began); d > 10*time.Second || d < 2*time.Second {
		t.Errorf("the box noticed after %v", d)
	}
	until(t, "the line to be closed", 5*time.Second, func() bool { return b.hub.Stats().Conns == 0 })
	until(t, "the tablet to notice", 5*time.Second, func() bool { return lost.Load() != 0 })
	if d := time.Unix(0, lost.Load()).Sub(began); d > 10*time.Second {
		t.Errorf("the tablet noticed after %v", d)
	}
	plug()
	until(t, "all events, once", 10*time.Second, func() bool { return len(events(s)) >= 6 && here() })
	whole(t, "p1", s)
	if n := len(events(s)); n != 6 {
		t.Errorf("heard %d events of 6", n)
	}
	for _, m := range s.all()[1:] {
		if w, ok := m.(*protocol.Welcome); ok && !w.Resumed {
			t.Error("it started afresh although it missed little")
		}
	}
}

func until(t *testing.T, what string, most time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(most); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", most, what)
		}
	}
}

// relay passes bytes on both ways until it is silent; then it takes them and
// passes nothing on, not even an end.
type relay struct {
	addr   string
	silent atomic.Bool
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	r := &relay{addr: ln.Addr().String()}
	pass := func(from, to net.Conn) { // ends with the test's last line
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			if !r.silent.Load() {
				if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
					_ = to.Close()
					return
				}
			} else if err != nil {
				return
			}
		}
	}
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = in.Close() })
			if r.silent.Load() {
				continue // taken, never answered
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			t.Cleanup(func() { _ = out.Close() })
			go pass(in, out)
			go pass(out, in)
		}
	}()
	return r
}

// cable is a pair of interfaces, one here and one in a namespace of its own.
type cable struct {
	t        *testing.T
	ns, name string
	here     string // our address
}

func newCable(t *testing.T) (*cable, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil, errors.New("making a network namespace needs root")
	}
	n := os.Getpid() % 50_000
	c := &cable{t: t, ns: fmt.Sprintf("preau-half-%d", n), name: fmt.Sprintf("ph%d", n), here: fmt.Sprintf("10.%d.%d.1", 130+n/250, n%250)}
	if out, err := exec.Command("ip", "netns", "add", c.ns).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a namespace: %w: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", c.ns).Run() }) // with the cable
	there := c.here[:len(c.here)-1] + "2"
	for _, args := range [][]string{
		{"link", "add", c.name, "type", "veth", "peer", "name", "eth0", "netns", c.ns},
		{"addr", "add", c.here + "/30", "dev", c.name}, {"link", "set", c.name, "up"},
		{"-n", c.ns, "addr", "add", there + "/30", "dev", "eth0"}, {"-n", c.ns, "link", "set", "eth0", "up"}, {"-n", c.ns, "link", "set", "lo", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("lay a cable: %w: %s", err, out)
		}
	}
	return c, nil
}

// set pulls the far end (down) or plugs it in again (up).
func (c *cable) set(state string) {
	if out, err := exec.Command("ip", "-n", c.ns, "link", "set", "eth0", state).CombinedOutput(); err != nil {
		c.t.Errorf("set the cable %s: %v: %s", state, err, out)
	}
}
