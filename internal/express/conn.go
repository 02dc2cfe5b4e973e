package express

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// phase is whose a connection is.
type phase uint8

const (
	atRest    phase = iota // between requests: the next bytes are read here
	answering              // an answer of ours is under way
	theirs                 // net/http has one request and will have its body, and no byte more
	lost                   // net/http may hold part of the next: its own for good
)

// conn is a connection as net/http sees it. Its Read answers what it can and
// gives the rest. net/http never reads from two goroutines at once, and says
// between its reads that a request is over.
type conn struct {
	net.Conn
	front *Front
	wire  wire
	armed time.Time // when the idle deadline was set here

	phase phase // changed under front.mu, by whoever reads
	shut  bool  // under front.mu: to be closed once the answer is out
	left  int64 // of the body, when theirs
	given time.Time

	mu    sync.Mutex
	woken sync.Cond
	past  bool // net/http's read deadline is: it wants its reader back
	ahead [1]byte
	early bool // ahead holds the first byte of the next request
}

// Read gives net/http the bytes of the next request that is not ours.
func (c *conn) Read(p []byte) (int, error) {
	switch {
	case c.phase == atRest:
		return c.rest(p)
	case c.phase == lost && c.early && len(p) > 0:
		c.early = false
		return copy(p, c.ahead[:]), nil
	case c.phase == lost:
		return c.Conn.Read(p)
	case c.left > 0:
		n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
		c.left -= int64(n)
		return n, err
	}
	return c.watch()
}

// watch is net/http looking, while its handler works, whether the client is
// still there. A byte of the next request is kept for when this one is over;
// given now it would be net/http's, and the connection with it.
func (c *conn) watch() (int, error) {
	if !c.early {
		n, err := c.Conn.Read(c.ahead[:])
		if n == 0 {
			return 0, err
		}
		c.early = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.past {
		c.woken.Wait()
	}
	return 0, os.ErrDeadlineExceeded
}

// foretaste is how many bytes of a second request net/http waits for before it
// looks at any; of fewer it says nothing.
const foretaste = 4

// rest reads requests and answers them until one is net/http's.
func (c *conn) rest(p []byte) (int, error) {
	have := 0
	if c.early && len(p) > 0 {
		c.early = false
		have = copy(p, c.ahead[:])
	}
	begun, answered := false, false
	for {
		var req Request
		kind := parse(p[:have], &req)
		switch {
		case (kind == partial || answered && have < foretaste) && have < len(p):
			if have > 0 && !begun {
				begun = true
				c.limit(c.front.srv.ReadHeaderTimeout)
			}
			n, err := c.Conn.Read(p[have:])
			have += n
			if err != nil {
				c.enter(lost, 0) // net/http says what is to be said of half a request
				if answered && have < foretaste {
					have = 0
				}
				return have, err
			}
		case kind == plain && c.answer(&req):
			have, begun, answered = copy(p, p[req.size:have]), false, true
			c.idle()
		case kind <= whole && have <= req.size+int(min(req.body, 1<<30)):
			c.enter(theirs, req.body-int64(have-req.size))
			return have, nil
		default:
			c.enter(lost, 0)
			return have, nil
		}
	}
}

func (c *conn) enter(p phase, left int64) {
	c.front.mu.Lock()
	defer c.front.mu.Unlock()
	c.phase, c.left, c.given = p, left, time.Now()
}

// answer sends what the taker has to say, and reports whether it had. After
// an error on the way the connection is closed: the next read tells.
func (c *conn) answer(req *Request) bool {
	a := answers.Get().(*Answer)
	defer answers.Put(a)
	*a = Answer{Head: a.Head[:0]}
	req.Remote, req.Handed = c.RemoteAddr, c.given
	if !c.front.take(req, a) {
		return false
	}
	c.front.begin(c)
	err := c.wire.send(a)
	if a.Done != nil {
		a.Done(err)
	}
	if c.front.end(c) || err != nil {
		_ = c.Conn.Close()
	}
	return true
}

var answers = sync.Pool{New: func() any { return &Answer{Head: make([]byte, 0, 1024)} }}

// idle waits for the next request no longer than the server would. Moving a
// deadline costs, so it is moved when a good part of it is gone.
func (c *conn) idle() {
	if d := c.front.srv.IdleTimeout; time.Since(c.armed) > d/8 {
		c.limit(d)
		c.armed = time.Now()
	}
}

func (c *conn) limit(d time.Duration) {
	c.armed = time.Time{}
	if d > 0 {
		_ = c.Conn.SetReadDeadline(time.Now().Add(d)) // a closed connection says so when read
	}
}

// SetReadDeadline is net/http's.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.armed = time.Time{}
	c.mu.Lock()
	c.past = !t.IsZero() && t.Before(time.Now())
	c.mu.Unlock()
	c.woken.Broadcast()
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline is both.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(t)
}

// Close lets an answer under way end first; a second one does not.
func (c *conn) Close() error {
	c.mu.Lock()
	c.past = true
	c.mu.Unlock()
	c.woken.Broadcast()
	if c.front.leaves(c) {
		return nil
	}
	return c.Conn.Close()
}

// ReadFrom keeps sendfile within net/http's reach.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if rf, ok := c.Conn.(io.ReaderFrom); ok {
		return rf.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

// CloseWrite lets net/http end its side first.
func (c *conn) CloseWrite() error {
	if cw, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return cw.CloseWrite()
	}
	return nil
}
