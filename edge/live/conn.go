package live

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"preau"
	"preau/edge/live/ink"
	"preau/edge/live/protocol"
	"preau/edge/live/rate"
	"preau/edge/live/task"
)

const (
	maxQueue = 64       // messages for one connection alone
	maxBatch = 64 << 10 // bytes of one write
)

// conn is one screen's line. The reader goroutine owns it: it reads, carries
// out, and in the end waits for the writer and takes the connection out of
// the hub.
type conn struct {
	hub  *Hub
	ws   *websocket.Conn
	line net.Conn // under ws; each Write to it is a whole number of frames
	who  Identity
	addr string

	task task.Task     // of its writer
	pace task.Pace     // the same
	gone atomic.Bool   // the reader has left
	idle chan struct{} // closed by the writer that finds gone

	heard   atomic.Int64 // hub ms of the last byte from the peer
	pinged  int64        // the same of our last ping; the sweeper's
	writing atomic.Int64 // the same of the start of the write under way, or 0
	closed  atomic.Int64 // the same of the close frame queued, or 0
	greeted atomic.Bool  // hello was said
	spoke   atomic.Bool  // somebody is there: it said what no screen says by itself

	tokens rate.Buckets // the reader's

	slot   int    // place in room.conns, guarded by the room's lock
	paired string // a board's room, guarded by the hub's lock

	mu     sync.Mutex
	room   *room    // changes under the hub's lock too
	last   [][]byte // of the room just left
	queue  [][]byte // frames for this peer alone
	fresh  bool     // the next thing to send is a welcome
	resume bool     // …which continues from next
	next   int64    // number of the next event to send
	told   int64    // version of what is told by level
	full   bool     // …and whether all of it was told
	keeps  bool     // …to a peer that kept what it had
	bye    []byte   // a close frame, to be sent last
}

// read carries out what the peer says until the line ends.
func (c *conn) read() {
	defer c.hub.remove(c)
	c.ws.SetReadLimit(protocol.MaxMessage)
	// Gorilla must not answer by itself: the writer sends all there is.
	c.ws.SetPongHandler(func(string) error { c.beat(nil); return nil })
	c.ws.SetPingHandler(func(data string) error { c.beat(protocol.ControlFrame(10, []byte(data))); return nil })
	c.ws.SetCloseHandler(func(int, string) error { return nil })
	for {
		kind, data, err := c.message()
		if err != nil {
			c.farewell(err)
			return
		}
		c.heard.Store(c.hub.ms())
		switch {
		case c.closed.Load() != 0: // it is on its way out; wait for its close frame
		case kind != websocket.TextMessage:
			c.close(protocol.CloseNotText)
		default:
			c.receive(data)
		}
	}
}

// beat takes in a ping or a pong, and sends the answer if there is one.
func (c *conn) beat(answer []byte) {
	c.heard.Store(c.hub.ms())
	if !c.tokens.Take(rate.Ping, c.hub.ms()) {
		c.refused()
	} else if answer != nil {
		c.send(answer)
	}
}

// message waits for the peer's next one. Once it has begun it must end soon:
// pieces without end, however small, would keep the reader busy for ever.
func (c *conn) message() (kind int, data []byte, err error) {
	kind, r, err := c.ws.NextReader()
	if err == nil {
		err = c.ws.SetReadDeadline(time.Now().Add(c.hub.limits.Stall))
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	return kind, data, errors.Join(err, c.ws.SetReadDeadline(time.Time{}))
}

// farewell answers a peer's close frame in kind.
func (c *conn) farewell(err error) {
	if _, ok := errors.AsType[*websocket.CloseError](err); ok && c.closed.Load() == 0 {
		_ = c.line.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.line.Write(protocol.CloseNormal.Frame()) // courtesy to a peer that may be gone
	}
}

func (c *conn) receive(data []byte) {
	m, err := protocol.Decode(data)
	if errors.Is(err, protocol.ErrUTF8) {
		c.close(protocol.CloseNotUTF8)
		return
	}
	if hello, ok := m.(*protocol.Hello); !ok && !c.greeted.Load() {
		c.close(protocol.CloseNoHello)
		return
	} else if ok && c.tokens.Take(rate.Hello, c.hub.ms()) {
		c.hub.greet(c, hello)
		return
	}
	switch {
	case err != nil:
	case !protocol.May(c.who.Role, m):
		err = preau.E(preau.Forbidden, "a "+string(c.who.Role)+" may not send "+string(protocol.KindOf(m)), "", nil)
	case !c.tokens.Take(rate.Of(m), c.hub.ms()):
		err = preau.E(preau.RateLimited, "too many messages of this kind", "Slow down.", nil)
	}
	if err != nil {
		c.fail(m, err)
		c.refused()
		return
	}
	c.carryOut(m)
}

func (c *conn) carryOut(m protocol.Message) {
	if p, ok := m.(*protocol.Ping); ok {
		c.say(&protocol.Pong{C: p.C, Now: c.hub.now()})
		return
	}
	c.mu.Lock()
	r := c.room
	c.mu.Unlock()
	c.spoke.CompareAndSwap(false, rate.Of(m) != rate.Status || protocol.RefOf(m) != "")
	switch {
	case r == nil && protocol.IsCommand(m):
		c.fail(m, errNoRoom)
	case r == nil: // a pupil's status says nothing to nobody
	case protocol.IsCommand(m):
		seq, err := c.hub.command(r, c.who, m)
		if err != nil {
			c.fail(m, err)
			return
		}
		if ref := protocol.RefOf(m); ref != "" || !ink.Is(m) { // nobody waits for a piece of a stroke
			c.say(&protocol.OK{Ref: ref, Seq: seq})
		}
	default:
		if err := c.hub.hear(r, c.who, m); err != nil {
			c.fail(m, err)
		} else if ref := protocol.RefOf(m); ref != "" {
			c.say(&protocol.OK{Ref: ref})
		}
	}
}

// refused counts what was not accepted lately; a peer that goes on is sent away.
func (c *conn) refused() {
	if !c.tokens.Take(rate.Refusal, c.hub.ms()) {
		c.close(protocol.CloseFlood)
	}
}

// fail tells the peer that its message was refused, in words meant for people.
func (c *conn) fail(m protocol.Message, err error) {
	if preau.KindOf(err) == preau.Internal {
		c.hub.log.Error("live command failed", "person", c.who.Person, "err", err)
	}
	c.say(protocol.Refusal(m, err))
}

// say queues a message for this peer alone.
func (c *conn) say(m protocol.Message) {
	if frame := c.append(nil, m); frame != nil {
		c.send(frame)
	}
}

// send queues a frame. When the queue is full the peer is not reading: what
// was in it is dropped, and the peer starts afresh once it reads again.
func (c *conn) send(frame []byte) {
	c.mu.Lock()
	if len(c.queue) >= maxQueue {
		c.queue, c.fresh, c.resume = nil, true, false
		c.hub.resyncs.Add(1)
	}
	c.queue = append(c.queue, frame)
	c.mu.Unlock()
	c.wake()
}

// close sends a close frame after what is due, and lets the peer answer it.
func (c *conn) close(code protocol.CloseCode) {
	c.mu.Lock()
	if c.bye == nil {
		c.bye = code.Frame()
		c.closed.Store(max(1, c.hub.ms()))
	}
	c.mu.Unlock()
	c.wake()
}

// What door.Sessions asks of a line.
func (c *conn) Session() string { return c.who.Session }
func (c *conn) Spoke() bool     { return c.spoke.Swap(false) }
func (c *conn) SignOut()        { c.close(protocol.CloseSignedOut) }

// identity is who, with the room a board is paired with by now. The caller
// holds the hub's lock.
func (c *conn) identity() Identity {
	who := c.who
	who.Room = c.paired
	return who
}

// enter puts the connection into a room, or out of any (nil), and has it
// welcomed. The caller holds the hub's lock.
func (c *conn) enter(r *room, resume bool, next int64) {
	now := c.hub.now()
	c.mu.Lock()
	old := c.room
	c.room = r
	c.fresh, c.resume, c.next = true, resume, next
	c.told, c.full, c.keeps = 0, false, resume
	c.mu.Unlock()
	if old != r && old != nil {
		old.leave(c, now)
	}
	if old != r && r != nil {
		r.join(c, now)
	}
	c.wake()
}
