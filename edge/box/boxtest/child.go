package boxtest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Child is one run of `preau serve`, or of another command that says ready.
type Child struct {
	t     testing.TB
	cmd   *exec.Cmd
	HTTP  string // its URL, once ready
	ready chan string
	ended chan struct{}
	code  int
	log   output
}

// output collects what a process says while a test reads it.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Preau starts the real binary.
func Preau(t testing.TB, args ...string) *Child {
	t.Helper()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	return StartChild(t, exec.Command(bin, args...))
}

// StartChild starts any command whose output has a ready line. It dies with
// the test at the latest.
func StartChild(t testing.TB, cmd *exec.Cmd) *Child {
	t.Helper()
	c := &Child{t: t, cmd: cmd, ready: make(chan string, 1), ended: make(chan struct{})}
	cmd.Stderr = &c.log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process
		s := bufio.NewScanner(out)
		for s.Scan() {
			if rest, ok := strings.CutPrefix(s.Text(), "ready http="); ok {
				url, _, _ := strings.Cut(rest, " ")
				c.ready <- url
			}
		}
		_ = cmd.Wait() // how it ended is in code
		c.code = cmd.ProcessState.ExitCode()
		close(c.ended)
	}()
	t.Cleanup(c.Kill)
	return c
}

// Await waits until it serves.
func (c *Child) Await() *Child {
	c.t.Helper()
	select {
	case c.HTTP = <-c.ready:
	case <-c.ended:
		c.t.Fatalf("it ended at once, code %d:\n%s", c.code, c.Log())
	case <-time.After(30 * time.Second):
		c.t.Fatalf("it is not ready after 30 s:\n%s", c.Log())
	}
	return c
}

// Kill kills it, as a power cut does to a process.
func (c *Child) Kill() {
	_ = c.cmd.Process.Signal(os.Kill) // it may have ended
	<-c.ended
}

// Stop asks it to end, and gives its exit code and how long it took.
func (c *Child) Stop() (code int, took time.Duration) {
	c.t.Helper()
	start := time.Now()
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	return c.Ended(20 * time.Second), time.Since(start)
}

// Ended waits for its end and gives the exit code.
func (c *Child) Ended(limit time.Duration) int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(limit):
		c.t.Fatalf("it did not end within %v:\n%s", limit, c.Log())
	}
	return c.code
}

// Log is what it said on its error output.
func (c *Child) Log() string { return c.log.String() }

// Says waits until its log has a line with all of words, and returns it.
func (c *Child) Says(limit time.Duration, words ...string) string {
	c.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		for line := range strings.Lines(c.Log()) {
			all := true
			for _, w := range words {
				all = all && strings.Contains(line, w)
			}
			if all {
				return line
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("its log has no line with %q:\n%s", words, c.Log())
		}
	}
}
