package httpkit

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"preau"
	"preau/internal/telemetry"
)

// NewServer makes an http.Server with limits. Answers have no write deadline
// because a film may take an hour; slow readers cost one goroutine each and
// the idle ones are closed.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Listen opens addr, and says what to do when it is taken or not allowed.
func Listen(ctx context.Context, addr, flag string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, preau.E(preau.Busy, "another program already listens on "+addr,
			fmt.Sprintf("Stop it (ss -ltnp shows which) or choose another address with %s.", flag), err)
	case errors.Is(err, syscall.EACCES):
		return nil, preau.E(preau.Forbidden, "not allowed to listen on "+addr,
			fmt.Sprintf("Ports below 1024 need CAP_NET_BIND_SERVICE: use the systemd unit, or a higher port with %s.", flag), err)
	}
	return nil, preau.E(preau.Invalid, "cannot listen on "+addr, fmt.Sprintf("Give an address such as :8080 or 127.0.0.1:0 with %s.", flag), err)
}

// Serve runs srv on ln until ctx ends, then lets requests finish for at most
// drain and closes what is left. If srv fails, nobody is given time.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, drain time.Duration) error {
	if srv.TLSConfig != nil {
		ln = tls.NewListener(ln, srv.TLSConfig)
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		_ = srv.Close() // who supervises it must not wait for readers
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		_ = srv.Close() // the slow ones had their time
	}
	<-failed
	return nil
}

// Secure sets the headers every answer carries. csp is the page policy.
func Secure(csp string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
		next.ServeHTTP(w, r)
	})
}

// Answers counts answers by class in reg: give what it returns each status.
func Answers(reg *telemetry.Registry) func(status int) {
	var classes [6]*telemetry.Counter
	for c := 1; c <= 5; c++ {
		classes[c] = reg.Counter(`preau_http_answers_total{class="`+strconv.Itoa(c)+`xx"}`, "HTTP answers by class of status.")
	}
	return func(status int) {
		if c := status / 100; c >= 1 && c <= 5 {
			classes[c].Add(1)
		}
	}
}

// Count counts the answers of next in reg.
func Count(reg *telemetry.Registry, next http.Handler) http.Handler {
	count := Answers(reg)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := track(w)
		next.ServeHTTP(t, r)
		count(t.status)
	})
}

// ReadJSON decodes a request's body into v: one JSON value, known fields
// only, at most limit bytes.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	if ct, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || ct != "application/json" {
		return preau.E(preau.Invalid, "the body is not declared as JSON", "Send Content-Type: application/json.", err)
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return preau.E(preau.TooLarge, fmt.Sprintf("the body is over %d bytes", limit), "Send less at a time.", err)
		}
		return preau.E(preau.Invalid, "the body is not the JSON expected here", "See /api/v1/openapi.json.", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return preau.E(preau.Invalid, "the body holds more than one JSON value", "Send one value.", nil)
	}
	return nil
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}
