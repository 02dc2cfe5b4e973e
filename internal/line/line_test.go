package line_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/internal/line"
)

// school is a proxy as schools have them: CONNECT and plain requests, only
// with a name and a password, and not to everywhere.
type school struct {
	*httptest.Server
	password string // empty: none is wanted
	tunnels  atomic.Int32
	plain    atomic.Int32
	target   string // where every name leads
}

func newSchool(t *testing.T, password, target string) *school {
	t.Helper()
	s := &school{password: password, target: target}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *school) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("borne:"+s.password))
	if s.password != "" && r.Header.Get("Proxy-Authorization") != want {
		w.Header().Set("Proxy-Authenticate", `Basic realm="college"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if strings.HasPrefix(r.Host, "blocked.") {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if r.Method != http.MethodConnect {
		s.plain.Add(1)
		resp, err := http.Get("http://" + s.target + r.URL.Path)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(w, resp.Body) // a test's few bytes
		return
	}
	s.tunnels.Add(1)
	out, err := net.Dial("tcp", s.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		out.Close()
		return
	}
	_, _ = io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n") // else the test sees it
	go func() {                                                              // ends with either side
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	_, _ = io.Copy(in, out)
	in.Close()
}

func (s *school) url(t *testing.T, user *url.Userinfo) *url.URL {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = user
	return u
}

func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// said fails unless the error says what stands in the way, and what to do.
func said(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it passed")
	}
	if preau.KindOf(err) != preau.Unavailable || preau.RemedyOf(err) == "" {
		t.Errorf("%v: kind %v, remedy %q", err, preau.KindOf(err), preau.RemedyOf(err))
	}
	for _, w := range words {
		if !strings.Contains(err.Error()+" "+preau.RemedyOf(err), w) {
			t.Errorf("%q is not said: %v → %s", w, err, preau.RemedyOf(err))
		}
	}
}

func TestProxy_WithAPasswordAndWithout(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in clear") }))
	defer origin.Close()
	p := newSchool(t, "secret", origin.Listener.Addr().String())
	const address = "http://catalogue.example/file"
	good := line.Client(line.Transport(p.url(t, url.UserPassword("borne", "secret"))))
	if body, err := get(t, good, address); err != nil || body != "in clear" || p.plain.Load() != 1 {
		t.Errorf("%q, %v, %d requests", body, err, p.plain.Load())
	}
	for _, scheme := range []string{"http", "https"} {
		_, err := get(t, line.Client(line.Transport(p.url(t, nil))), scheme+"://catalogue.example/file")
		said(t, err, "wants a name and a password", p.Listener.Addr().String(), "identity/proxy.json")
		_, err = get(t, line.Client(line.Transport(p.url(t, url.UserPassword("borne", "wrong")))), scheme+"://catalogue.example/file")
		said(t, err, "refuses the name or the password")
		if strings.Contains(err.Error(), "wrong") {
			t.Errorf("the password is told: %v", err)
		}
	}
	_, err := get(t, good, "https://blocked.example/")
	said(t, err, "does not let the box through", "403")
	if body, err := get(t, good, origin.URL); err != nil || body != "in clear" || p.plain.Load() != 1 {
		t.Errorf("what is next door goes through the proxy: %q, %v", body, err)
	}
}

// TestProxy_Tunnels: through CONNECT the box speaks TLS with the origin
// itself, and sees when it is another that answers.
func TestProxy_Tunnels(t *testing.T) {
	origin := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "sealed") }))
	defer origin.Close()
	p := newSchool(t, "secret", origin.Listener.Addr().String())
	c := line.Client(line.Transport(p.url(t, url.UserPassword("borne", "secret"))))
	_, err := get(t, c, "https://catalogue.example/")
	said(t, err, "opens its encrypted line", "catalogue.example", "Acme Co", "TLS inspection") // httptest's authority is nobody's
	if p.tunnels.Load() != 1 {
		t.Errorf("%d tunnels", p.tunnels.Load())
	}
	clear := httptest.NewServer(http.NotFoundHandler())
	defer clear.Close()
	p.target = clear.Listener.Addr().String()
	_, err = get(t, c, "https://catalogue.example/")
	said(t, err, "in clear instead of catalogue.example")
}

func TestProxy_FromTheEnvironment(t *testing.T) {
	if os.Getenv("LINE_CHILD") == "" { // the environment is read once a process
		p := newSchool(t, "secret", "127.0.0.1:1")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy_FromTheEnvironment$")
		cmd.Env = append(os.Environ(), "LINE_CHILD=1", "HTTP_PROXY="+p.url(t, url.UserPassword("borne", "wrong")).String(), "http_proxy=", "NO_PROXY=", "no_proxy=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	_, err := get(t, line.Client(line.Transport(nil)), "http://catalogue.example/")
	said(t, err, "refuses the name or the password")
}

func TestPortals_AndWhatElseStandsInTheWay(t *testing.T) {
	var here string
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<h1>Bienvenue au collège</h1>")
	})
	mux.HandleFunc("/metadata/timestamp.json", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) })
	mux.HandleFunc("/511", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, here+"/circle", http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	here = srv.URL
	files := line.Client(line.NoPages(line.Transport(nil)))
	_, err := get(t, files, srv.URL+"/metadata/timestamp.json")
	said(t, err, "web page answers instead of", "sign in to the portal")
	_, err = get(t, files, srv.URL+"/511")
	said(t, err, "web page answers instead of")
	_, err = get(t, files, srv.URL+"/circle")
	said(t, err, "without end")
	srv.Close()
	_, err = get(t, files, srv.URL+"/")
	said(t, err, "cannot be reached")
	_, err = get(t, files, "http://catalogue.invalid/")
	said(t, err, "catalogue.invalid is not found", "DNS")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := files.Do(req); err == nil || preau.KindOf(err) == preau.Unavailable {
		if err == nil {
			resp.Body.Close()
		}
		t.Errorf("our own end is blamed on the line: %v", err)
	}
}
