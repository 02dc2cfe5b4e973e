package boxtest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Cord is a way to a box at an address that stays, though the box's own
// changes with each of its lives. It can be pulled out, and it can lose
// answers.
type Cord struct {
	ln   net.Listener
	to   atomic.Pointer[string]
	down atomic.Bool
	lose atomic.Int64 // answers still to be lost
	Lost atomic.Int64 // answers lost so far

	mu    sync.Mutex
	open  map[net.Conn]bool
	ended sync.WaitGroup
}

// NewCord leads to addr.
func NewCord(t testing.TB, addr string) *Cord {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cord{ln: ln, open: map[net.Conn]bool{}}
	c.To(addr)
	c.ended.Go(c.serve)
	t.Cleanup(func() {
		ln.Close()
		c.Pull()
		c.ended.Wait()
	})
	return c
}

// Addr is where it begins, host:port.
func (c *Cord) Addr() string { return c.ln.Addr().String() }

// To leads to another box, or another life of it.
func (c *Cord) To(addr string) { c.to.Store(&addr) }

// Pull ends every connection and takes in no other.
func (c *Cord) Pull() {
	c.down.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		conn.Close()
	}
}

// Plug lets connections through again.
func (c *Cord) Plug() { c.down.Store(false) }

// Lose has the box hear the next n connections, and nobody hear the box.
func (c *Cord) Lose(n int) { c.lose.Store(int64(n)) }

func (c *Cord) serve() {
	for {
		in, err := c.ln.Accept()
		if err != nil {
			return
		}
		if c.down.Load() {
			in.Close()
			continue
		}
		out, err := net.Dial("tcp", *c.to.Load())
		if err != nil {
			in.Close()
			continue
		}
		c.keep(in, out)
		lossy := c.lose.Load() > 0 && c.lose.Add(-1) >= 0
		c.ended.Go(func() { c.carry(out, in, false) })
		c.ended.Go(func() { c.carry(in, out, lossy) })
	}
}

func (c *Cord) keep(conns ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		c.open[conn] = true
	}
}

// carry copies until an end closes. Lossy: the first bytes end it instead.
func (c *Cord) carry(to, from net.Conn, lossy bool) {
	defer func() {
		c.mu.Lock()
		delete(c.open, to)
		c.mu.Unlock()
		to.Close()
		from.Close()
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && lossy {
			c.Lost.Add(1)
			return
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
