// Package client is a screen of a room, in Go: for tests, benchmarks, the
// demo's simulated class and rehearsals. It promises what docs/live-protocol.md
// asks of a client: it comes back by itself after a cut, resumes from its last
// number, keeps what the room shows, and knows the box's time. It refuses to
// come back after a close code that says stop.
package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live/protocol"
)

// Options say where to connect and what to do with what is heard.
type Options struct {
	URL    string      // of the box: http://host:port or https://…
	Header http.Header // cookies, Authorization
	Dialer *websocket.Dialer
	Room   string // only to choose among several

	// On is called for every message, in order, from one goroutine, after the
	// client has taken it in. It may call the client's methods. Nil is fine.
	On func(protocol.Message)
	// Cut is called when the line is lost; nil is fine.
	Cut func(error)
	// Retry is the longest wait between attempts; 4 s by default.
	Retry time.Duration
}

// Client is one screen. Its methods may be called from any goroutine.
type Client struct {
	o     Options
	clock clock
	ref   atomic.Uint64

	mu    sync.Mutex
	ws    *websocket.Conn // nil between lines
	epoch int64
	seq   int64
	room  *protocol.Room
	you   protocol.You
	state protocol.State
	mine  protocol.Mine
	tally protocol.Tally

	answers protocol.Answers
	point   *protocol.Pointed
	waits   map[string]chan protocol.Message // commands not yet answered

	write sync.Mutex // gorilla allows one writer
}

// ErrNotConnected is returned while there is no line to the box.
var ErrNotConnected = errors.New("not connected to the box")

// New makes a client; Run connects it.
func New(o Options) *Client {
	if o.Dialer == nil {
		o.Dialer = &websocket.Dialer{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 512}
	}
	if o.Retry == 0 {
		o.Retry = 4 * time.Second
	}
	return &Client{o: o, waits: map[string]chan protocol.Message{}}
}

// Run connects and comes back after each cut, until ctx ends (nil) or the box
// says stop.
func (c *Client) Run(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		began := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if c.o.Cut != nil {
			c.o.Cut(err)
		}
		if !again(err) {
			return fmt.Errorf("live line ended: %w", err)
		}
		if time.Since(began) > c.o.Retry {
			attempt = 0 // it had worked
		}
		timer := time.NewTimer(c.pause(attempt))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// pause is how long to wait: a jitter at first, then 1, 2, 4 s, half of it
// random, so that a class does not come back in one instant.
func (c *Client) pause(attempt int) time.Duration {
	base := min(c.o.Retry, time.Second<<min(attempt, 8)/2)
	return time.Duration(rand.Int64N(int64(base))) + base/2*time.Duration(min(attempt, 1))
}

// refusal is an answer other than the upgrade.
type refusal struct{ status int }

func (r refusal) Error() string { return "the box answered " + http.StatusText(r.status) }

func again(err error) bool {
	if r, ok := errors.AsType[refusal](err); ok {
		return r.status >= 500 || r.status == http.StatusTooManyRequests
	}
	if ce, ok := errors.AsType[*websocket.CloseError](err); ok {
		return protocol.CloseCode(ce.Code).Reconnect() //nolint:gosec // codes are 16 bits on the wire
	}
	return true
}

// once is one line, from the dial to its end.
func (c *Client) once(ctx context.Context) error {
	d := *c.o.Dialer
	d.Subprotocols = []string{protocol.Subprotocol}
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(c.o.URL, "http")+"/live", c.o.Header)
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			return refusal{resp.StatusCode}
		}
		return fmt.Errorf("dial the box: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.goodbye(ws) })
	defer stop()
	defer ws.Close()
	c.mu.Lock()
	hello := &protocol.Hello{Room: c.o.Room, Epoch: c.epoch, Seq: c.seq}
	c.mu.Unlock()
	if err := c.send(ws, hello); err != nil {
		return err
	}
	c.mu.Lock()
	c.ws = ws // from here others may speak: the box sends away who does before hello
	c.mu.Unlock()
	defer c.lose()

	var pings sync.WaitGroup
	defer pings.Wait()
	pinging, cancel := context.WithCancel(ctx)
	defer cancel()
	ws.SetReadLimit(4 << 20)
	silence := 10 * time.Second
	for {
		if err := ws.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return fmt.Errorf("set deadline: %w", err)
		}
		_, data, err := ws.ReadMessage()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		m, err := protocol.DecodeServer(data)
		if err != nil {
			return fmt.Errorf("understand the box: %w", err)
		}
		if w, ok := m.(*protocol.Welcome); ok && w.Ping > 0 && cancel != nil {
			silence = 2 * time.Duration(w.Ping) * time.Millisecond
			pings.Go(func() { c.measure(pinging, time.Duration(w.Ping)*time.Millisecond) })
			cancel = nil // one is enough
		}
		c.take(m)
	}
}

func (c *Client) goodbye(ws *websocket.Conn) {
	msg := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = ws.WriteControl(websocket.CloseMessage, msg, time.Now().Add(time.Second)) // courtesy
	_ = ws.Close()
}

// lose forgets the line, and tells those who wait for an answer.
func (c *Client) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ws = nil
	for ref, ch := range c.waits {
		close(ch)
		delete(c.waits, ref)
	}
}

// Send sends a message without waiting for an answer.
func (c *Client) Send(m protocol.Message) error {
	c.mu.Lock()
	ws := c.ws
	c.mu.Unlock()
	if ws == nil {
		return ErrNotConnected
	}
	return c.send(ws, m)
}

func (c *Client) send(ws *websocket.Conn, m protocol.Message) error {
	text, err := protocol.Encode(m)
	if err != nil {
		return err
	}
	c.write.Lock()
	defer c.write.Unlock()
	if err := ws.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, text); err != nil {
		return fmt.Errorf("send %s: %w", protocol.KindOf(m), err)
	}
	return nil
}
