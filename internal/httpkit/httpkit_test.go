package httpkit_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"preau"
	"preau/internal/httpkit"
	"preau/internal/telemetry"
)

func kit(log io.Writer) *httpkit.Kit {
	return &httpkit.Kit{Log: slog.New(slog.NewTextHandler(log, nil))}
}

func TestHandle_KindDecidesStatusAndCauseStaysInTheLog(t *testing.T) {
	var log bytes.Buffer
	h := kit(&log).Handle(func(http.ResponseWriter, *http.Request) error {
		return preau.E(preau.RateLimited, "too many tries", "Wait a minute.", errors.New("secret cause"))
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/x", nil))
	body := w.Body.String()
	if w.Code != 429 || !strings.Contains(body, "Wait a minute.") || strings.Contains(body, "secret") {
		t.Fatalf("answered %d %s", w.Code, body)
	}
	if !strings.Contains(log.String(), "secret cause") {
		t.Fatalf("the log lacks the cause: %s", log.String())
	}
	_, id, _ := strings.Cut(body, `"id":"`)
	if id = id[:6]; !strings.Contains(log.String(), "id="+id) {
		t.Fatalf("id %s is not in the log %s", id, log.String())
	}
}

func TestHandle_PanicIsAnAnswer(t *testing.T) {
	w := httptest.NewRecorder()
	kit(io.Discard).Handle(func(http.ResponseWriter, *http.Request) error { panic("x") }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 {
		t.Fatalf("answered %d, want 500", w.Code)
	}
}

// readFromRecorder sees whether sendfile would have been reached.
type readFromRecorder struct {
	*httptest.ResponseRecorder
	called bool
}

func (r *readFromRecorder) ReadFrom(src io.Reader) (int64, error) {
	r.called = true
	return io.Copy(r.ResponseRecorder, src)
}

func TestEveryWrapper_ForwardsReadFrom(t *testing.T) {
	inner := &readFromRecorder{ResponseRecorder: httptest.NewRecorder()}
	var reg telemetry.Registry
	h := httpkit.Count(&reg, httpkit.Secure("default-src 'self'", kit(io.Discard).Handle(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.Copy(w, io.LimitReader(neverEnding('x'), 1<<20))
		return err
	})))
	h.ServeHTTP(inner, httptest.NewRequest("GET", "/", nil))
	if !inner.called || inner.Body.Len() != 1<<20 {
		t.Fatalf("ReadFrom reached: %v, %d bytes", inner.called, inner.Body.Len())
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func TestListen_SaysWhoToMove(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, err = httpkit.Listen(t.Context(), ln.Addr().String(), "--http")
	if preau.KindOf(err) != preau.Busy || !strings.Contains(preau.RemedyOf(err), "--http") {
		t.Fatalf("got %v (%s)", err, preau.RemedyOf(err))
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"a":1}`))
	f.Add([]byte(`{"a":1}{}`))
	f.Add([]byte(`{"b":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		var v struct{ A int }
		if err := httpkit.ReadJSON(httptest.NewRecorder(), r, 64, &v); err == nil && len(body) > 64 {
			t.Fatalf("accepted %d bytes over a limit of 64", len(body))
		}
	})
}
