package express

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau/internal/httpkit"
)

const short = "what is small"

// site is a server with a front, or without.
type site struct {
	addr  string
	taken atomic.Int64
	ln    net.Listener
	wait  func() error // until it ended
	stop  func() error
	film  *os.File
}

// handler answers /small and /film as the taker does, and says of all else
// what it was asked.
func (s *site) handler(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/small" && (r.Method == "GET" || r.Method == "HEAD"):
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", fmt.Sprint(len(short)))
		_, _ = io.WriteString(w, short)
	case r.URL.Path == "/film" && r.Method == "GET":
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.Copy(w, io.NewSectionReader(s.film, 0, 1<<40))
	case r.URL.Path == "/hijack":
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		line, _ := rw.ReadString('!')
		fmt.Fprintf(c, "heard %s", line)
	default:
		body, err := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s %s %q %d %v tls=%v\n", r.Method, r.URL, r.Host, body, len(r.Header), err != nil, r.TLS != nil)
	}
}

func (s *site) take(req *Request, a *Answer) bool {
	switch string(req.Path) {
	case "/small":
		a.Mem = []byte(short)
	case "/film":
		info, err := s.film.Stat()
		if err != nil {
			return false
		}
		a.File, a.Len = s.film, info.Size()
	case "/lies":
		a.File, a.Len = s.film, 1<<40
	default:
		return false
	}
	s.taken.Add(1)
	a.Head = fmt.Appendf(a.Head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nDate: %s\r\n\r\n",
		int64(len(a.Mem))+a.Len, time.Now().UTC().Format(http.TimeFormat))
	return true
}

// open starts a site with a film of n bytes; secure may be nil.
func open(t testing.TB, n int, front bool, secure *tls.Config, adjust ...func(*http.Server)) *site {
	t.Helper()
	return openFor(t, 300*time.Millisecond, n, front, secure, adjust...)
}

// openFor gives answers so long to end.
func openFor(t testing.TB, drain time.Duration, n int, front bool, secure *tls.Config, adjust ...func(*http.Server)) *site {
	t.Helper()
	s := &site{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, bytes.Repeat([]byte("0123456789abcdef"), n/16), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.film, err = os.Open(path); err != nil {
		t.Fatal(err)
	}
	s.ln, s.addr = ln, ln.Addr().String()
	srv := httpkit.NewServer(http.HandlerFunc(s.handler), slog.New(slog.DiscardHandler))
	srv.TLSConfig = secure
	for _, f := range adjust {
		f(srv)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		if front {
			done <- Serve(ctx, srv, ln, drain, s.take)
			return
		}
		done <- httpkit.Serve(ctx, srv, ln, drain)
	}()
	s.wait = func() error {
		err, open := <-done
		if open {
			close(done)
		}
		return err
	}
	s.stop = func() error {
		cancel()
		return s.wait()
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		s.film.Close()
	})
	return s
}

func (s *site) dial(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// ask sends a request and reads its answer.
func ask(t testing.TB, c net.Conn, in *bufio.Reader, text string) (*http.Response, string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return answerOf(t, in)
}

func answerOf(t testing.TB, in *bufio.Reader) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: preau.local\r\n\r\n" }

const post = "POST /progress HTTP/1.1\r\nHost: preau.local\r\nContent-Length: 5\r\n\r\nhello"

// A tablet's connection carries a page, films, what it posts, and films again.
func TestFront_AnswersAgainOnceNetHTTPHas(t *testing.T) {
	for name, secure := range map[string]*tls.Config{"http": nil, "https": certificate(t)} {
		t.Run(name, func(t *testing.T) {
			s := open(t, 1<<20, true, secure)
			c := s.dial(t)
			if secure != nil {
				c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // a test's own certificate
			}
			in := bufio.NewReader(c)
			for round := range 20 {
				if _, body := ask(t, c, in, get("/page")); body != fmt.Sprintf("GET /page preau.local \"\" 0 false tls=%v\n", secure != nil) {
					t.Fatalf("round %d: page %q", round, body)
				}
				if _, body := ask(t, c, in, get("/film")); len(body) != 1<<20 || !strings.HasSuffix(body, "89abcdef") {
					t.Fatalf("round %d: film of %d bytes", round, len(body))
				}
				if _, body := ask(t, c, in, post); !strings.Contains(body, `"hello"`) {
					t.Fatalf("round %d: post %q", round, body)
				}
				if _, body := ask(t, c, in, get("/small")); body != short {
					t.Fatalf("round %d: small %q", round, body)
				}
			}
			if n := s.taken.Load(); n != 40 {
				t.Errorf("%d of 40 answers were direct", n)
			}
		})
	}
}

// What comes before its turn is answered in its turn.
func TestFront_AnswersPipelinedRequestsInOrder(t *testing.T) {
	s := open(t, 1<<20, true, nil)
	c := s.dial(t)
	in := bufio.NewReader(c)
	text := strings.Repeat(get("/small")+get("/film")+post+get("/page"), 5)
	go func() {
		for i := 0; i < len(text); i += 7 { // torn anywhere
			_, _ = io.WriteString(c, text[i:min(i+7, len(text))])
		}
	}()
	for range 5 {
		for _, want := range []string{short, "0123456789abcdef", "POST /progress", "GET /page"} {
			if _, body := answerOf(t, in); !strings.HasPrefix(body, want) {
				t.Fatalf("%.40q where %q was asked", body, want)
			}
		}
	}
}

func TestFront_LetsGoOfWhatIsHijacked(t *testing.T) {
	s := open(t, 16, true, nil)
	c := s.dial(t)
	if _, err := io.WriteString(c, get("/hijack")); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"hel", "lo!"} {
		if _, err := io.WriteString(c, part); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "heard hello!" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestFront_HasTheLimitsOfItsServer(t *testing.T) {
	s := open(t, 16, true, nil, func(srv *http.Server) {
		srv.ReadHeaderTimeout, srv.IdleTimeout = 100*time.Millisecond, 200*time.Millisecond
	})
	for name, begin := range map[string]string{
		"says nothing":                 "",
		"stops in a request":           "GET /small HT",
		"asks once, then nothing":      get("/small"),
		"asks once, then stops":        get("/small") + "GET /sm",
		"asks net/http, then stops":    get("/page") + "GET /sm",
		"asks net/http, then nothing":  get("/page"),
		"a header that does not end":   "GET /small HTTP/1.1\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 64),
		"a header line without an end": "GET /small HTTP/1.1\r\nHost: " + strings.Repeat("b", 64<<10),
	} {
		t.Run(name, func(t *testing.T) {
			c := s.dial(t)
			_, _ = io.WriteString(c, begin) // the server may have enough
			_, err := io.Copy(io.Discard, c)
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Fatal("the connection stays open")
			}
		})
	}
}

// An answer that is under way ends; what rests is closed at once.
func TestServe_DrainsAnswers(t *testing.T) {
	s := openFor(t, time.Minute, 64<<20, true, nil)
	rest, reader := s.dial(t), s.dial(t)
	if _, body := ask(t, rest, bufio.NewReader(rest), get("/small")); body != short {
		t.Fatal(body)
	}
	if _, err := io.WriteString(reader, get("/film")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(reader), nil) // it is under way
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	if _, err := rest.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("at rest: %v", err)
	}
	if n, err := io.Copy(io.Discard, resp.Body); n != 64<<20 || err != nil {
		t.Errorf("under way: %d bytes, %v", n, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestServe_CutsWhoDoesNotRead(t *testing.T) {
	s := open(t, 64<<20, true, nil)
	c := s.dial(t)
	if _, err := io.WriteString(c, get("/film")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 100)); err != nil { // it is under way
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if n, _ := io.Copy(io.Discard, c); n >= 64<<20-100 {
		t.Errorf("who did not read had all %d bytes", n)
	}
}

// Over TLS too, where a reader stops amid what is sealed together.
func TestServe_CutsWhoDoesNotReadOverTLS(t *testing.T) {
	s := open(t, 64<<20, true, certificate(t))
	for range 4 {
		c := tls.Client(s.dial(t), &tls.Config{InsecureSkipVerify: true}) // a test's own certificate
		in := bufio.NewReader(c)
		if _, err := io.WriteString(c, get("/film")); err != nil {
			t.Fatal(err)
		}
		if _, err := http.ReadResponse(in, nil); err != nil { // it is under way
			t.Fatal(err)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// Whoever supervises must learn of it, whatever a reader does.
func TestServe_EndsWhenItsListenerFails(t *testing.T) {
	for _, front := range []bool{true, false} {
		s := open(t, 64<<20, front, nil)
		stuck, rest := s.dial(t), s.dial(t)
		for _, c := range []net.Conn{stuck, rest} {
			path := "/film"
			if c == rest {
				path = "/small"
			}
			if _, err := io.WriteString(c, get(path)); err != nil {
				t.Fatal(err)
			}
			if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
				t.Fatal(err)
			}
		}
		s.ln.Close()
		ended := make(chan error, 1)
		go func() { ended <- s.wait() }()
		select {
		case err := <-ended:
			if err == nil {
				t.Error("a listener that failed is no error")
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it waits for who does not read")
		}
		if n, err := io.Copy(io.Discard, rest); n > 20 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("what rests stays open: %d bytes, %v", n, err)
		}
	}
}

// The length was promised: a connection that cannot keep it must not go on.
func TestFront_ClosesWhenTheFileIsShort(t *testing.T) {
	for name, secure := range map[string]*tls.Config{"http": nil, "https": certificate(t)} {
		t.Run(name, func(t *testing.T) {
			s := open(t, 1<<20, true, secure)
			c := s.dial(t)
			if secure != nil {
				c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // a test's own certificate
			}
			if _, err := io.WriteString(c, get("/lies")); err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, c)
			if ne, ok := err.(net.Error); ok && ne.Timeout() || n > 1<<20+500 {
				t.Fatalf("%d bytes, %v", n, err)
			}
		})
	}
}

func TestFront_TellsHTTPFromHTTPS(t *testing.T) {
	s := open(t, 16, true, certificate(t))
	c := s.dial(t)
	resp, body := ask(t, c, bufio.NewReader(c), get("/small"))
	if resp.StatusCode != 400 || !strings.Contains(body, "HTTPS") {
		t.Fatalf("%d %q", resp.StatusCode, body)
	}
}

// writes counts what reaches the kernel.
type writes struct {
	net.Conn
	n int
}

func (w *writes) Write(b []byte) (int, error) { w.n++; return w.Conn.Write(b) }

func TestSecure_GathersRecords(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	counted := &writes{Conn: here}
	l := newListener(nil, nil, certificate(t))
	s := newSecure(counted, l.secure, l.turns)
	go func() {
		c := tls.Client(there, &tls.Config{InsecureSkipVerify: true}) // a test's own certificate
		_, _ = io.Copy(io.Discard, c)
	}()
	if err := s.tls.Handshake(); err != nil {
		t.Fatal(err)
	}
	counted.n = 0
	if err := s.send(&Answer{Head: []byte("head"), Mem: make([]byte, 1<<20)}); err != nil {
		t.Fatal(err)
	}
	if counted.n != 5 {
		t.Errorf("1 MiB took %d writes, want 5 of 240 KiB at most", counted.n)
	}
}

// certificate makes one that only this test trusts.
func certificate(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"preau.local"}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
