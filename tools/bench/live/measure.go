package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// figures of one round.
type figures struct {
	p50, p99 float64 // ms
	burst    float64 // deliveries a second
	memory   float64 // KiB a connection
	lost     int
}

// process is a server in a process of its own.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	url string
}

func start(which string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find myself: %w", err)
	}
	p := &process{cmd: exec.Command(self, "-serve", which)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if !p.out.Scan() {
		_ = p.stop()
		return nil, errors.New("the server did not start")
	}
	p.url = strings.Replace(p.out.Text(), "http", "ws", 1)
	return p, nil
}

func (p *process) stop() error {
	_ = p.in.Close() // that ends it
	return p.cmd.Wait()
}

func (p *process) ask(format string, args ...any) (int, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return 0, fmt.Errorf("ask server: %w", err)
	}
	if !p.out.Scan() {
		return 0, errors.New("the server ended")
	}
	return strconv.Atoi(p.out.Text())
}

// class is the clients, all in this process.
type class struct {
	conns   []*websocket.Conn
	readers sync.WaitGroup
	got     atomic.Int64
	last    atomic.Int64 // ns of the last receipt
	keep    atomic.Bool  // record latencies
	spans   [][]float64  // ms, one list a client
}

func join(p *process, which string, n int) (*class, error) {
	c := &class{conns: make([]*websocket.Conn, n), spans: make([][]float64, n)}
	var wg sync.WaitGroup
	failed := make(chan error, n)
	slots := make(chan struct{}, 32)
	for i := range n {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			ws, err := dial(p.url, which, i)
			if err != nil {
				failed <- err
				return
			}
			c.conns[i] = ws
		})
	}
	wg.Wait()
	if len(failed) > 0 {
		return nil, <-failed
	}
	for i, ws := range c.conns {
		c.readers.Go(func() { c.read(i, ws, which) })
	}
	return c, nil
}

func dial(url, which string, i int) (*websocket.Conn, error) {
	d := websocket.Dialer{ReadBufferSize: 32 << 10, WriteBufferSize: 256}
	first := `{"id":1,"connect":{}}`
	if which == "ours" {
		d.Subprotocols = []string{"preau.live.v1"}
		first = `{"t":"hello"}`
	}
	ws, _, err := d.Dial(fmt.Sprintf("%s/live?p=p%d", url, i), nil)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", which, err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(first)); err != nil {
		return nil, fmt.Errorf("greet %s: %w", which, err)
	}
	if _, _, err := ws.ReadMessage(); err != nil { // welcomed: it is in
		return nil, fmt.Errorf("enter %s: %w", which, err)
	}
	return ws, nil
}

func (c *class) read(i int, ws *websocket.Conn, which string) {
	buf := make([]byte, 0, 8192)
	for {
		_, r, err := ws.NextReader()
		if err != nil {
			return
		}
		b := bytes.NewBuffer(buf[:0])
		if _, err := b.ReadFrom(r); err != nil {
			return
		}
		now := time.Now().UnixNano()
		rest, n := b.Bytes(), int64(0)
		if which != "ours" && len(rest) == 2 { // its ping
			_ = ws.WriteMessage(websocket.TextMessage, []byte("{}"))
		}
		for { // centrifuge joins messages into one frame
			at := bytes.Index(rest, []byte("ts="))
			if at < 0 {
				break
			}
			rest = rest[at+3:]
			n++
			if c.keep.Load() {
				sent, err := strconv.ParseInt(string(rest[:19]), 10, 64)
				if err != nil {
					return
				}
				c.spans[i] = append(c.spans[i], float64(now-sent)/1e6)
			}
		}
		if n > 0 {
			c.got.Add(n)
			c.last.Store(now)
		}
	}
}

func (c *class) leave() {
	for _, ws := range c.conns {
		_ = ws.Close()
	}
	c.readers.Wait()
}

// settle waits until all that was sent has come, or nothing comes any more,
// and returns how much is missing.
func (c *class) settle(want int64) int {
	for idle := 0; c.got.Load() < want && idle < 50; {
		before := c.got.Load()
		time.Sleep(10 * time.Millisecond)
		if idle++; c.got.Load() != before {
			idle = 0
		}
	}
	return int(want - c.got.Load())
}

func measure(which string, p plan) (f figures, err error) {
	srv, err := start(which)
	if err != nil {
		return figures{}, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	before, err := srv.ask("memory")
	if err != nil {
		return figures{}, err
	}
	c, err := join(srv, which, p.sockets)
	if err != nil {
		return figures{}, err
	}
	defer c.leave()
	if _, err := srv.ask("steady 300"); err != nil { // warm, and every client is in
		return figures{}, err
	}
	c.settle(int64(1) << 40)
	c.got.Store(0)
	c.keep.Store(true)
	sent, err := srv.ask("steady %d", p.steady.Milliseconds())
	if err != nil {
		return figures{}, err
	}
	f.lost = c.settle(int64(sent * p.sockets))
	c.keep.Store(false)
	all := slices.Concat(c.spans...)
	slices.Sort(all)
	f.p50, f.p99 = all[len(all)/2], all[len(all)*99/100]
	after, err := srv.ask("memory")
	if err != nil {
		return figures{}, err
	}
	f.memory = float64(after-before) / float64(p.sockets)
	if p.burst > 0 {
		c.got.Store(0)
		began := time.Now()
		if sent, err = srv.ask("burst %d", p.burst); err != nil {
			return figures{}, err
		}
		f.lost += c.settle(int64(sent * p.sockets))
		f.burst = float64(c.got.Load()) / time.Unix(0, c.last.Load()).Sub(began).Seconds()
	}
	return f, nil
}
