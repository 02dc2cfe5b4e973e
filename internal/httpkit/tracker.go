package httpkit

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// tracker knows whether an answer has begun and with which status. It passes
// on ReadFrom (sendfile), Hijack (websockets) and, by Unwrap, the rest.
type tracker struct {
	http.ResponseWriter
	wrote  bool
	status int
}

// track wraps w once: handlers nested in handlers share a tracker.
func track(w http.ResponseWriter) *tracker {
	if t, ok := w.(*tracker); ok {
		return t
	}
	return &tracker{ResponseWriter: w}
}

func (t *tracker) WriteHeader(status int) {
	if status >= 200 && !t.wrote {
		t.wrote, t.status = true, status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracker) begin() {
	if !t.wrote {
		t.wrote, t.status = true, http.StatusOK
	}
}

func (t *tracker) Write(b []byte) (int, error) {
	t.begin()
	return t.ResponseWriter.Write(b)
}

// ReadFrom keeps the kernel's sendfile reachable.
func (t *tracker) ReadFrom(r io.Reader) (int64, error) {
	t.begin()
	return io.Copy(t.ResponseWriter, r)
}

func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *tracker) Flush() {
	t.begin()
	_ = http.NewResponseController(t.ResponseWriter).Flush() // best effort, as the interface has no error
}

func (t *tracker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take over the connection: %w", err)
	}
	t.wrote, t.status = true, http.StatusSwitchingProtocols
	return c, rw, nil
}
