// Package s3test starts a real S3-compatible store for tests: versitygw from
// its pinned module in tools/s3server, on a folder of its own, with random
// keys. It promises a fresh empty bucket and that the process ends with the
// test. It is for tests only.
package s3test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"preau/sync/bucket"
)

// Server is a running store with one bucket.
type Server struct {
	URL    string // http://127.0.0.1:port/preau
	Cred   bucket.Credentials
	Dir    string // where the objects are plain files
	cmd    *exec.Cmd
	ended  chan struct{}
	listen string
	bin    string
}

// Start runs a store until the test ends. PREAU_S3_SERVER names the binary;
// without it bin/versitygw of the repository is used, or built once into the
// user's cache.
func Start(t testing.TB) *Server {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatalf("S3 server for tests: %v", err)
	}
	root := t.TempDir()
	s := &Server{
		Dir: filepath.Join(root, "preau"), bin: bin,
		Cred: bucket.Credentials{AccessKey: rand.Text(), SecretKey: rand.Text() + rand.Text()},
	}
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.listen = freeAddress(t)
	s.URL = "http://" + s.listen + "/preau"
	s.Restart(t)
	t.Cleanup(s.Stop)
	b := s.Bucket(t)
	if err := b.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Bucket opens a client.
func (s *Server) Bucket(t testing.TB) *bucket.S3 {
	t.Helper()
	b, err := bucket.OpenS3(s.URL, s.Cred, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Stop kills the store; its objects stay.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill() // it may have ended by itself
		<-s.ended
		s.cmd = nil
	}
}

// Restart runs the store again on the same address and objects.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	out, err := os.Create(filepath.Join(t.TempDir(), "store.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(s.bin, "--port", s.listen, "--quiet", "posix", filepath.Dir(s.Dir))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.Cred.AccessKey, "ROOT_SECRET_KEY="+s.Cred.SecretKey)
	cmd.Stdout, cmd.Stderr = out, out
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the S3 server: %v", err)
	}
	s.cmd, s.ended = cmd, make(chan struct{})
	go func() { _ = cmd.Wait(); close(s.ended) }() // ends with the process, which Stop kills
	deadline := time.Now().Add(15 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		resp, err := http.Get("http://" + s.listen + "/")
		if err == nil {
			resp.Body.Close()
			tick.Stop()
			return
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(out.Name())
			t.Fatalf("the S3 server ended at once: %s", text)
		case <-tick.C:
		}
		if time.Now().After(deadline) {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// binary finds or builds the server, once a process.
var binary = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("PREAU_S3_SERVER"); bin != "" {
		if _, err := os.Stat(bin); err != nil {
			return "", fmt.Errorf("PREAU_S3_SERVER: %w", err)
		}
		return bin, nil
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("find the repository")
	}
	repo := filepath.Join(filepath.Dir(file), "..", "..", "..")
	if bin := filepath.Join(repo, "bin", "versitygw"); executable(bin) {
		return bin, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache: %w", err)
	}
	bin := filepath.Join(cache, "preau", "versitygw")
	if executable(bin) {
		return bin, nil
	}
	// Tests of several packages may build at once: each to a name of its own.
	tmp := fmt.Sprintf("%s.%d", bin, os.Getpid())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "-C", filepath.Join(repo, "tools", "s3server"), "build", "-trimpath", "-o", tmp,
		"github.com/versity/versitygw/cmd/versitygw")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build versitygw: %w\n%s", err, out)
	}
	if err := os.Rename(tmp, bin); err != nil {
		return "", fmt.Errorf("keep versitygw: %w", err)
	}
	return bin, nil
})

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
