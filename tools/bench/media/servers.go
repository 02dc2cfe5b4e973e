package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"preau/internal/express"
	"preau/internal/httpkit"
	"preau/internal/telemetry"
	"preau/media/blob"
	"preau/media/stream"
)

// server is a process under load.
type server struct {
	cmd    *exec.Cmd
	addr   string
	secure bool
	path   func(film) string
}

// ourServer is the child process: the streamer behind the box's wrappers.
func ourServer(dir string, secure bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, err := blob.Open(filepath.Join(dir, "content"), 0)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	kit := &httpkit.Kit{Log: log}
	var reg telemetry.Registry
	count := httpkit.Answers(&reg)
	direct := stream.NewDirect(stream.DirectDeps{Blobs: store, Counted: func(status int) func() { count(status); return nil }})
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "/blobs/{sha256}", stream.Handler(stream.Deps{
		Blobs: store, Direct: direct,
		Meta:  func(*http.Request, blob.Digest) (stream.Meta, error) { return stream.Meta{MIME: "video/mp4"}, nil },
		Allow: func(*http.Request, blob.Digest) error { return nil },
	}))
	ln, err := httpkit.Listen(ctx, "127.0.0.1:0", "")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	handler := httpkit.Count(&reg, httpkit.Secure("default-src 'self'", mux))
	srv := httpkit.NewServer(handler, log)
	if secure {
		cert, err := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
		if err != nil {
			return fmt.Errorf("read the certificate: %w", err)
		}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"http/1.1"}, DynamicRecordSizingDisabled: true}
	}
	return express.Serve(ctx, srv, ln, time.Second, direct.Take)
}

func startOurs(dir string, secure bool) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self, "-serve", dir, "-secure="+strconv.FormatBool(secure))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start our server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	s := &server{cmd, strings.TrimSpace(line), secure, func(f film) string { return f.ours }}
	if err != nil {
		_ = s.stop()
		return nil, fmt.Errorf("our server did not start: %w", err)
	}
	return s, nil
}

const nginxConf = `daemon off;
%s
worker_processes auto;
worker_rlimit_nofile 8192;
pid nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  sendfile on;
  tcp_nopush off;
  access_log off;
  default_type video/mp4;
  keepalive_requests 100000000;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen %s backlog=4096%s; root content; ssl_certificate cert.pem; ssl_certificate_key key.pem; }
}
`

func startNginx(dir string, secure bool) (*server, error) {
	prefix, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the folder: %w", err)
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	user, ssl := "", ""
	if secure {
		ssl = " ssl"
	}
	if os.Geteuid() == 0 {
		user = "user root;" // its workers must read a private folder
	}
	conf := filepath.Join(prefix, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, user, addr, ssl), 0o600); err != nil {
		return nil, fmt.Errorf("write nginx's configuration: %w", err)
	}
	cmd := exec.Command("nginx", "-e", "stderr", "-p", prefix, "-c", conf)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	s := &server{cmd, addr, secure, func(f film) string { return f.peer }}
	return s, s.answers()
}

// answers waits until a server does, and stops one that does not.
func (s *server) answers() error {
	for deadline := time.Now().Add(5 * time.Second); ; {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			_ = s.stop()
			return fmt.Errorf("%s does not answer: %w", filepath.Base(s.cmd.Path), err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended; Wait tells
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop %s: %w", filepath.Base(s.cmd.Path), err)
	}
	return nil
}
