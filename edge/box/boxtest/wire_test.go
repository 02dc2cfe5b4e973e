package boxtest

import (
	"net"
	"sync"
	"testing"
)

// wire is a screen's own line to a box. It can go silent, as Wi-Fi does: nobody
// is told, bytes only stop; or refuse.
type wire struct {
	ln     net.Listener
	to     string
	mu     sync.Mutex
	silent bool
	refuse bool
	pairs  map[net.Conn]net.Conn // both ways round, those that carry
	lost   []net.Conn            // taken in while silent: never answered
	ended  sync.WaitGroup
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, to: to, pairs: map[net.Conn]net.Conn{}}
	w.ended.Go(w.serve)
	t.Cleanup(func() {
		ln.Close()
		w.Mend()
		w.mu.Lock()
		for c := range w.pairs {
			c.Close()
		}
		for _, c := range w.lost {
			c.Close()
		}
		w.mu.Unlock()
		w.ended.Wait()
	})
	return w
}

// URL is the box by this wire.
func (w *wire) URL() string { return "http://" + w.ln.Addr().String() }

func (w *wire) serve() {
	for {
		c, err := w.ln.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		if w.refuse {
			c.Close()
			w.mu.Unlock()
			continue
		}
		if w.silent { // its first packet is lost: it will never be answered
			w.lost = append(w.lost, c)
			w.mu.Unlock()
			continue
		}
		box, err := net.Dial("tcp", w.to)
		if err != nil {
			c.Close()
			w.mu.Unlock()
			continue
		}
		w.pairs[c], w.pairs[box] = box, c
		w.mu.Unlock()
		w.ended.Go(func() { w.carry(c, box) })
		w.ended.Go(func() { w.carry(box, c) })
	}
}

// carry copies until an end is closed. Bytes read while the wire is silent are
// gone, and an end that closes then is not told to the other.
func (w *wire) carry(from, to net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		silent := w.silent
		w.mu.Unlock()
		if n > 0 && !silent {
			if _, werr := to.Write(buf[:n]); werr != nil && err == nil {
				err = werr
			}
		}
		if err == nil {
			continue
		}
		if !silent {
			w.drop(from)
			return
		}
		return // Mend closes what is left of it
	}
}

// drop closes both ends.
func (w *wire) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	other := w.pairs[c]
	delete(w.pairs, c)
	c.Close()
	if other != nil {
		delete(w.pairs, other)
		other.Close()
	}
}

// Cut makes the wire silent.
func (w *wire) Cut() { w.mu.Lock(); w.silent = true; w.mu.Unlock() }

// Refuse cuts every connection and refuses new ones, as a box that is off.
func (w *wire) Refuse() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = true
	for c := range w.pairs {
		c.Close()
		delete(w.pairs, c)
	}
}

// Mend lets new connections through. Those from before the cut are found dead;
// those begun in it stay unanswered.
func (w *wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = false
	if !w.silent {
		return
	}
	w.silent = false
	for c := range w.pairs {
		c.Close()
		delete(w.pairs, c)
	}
}
