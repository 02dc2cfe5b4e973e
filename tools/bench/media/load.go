package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// figures of one round.
type figures struct {
	bytes   int64
	elapsed time.Duration
	cpu     float64
	peak    float64
	first   []time.Duration // to the first byte of each answer
	whole   []time.Duration // to its last
}

func (f figures) throughput() float64 { return float64(f.bytes) / (1 << 20) / f.elapsed.Seconds() }
func (f figures) cpuPerGiB() float64  { return f.cpu / (float64(f.bytes) / (1 << 30)) }
func (f figures) firstByte() float64  { return p99(f.first) }
func (f figures) wholeChunk() float64 { return p99(f.whole) }
func (f figures) memory() float64     { return f.peak }

// p99 is in milliseconds.
func p99(ds []time.Duration) float64 {
	slices.Sort(ds)
	return ds[len(ds)*99/100].Seconds() * 1000
}

// compare gives the medians of ours and the peer's, and of their ratio round
// by round.
func compare(ours, peer []figures, value func(figures) float64) (a, b, ratio float64) {
	var as, bs, ratios []float64
	for i := range ours {
		x, y := value(ours[i]), value(peer[i])
		as, bs, ratios = append(as, x), append(bs, y), append(ratios, x/y)
	}
	return median(as), median(bs), median(ratios)
}

func median(vs []float64) float64 {
	slices.Sort(vs)
	return vs[len(vs)/2]
}

// load runs one round: every client connects and reads once before the clock
// starts, so that neither pays for its start.
func (p plan) load(srv *server, films []film) (figures, error) {
	clients := make([]*client, p.clients)
	defer func() {
		for _, c := range clients {
			if c != nil {
				c.conn.Close()
			}
		}
	}()
	for i := range clients {
		c, err := connect(srv, films, i)
		if err != nil {
			return figures{}, err
		}
		clients[i] = c
		if err := c.read(); err != nil {
			return figures{}, err
		}
		c.first, c.whole, c.bytes = nil, nil, 0
	}
	before, err := srv.usage()
	if err != nil {
		return figures{}, err
	}
	start := time.Now()
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() { c.err = c.watch(start, p) })
	}
	all.Wait()
	f := figures{elapsed: time.Since(start)}
	after, err := srv.usage()
	f.cpu, f.peak = after.cpu-before.cpu, after.peak
	for _, c := range clients {
		err = errors.Join(err, c.err)
		f.bytes += c.bytes
		f.first = append(f.first, c.first...)
		f.whole = append(f.whole, c.whole...)
	}
	return f, err
}

// client is a tablet that watches one film after the other.
type client struct {
	conn  net.Conn
	in    *bufio.Reader
	tp    *textproto.Reader
	buf   []byte
	paths []string
	size  int64

	film int
	off  int64

	bytes        int64
	first, whole []time.Duration
	err          error
}

func connect(srv *server, films []film, i int) (*client, error) {
	conn, err := net.Dial("tcp", srv.addr)
	if err != nil {
		return nil, fmt.Errorf("connect client %d: %w", i, err)
	}
	if srv.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // the benchmark's own certificate
	}
	in := bufio.NewReaderSize(conn, 4096)
	c := &client{conn: conn, in: in, tp: textproto.NewReader(in), buf: make([]byte, 64<<10), size: films[0].size, film: i % len(films)}
	for _, f := range films {
		c.paths = append(c.paths, srv.path(f))
	}
	return c, nil
}

// watch reads until the round is over. Paced clients begin anywhere in the
// first interval, as children do.
func (c *client) watch(start time.Time, p plan) error {
	end := start.Add(p.length)
	next := start
	if p.pace > 0 {
		next = start.Add(rand.N(p.pace))
	}
	for {
		time.Sleep(time.Until(next))
		if !time.Now().Before(end) {
			return nil
		}
		if err := c.read(); err != nil {
			return err
		}
		next = next.Add(p.pace)
	}
}

// read asks for the next chunk and reads it all.
func (c *client) read() error {
	if c.off >= c.size {
		c.film, c.off = (c.film+1)%len(c.paths), 0
	}
	start := time.Now()
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: preau.local\r\nRange: bytes=%d-%d\r\n\r\n", c.paths[c.film], c.off, c.off+chunk-1)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	if _, err := c.in.Peek(1); err != nil {
		return fmt.Errorf("wait for an answer: %w", err)
	}
	c.first = append(c.first, time.Since(start))
	status, err := c.tp.ReadLine()
	if err != nil || !strings.HasPrefix(status, "HTTP/1.1 206 ") {
		return fmt.Errorf("answer %q: %w", status, errors.Join(err, errors.New("not a 206")))
	}
	header, err := c.tp.ReadMIMEHeader()
	if err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	if n, err := strconv.Atoi(header.Get("Content-Length")); err != nil || n != chunk {
		return fmt.Errorf("answer of %q bytes, not %d", header.Get("Content-Length"), chunk)
	}
	left := chunk
	for left > 0 {
		n, err := c.in.Read(c.buf[:min(left, len(c.buf))])
		left -= n
		if err != nil {
			return fmt.Errorf("read body: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
	}
	c.whole = append(c.whole, time.Since(start))
	c.off += chunk
	c.bytes += chunk
	return nil
}
