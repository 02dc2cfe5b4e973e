package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// process is a server in a process of its own.
type process struct {
	which string
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
	addr  string
}

// start runs a server; more is added to its environment.
func start(which string, more ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find myself: %w", err)
	}
	p := &process{which: which, cmd: exec.Command(self, "-serve", which)}
	p.cmd.Stderr, p.cmd.Env = os.Stderr, append(os.Environ(), more...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if !p.out.Scan() {
		_ = p.stop() // it has ended
		return nil, errors.New("the server did not start")
	}
	p.addr = strings.TrimPrefix(p.out.Text(), "http://")
	return p, nil
}

func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // it may be gone
	_ = p.in.Close()                          // that ends it
	return p.cmd.Wait()
}

// hold stops the process until resume: what it holds costs nothing meanwhile.
func (p *process) hold() error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("hold %s: %w", p.which, err)
	}
	return nil
}

func (p *process) resume() error {
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("resume %s: %w", p.which, err)
	}
	return nil
}

func (p *process) ask(format string, args ...any) (int, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return 0, fmt.Errorf("ask server: %w", err)
	}
	if !p.out.Scan() {
		return 0, errors.New("the server ended")
	}
	n, err := strconv.Atoi(p.out.Text())
	if err != nil {
		return 0, fmt.Errorf("read the server's answer: %w", err)
	}
	return n, nil
}
