package buckettest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Fault is what the Proxy does to a request.
type Fault int

// The faults of a line, as seen over HTTP.
const (
	None      Fault = iota
	Down            // the connection is cut before the request is read
	SlowDown        // 503 SlowDown
	LostAck         // executed, then cut before the answer
	Truncated       // the answer is cut after half of its body
	Portal          // 200 and a web page
	Skewed          // 403 RequestTimeTooSkewed
	Denied          // 403 AccessDenied
	Slow            // one second late
)

// Proxy stands between a client and a real store and misbehaves on request.
type Proxy struct {
	URL string // address of the bucket through the proxy

	mu   sync.Mutex
	plan func(*http.Request) Fault
	seen []string
}

// NewProxy starts one before the bucket at target.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{plan: func(*http.Request) Fault { return None }}
	// The Host header is signed: it stays as the client sent it.
	back := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = u.Scheme, u.Host, r.In.Host
		},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		fault := p.plan(r)
		p.seen = append(p.seen, r.Method+" "+r.URL.Path)
		p.mu.Unlock()
		serve(back, w, r, fault)
	}))
	t.Cleanup(srv.Close)
	p.URL = srv.URL + u.Path
	return p
}

// Plan decides each request's fault from now on.
func (p *Proxy) Plan(plan func(*http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
}

// Always plans one fault for everything.
func (p *Proxy) Always(f Fault) { p.Plan(func(*http.Request) Fault { return f }) }

// Seen lists the requests so far, as "METHOD /path".
func (p *Proxy) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

func serve(back http.Handler, w http.ResponseWriter, r *http.Request, fault Fault) {
	xml := func(status int, code string) {
		_, _ = io.Copy(io.Discard, r.Body) // a store reads the request before it refuses
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>test</Message></Error>`)
	}
	switch fault {
	case Down:
		cut(w)
	case SlowDown:
		xml(http.StatusServiceUnavailable, "SlowDown")
	case Skewed:
		xml(http.StatusForbidden, "RequestTimeTooSkewed")
	case Denied:
		xml(http.StatusForbidden, "AccessDenied")
	case Portal:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>Bienvenue sur le réseau de la cantine</body></html>")
	case LostAck:
		back.ServeHTTP(httptest.NewRecorder(), r)
		cut(w)
	case Truncated:
		rec := httptest.NewRecorder()
		back.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		cut(w)
	case Slow:
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
		}
		back.ServeHTTP(w, r)
	default:
		back.ServeHTTP(w, r)
	}
}

// cut resets the connection, as a line that drops does.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // reset rather than close: the client must not see an orderly end
	}
	conn.Close()
}
