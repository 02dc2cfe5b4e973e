// Package express answers the plainest requests of a connection before
// net/http parses them: a film is a thousand ranges and a page a dozen
// pictures, and for these net/http costs more than the kernel. It promises
// that what it does not wholly understand reaches net/http untouched, on the
// same connection, and that it answers again once net/http has: a page and
// the films in it share one. It promises the limits of the server it stands
// before (time and size of a header, idle time, draining), and refuses to
// decide what may be seen: its Taker does.
//
// A plain request is GET by HTTP/1.1, without a body, with a Host and with
// fields that cannot change the answer but Range and If-Range (parse.go has
// the list). All else is net/http's.
package express

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"preau/internal/httpkit"
)

// Answer is a whole answer: a status line with fields and the empty line,
// then memory or part of a file.
type Answer struct {
	Head []byte
	Mem  []byte
	File *os.File // shared, and read at offsets
	Off  int64
	Len  int64
	// Along is told now and then, and at the end, how the line fares; Done what
	// went wrong: ErrShort and EIO are the file's fault, all else the reader's.
	// Both may be nil.
	Along func(Progress)
	Done  func(error)
}

// ErrShort is a file that gave less than its answer had promised.
var ErrShort = errors.New("the file is shorter than it was")

// Progress is how a connection fared since it was last told, as the kernel
// counts: what the other side acknowledged, and for how long bytes were on
// their way because of the line and not because the reader took its time.
// Where the kernel does not tell, nobody is.
type Progress struct {
	Acked int64
	Busy  time.Duration
}

// teller remembers what it told of a connection.
type teller struct {
	last Progress
	at   time.Time
}

// often is how often an answer under way tells.
const often = time.Second

// tell passes on what is new, if it is time or the answer is over.
func (t *teller) tell(a *Answer, over bool, total func() (Progress, bool)) {
	if a.Along == nil || !over && time.Since(t.at) < often {
		return
	}
	if p, ok := total(); ok {
		a.Along(Progress{p.Acked - t.last.Acked, p.Busy - t.last.Busy})
		t.last, t.at = p, time.Now()
	}
}

// wire sends answers down a connection.
type wire interface {
	send(*Answer) error
}

// Taker fills the answer to a request, or leaves it to net/http. Both are its
// own during the call only; Head comes empty, with room.
type Taker func(*Request, *Answer) bool

// Front stands before one server.
type Front struct {
	take Taker
	srv  *http.Server

	mu       sync.Mutex
	conns    map[*conn]struct{}
	stopping bool
	under    int       // answers under way
	ended    sync.Cond // one less
}

// Serve runs srv on ln as httpkit.Serve does, with take before it.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, drain time.Duration, take Taker) error {
	f := &Front{take: take, srv: srv, conns: map[*conn]struct{}{}}
	f.ended.L = &f.mu
	secure := srv.TLSConfig
	srv.TLSConfig = nil // the handshake is ours
	srv.ConnState = f.state
	srv.RegisterOnShutdown(f.stop)
	over := time.AfterFunc(1<<62, f.cut)
	defer over.Stop()
	stop := context.AfterFunc(ctx, func() { over.Reset(drain) })
	defer stop()
	err := httpkit.Serve(ctx, srv, newListener(ln, f, secure), drain)
	if err != nil {
		f.cut() // it failed: nobody gives them time
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.under > 0 {
		f.ended.Wait()
	}
	return err
}

// stop lets answers end and closes what is at rest. What net/http is on, it
// closes itself.
func (f *Front) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopping = true
	for c := range f.conns {
		if c.phase == atRest {
			c.drop() // its reader is told
		}
	}
}

// cut ends the answers that had their time.
func (f *Front) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		if c.phase == answering {
			c.drop()
		}
	}
}

// drop closes the socket itself. TLS would take leave first, and wait five
// seconds for a tablet that does not listen, with everybody behind it.
func (c *conn) drop() {
	nc := c.Conn
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	_ = nc.Close()
}

func (f *Front) begin(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.phase = answering
	f.under++
}

// end reports whether the connection was to be closed meanwhile.
func (f *Front) end(c *conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.phase = atRest
	f.under--
	f.ended.Broadcast()
	return f.stopping || c.shut
}

// leaves reports whether closing c is left to the answer under way.
func (f *Front) leaves(c *conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	again := c.shut
	c.shut = true
	return c.phase == answering && !again
}

// state is net/http's word on a connection: at rest it is ours again.
func (f *Front) state(nc net.Conn, s http.ConnState) {
	c := of(nc)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch s {
	case http.StateIdle:
		if c.phase == theirs && c.left == 0 {
			c.phase = atRest
		}
	case http.StateHijacked:
		c.phase = lost
		delete(f.conns, c)
	case http.StateClosed:
		delete(f.conns, c)
	}
}

type listener struct {
	net.Listener
	front  *Front
	secure *tls.Config
	turns  chan *buffers
}

func newListener(ln net.Listener, f *Front, secure *tls.Config) *listener {
	l := &listener{ln, f, secure, make(chan *buffers, turns)}
	for range turns {
		l.turns <- &buffers{}
	}
	return l
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, front: l.front}
	c.woken.L = &c.mu
	l.front.mu.Lock()
	l.front.conns[c] = struct{}{}
	l.front.mu.Unlock()
	if l.secure == nil {
		c.wire = newPlain(nc)
		return c, nil
	}
	t := newSecure(nc, l.secure, l.turns)
	c.Conn, c.wire = t.tls, t
	return &secureConn{c}, nil
}

// of finds ours in what net/http was given.
func of(nc net.Conn) *conn {
	if s, ok := nc.(*secureConn); ok {
		return s.conn
	}
	return nc.(*conn)
}
