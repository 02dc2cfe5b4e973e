package express

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// secureConn tells net/http of the TLS inside.
type secureConn struct{ *conn }

// ConnectionState shakes hands: net/http asks for it once, before it reads.
func (c *secureConn) ConnectionState() tls.ConnectionState {
	t := c.Conn.(*tls.Conn)
	_ = t.SetDeadline(time.Now().Add(c.front.srv.ReadHeaderTimeout)) // a closed one fails below
	if err := t.Handshake(); err != nil {
		if re, ok := errors.AsType[tls.RecordHeaderError](err); ok && re.Conn != nil && looksLikeHTTP(re.RecordHeader) {
			_, _ = io.WriteString(re.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
		}
		_ = t.Close() // what net/http reads next says so
	}
	_ = t.SetDeadline(time.Time{})
	return t.ConnectionState()
}

func looksLikeHTTP(b [5]byte) bool {
	return slices.Contains([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO"}, string(b[:]))
}

// A record of TLS carries 16 KiB; a turn is what is gathered of them for one
// write to the kernel. A slow reader keeps its turn's buffers until it has
// read, so their number is bounded: whoever finds none sends small ones.
const (
	record = 16 << 10
	turn   = 15 * record
	turns  = 32
)

// buffers are what a turn reads into and what it is sealed into.
type buffers struct{ plain, sealed []byte }

// secure sends answers over TLS. crypto/tls gives the kernel each record by
// itself; corked, they go together.
type secure struct {
	tls  *tls.Conn
	cork *cork
	pool chan *buffers
	teller
}

func newSecure(nc net.Conn, cfg *tls.Config, pool chan *buffers) *secure {
	held := &cork{Conn: nc}
	return &secure{tls: tls.Server(held, cfg), cork: held, pool: pool}
}

func (s *secure) send(a *Answer) error {
	size := turn
	var b *buffers
	select {
	case b = <-s.pool:
		defer func() { s.pool <- b }()
	default:
		b, size = &buffers{}, 2*record
	}
	left := int64(len(a.Head)+len(a.Mem)) + a.Len
	if need := min(int64(size), left); int64(cap(b.plain)) < need {
		b.plain = make([]byte, need)
	}
	s.cork.on, s.cork.held = true, b.sealed[:0]
	defer func() {
		b.sealed = s.cork.held[:0]
		s.cork.on, s.cork.held = false, nil
	}()
	head, mem, off := a.Head, a.Mem, a.Off
	for left > 0 {
		p := b.plain[:min(int64(cap(b.plain)), left)]
		n := copy(p, head)
		head = head[n:]
		k := copy(p[n:], mem)
		mem = mem[k:]
		if n += k; n < len(p) {
			k, err := a.File.ReadAt(p[n:], off)
			if k < len(p)-n {
				return fmt.Errorf("%w: %w", ErrShort, err)
			}
			off += int64(k)
		}
		left -= int64(len(p))
		if _, err := s.tls.Write(p); err != nil {
			return err
		}
		if err := s.cork.flush(); err != nil {
			return err
		}
		s.tell(a, left == 0, func() (Progress, bool) { return progressOf(s.cork.Conn) })
	}
	return nil
}

// cork holds writes back while it is on.
type cork struct {
	net.Conn
	on   bool
	held []byte
}

func (c *cork) Write(b []byte) (int, error) {
	if c.on {
		c.held = append(c.held, b...)
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *cork) flush() error {
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}
