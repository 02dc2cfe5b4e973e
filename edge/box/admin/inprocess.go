package admin

import (
	"io"
	"net/http"
	"sync"
)

// inProcess is a transport that ends in a handler: the answer streams, as it
// would over the socket.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req.Body = http.NoBody
	}
	r, w := io.Pipe()
	a := &answer{header: http.Header{}, body: w, begun: make(chan int, 1)}
	go func() { // ends with the handler; the reader of the body waits for it
		t.handler.ServeHTTP(a, req)
		a.WriteHeader(http.StatusOK)
		w.Close()
	}()
	status := <-a.begun
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Header: a.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: r, ContentLength: -1, Request: req,
	}, nil
}

// answer is the ResponseWriter of inProcess.
type answer struct {
	header http.Header
	body   *io.PipeWriter
	once   sync.Once
	begun  chan int
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.once.Do(func() { a.begun <- status }) }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
