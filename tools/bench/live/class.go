package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// class is the clients, all in this process. They read as cheaply as they can
// and keep no buffer while they wait, so that what is measured is the server.
type class struct {
	p       *process
	clients []*seat
	readers sync.WaitGroup
	keep    atomic.Bool // record latencies
}

// seat is one client.
type seat struct {
	line  *net.TCPConn
	first []byte // read with the handshake, or the start of a frame
	got   atomic.Int64
	last  atomic.Int64 // ns of the last receipt
	stuck atomic.Bool  // reads no more
	spans []float64    // ms; the reader's while keep is set
	_     [64]byte     // a line of the cache each
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// join brings n clients in, as many at a time as a class that comes back. The
// receive buffer of those numbered from slow on is small.
func join(p *process, n, slow int) (*class, error) {
	c := &class{p: p, clients: make([]*seat, n)}
	for i := range c.clients {
		c.clients[i] = new(seat)
	}
	return c, c.enter(0, n, slow)
}

// enter dials for the seats from..to.
func (c *class) enter(from, to, slow int) error {
	var wg sync.WaitGroup
	failed := make(chan error, to-from)
	slots := make(chan struct{}, 32)
	for i := from; i < to; i++ {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := c.dial(i, i >= slow); err != nil {
				failed <- fmt.Errorf("enter %s: %w", c.p.which, err)
			}
		})
	}
	wg.Wait()
	if len(failed) > 0 {
		return <-failed
	}
	for _, s := range c.clients[from:to] {
		c.readers.Go(func() { c.read(s) })
	}
	return nil
}

func (c *class) dial(i int, small bool) error {
	conn, err := net.Dial("tcp", c.p.addr)
	if err != nil {
		return err
	}
	s := c.clients[i]
	s.line = conn.(*net.TCPConn)
	if small {
		if err := s.line.SetReadBuffer(4096); err != nil {
			return err
		}
	}
	protocol, hello := "", `{"id":1,"connect":{}}`
	if c.p.which == "ours" {
		protocol, hello = "Sec-WebSocket-Protocol: preau.live.v1\r\n", `{"t":"hello"}`
	}
	if _, err := fmt.Fprintf(conn, "GET /live?p=p%d HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", i, c.p.addr, protocol); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 2048)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(resp.Status)
	}
	if err := s.send(1, []byte(hello)); err != nil {
		return err
	}
	// Welcomed: it is in.
	head, err := r.Peek(2)
	if err != nil {
		return err
	}
	skip := int(head[1])
	if skip == 126 {
		if head, err = r.Peek(4); err != nil {
			return err
		}
		skip = int(binary.BigEndian.Uint16(head[2:])) + 2
	}
	if _, err := r.Discard(skip + 2); err != nil {
		return err
	}
	s.first, err = r.Peek(r.Buffered())
	s.first = slices.Clone(s.first)
	return err
}

// send writes a short frame, masked with zeros.
func (s *seat) send(opcode byte, text []byte) error {
	_, err := s.line.Write(append([]byte{0x80 | opcode, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
	return err
}

// read takes in what comes, until the line ends or the client is stuck.
func (c *class) read(s *seat) {
	raw, err := s.line.SyscallConn()
	if err != nil {
		return
	}
	for err == nil && !s.stuck.Load() {
		n := 0
		// The callback's own error ends the loop; raw.Read's says closed.
		if rerr := raw.Read(func(fd uintptr) bool {
			buf := buffers.Get().(*[]byte)
			defer buffers.Put(buf)
			at := copy(*buf, s.first)
			if n, err = syscall.Read(int(fd), (*buf)[at:]); errors.Is(err, syscall.EAGAIN) {
				err = nil
				return false
			}
			if n <= 0 {
				err = errors.Join(err, io.EOF)
				return true
			}
			s.first = append(s.first[:0], c.take(s, (*buf)[:at+n])...)
			return true
		}); rerr != nil {
			return
		}
	}
}

// take counts the messages of whole frames, and returns what is left.
func (c *class) take(s *seat, b []byte) []byte {
	now := time.Now().UnixNano()
	keep, n := c.keep.Load(), int64(0)
	for len(b) >= 2 {
		head, size := 2, int(b[1])
		switch size {
		case 126:
			if head = 4; len(b) < head {
				return b
			}
			size = int(binary.BigEndian.Uint16(b[2:]))
		case 127:
			if head = 10; len(b) < head {
				return b
			}
			size = int(binary.BigEndian.Uint64(b[2:]))
		}
		if len(b) < head+size {
			break
		}
		text := b[head : head+size]
		if b[0] == 0x89 { // a websocket's ping
			_ = s.send(10, text) // a line that is gone is found when reading
		} else if size == 2 { // centrifuge's ping
			_ = s.send(1, []byte("{}"))
		}
		b = b[head+size:]
		for { // centrifuge joins messages into one frame
			at := bytes.Index(text, []byte("ts="))
			if at < 0 {
				break
			}
			n++
			if keep {
				if sent, err := strconv.ParseInt(string(text[at+3:at+22]), 10, 64); err == nil {
					s.spans = append(s.spans, float64(now-sent)/1e6)
				}
			}
			text = text[at+200:]
		}
	}
	if n > 0 {
		s.got.Add(n)
		s.last.Store(now)
	}
	return b
}

func (c *class) leave() {
	for _, s := range c.clients {
		if s.line != nil {
			_ = s.line.Close()
		}
	}
	c.readers.Wait()
}

// total is what the first n have received, and when the last of it came.
func (c *class) total(n int) (got int64, last time.Time) {
	var at int64
	for _, s := range c.clients[:n] {
		got += s.got.Load()
		at = max(at, s.last.Load())
	}
	return got, time.Unix(0, at)
}

// settle waits until the first n have received want more than before, or
// nothing comes any more, and returns how much is missing.
func (c *class) settle(n int, before, want int64) int {
	seen, _ := c.total(n)
	for idle := 0; seen-before < want && idle < 100; {
		time.Sleep(10 * time.Millisecond) // looking costs; the clients note the time themselves
		now, _ := c.total(n)
		if idle++; now != seen {
			idle = 0
		}
		seen = now
	}
	return int(before + want - seen)
}

// latencies takes what the first n recorded, sorted.
func (c *class) latencies(n int) (all []float64) {
	for _, s := range c.clients[:n] {
		all = append(all, s.spans...)
		s.spans = s.spans[:0]
	}
	slices.Sort(all)
	return all
}
