package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"preau"
)

// process is a child that says "ready …" on its first line.
type process struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}
	err   error
	log   string
}

// start runs a command whose errors go to DIR/logs/NAME.log. The child dies
// with us even if we are killed.
func start(dir, name string, cmd *exec.Cmd) (*process, io.ReadCloser, error) {
	logs := filepath.Join(dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the folder of logs: %w", err)
	}
	p := &process{name: name, cmd: cmd, ended: make(chan struct{}), log: filepath.Join(logs, name+".log")}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	// A pipe of our own: Wait would close cmd's under the reader.
	r, w, err := os.Pipe()
	if err != nil {
		log.Close()
		return nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	log.Close()
	if err != nil {
		r.Close()
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // ends with the child, for which stop waits
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, r, nil
}

// awaitReady reads the child's ready line and returns its key=value pairs.
func (p *process) awaitReady(ctx context.Context, out io.ReadCloser, limit time.Duration) (map[string]string, error) {
	line := make(chan string, 1)
	go func() { // ends when the child closes its output
		defer out.Close()
		s := bufio.NewScanner(out)
		for s.Scan() {
			if strings.HasPrefix(s.Text(), "ready ") {
				line <- s.Text()
				break
			}
		}
		_, _ = io.Copy(io.Discard, out) // keep the child from blocking on a full pipe
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case l := <-line:
		pairs := map[string]string{}
		for _, f := range strings.Fields(l)[1:] {
			if k, v, ok := strings.Cut(f, "="); ok {
				pairs[k] = v
			}
		}
		return pairs, nil
	case <-p.ended:
		return nil, p.failed("ended before it was ready")
	case <-timer.C:
		return nil, p.failed(fmt.Sprintf("was not ready within %v", limit))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// failed tells the last words of the child.
func (p *process) failed(what string) error {
	tail := ""
	if b, err := os.ReadFile(p.log); err == nil {
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		tail = strings.Join(lines[max(0, len(lines)-5):], "\n")
	}
	return preau.E(preau.Unavailable, fmt.Sprintf("the demo's %s %s:\n%s", p.name, what, tail), "See "+p.log+".", p.err)
}

// stop asks the child to end and makes it after grace.
func (p *process) stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
		_ = p.cmd.Process.Kill() // it had its time
		<-p.ended
		return fmt.Errorf("%s did not stop within %v", p.name, grace)
	}
}
