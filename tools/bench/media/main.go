// Command media measures films read by Range over plain HTTP: the box's
// streamer against nginx with sendfile, each in a process of its own, in turn,
// on the same files in the page cache, with the same clients on the same
// machine. It prints one line a figure: the median of each, and the median of
// the ratios of neighbouring rounds, which other work on the machine disturbs
// less.
//
// nginx runs as the box's peer would be set up well: sendfile on, tcp_nopush
// off (with it on, nginx holds one chunk in a hundred for 40 ms and flatters
// us), no log. Ours has every wrapper of the real server; its lookups of type
// and right are a constant, so that the streamer is measured and not the
// catalogue. In saturation the time to the first byte is queueing: judge CPU.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// A plan is one load.
type plan struct {
	name    string
	clients int
	rounds  int
	length  time.Duration // of a round
	pace    time.Duration // between the chunks of a client; 0: at once
	rows    []row
}

// A row is one line that a plan prints.
type row struct {
	suffix, unit string
	value        func(figures) float64
	goal         float64
	higher       bool // better
	absolute     bool // goal is for ours, not for the ratio
}

// verdict says whether the goal is held, by ours or by the ratio.
func (r row) verdict(ours, ratio float64) string {
	held := ratio
	if r.absolute {
		held = ours
	}
	if r.higher && held >= r.goal || !r.higher && held <= r.goal {
		return "ok"
	}
	return "short"
}

const (
	chunk = 1 << 20
	// paced is a film of 500 KiB/s, about 4 Mbit/s.
	paced = chunk * time.Second / (500 << 10)
)

func saturated(clients int) plan {
	return plan{fmt.Sprintf("media/range-http-n%d", clients), clients, 5, 800 * time.Millisecond, 0, []row{
		{"", "MiB/s", figures.throughput, 1, true, false},
		{"-cpu", "s/GiB", figures.cpuPerGiB, 1.1, false, false},
		{"-ttfb-p99", "ms", figures.firstByte, 1, false, false},
	}}
}

var plans = []plan{
	saturated(30), saturated(200), saturated(1000),
	{"media/paced-http-n1000", 1000, 3, 2 * paced, paced, []row{
		{"-ttfb-p99", "ms", figures.firstByte, 1, false, false},
		{"-chunk-p99", "ms", figures.wholeChunk, 1, false, false},
		{"-rss", "MiB", figures.memory, 60, false, true},
	}},
}

func main() {
	runtime.LockOSThread() // a child dies with the thread that started it
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	serve := flag.String("serve", "", "internal: be our server, of this folder")
	flag.Parse()
	re, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench media: -only:", err)
		os.Exit(2)
	}
	if *serve != "" {
		err = ourServer(*serve)
	} else {
		if err = run(re); err == nil {
			err = bring(re)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench media:", err)
		os.Exit(1)
	}
}

func run(only *regexp.Regexp) error {
	var chosen []plan
	for _, p := range plans {
		for _, r := range p.rows {
			if only.MatchString(p.name + r.suffix) {
				chosen = append(chosen, p)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	version, err := findNginx()
	if err != nil {
		return err
	}
	// Not the system's temporary folder, which may be memory.
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	defer cleanWhenInterrupted(dir)()
	films, err := makeFilms(dir)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		if err := p.run(dir, films, version, only); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// cleanWhenInterrupted leaves nothing behind when somebody loses patience: the
// servers go with this process, the folder by this. The function it returns
// ends the watch.
func cleanWhenInterrupted(dir string) func() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		select {
		case <-signals:
			os.RemoveAll(dir)
			os.Exit(130)
		case <-over:
		}
	}()
	return func() { signal.Stop(signals); close(over) }
}

// run measures both in turn, each round in fresh processes, and prints.
func (p plan) run(dir string, films []film, version string, only *regexp.Regexp) error {
	var ours, peer []figures
	for round := range p.rounds {
		for i := range 2 {
			into, start := &ours, startOurs
			if (round+i)%2 == 1 {
				into, start = &peer, startNginx
			}
			f, err := p.measure(dir, films, start)
			if err != nil {
				return err
			}
			*into = append(*into, f)
		}
	}
	for _, r := range p.rows {
		name := p.name + r.suffix
		if !only.MatchString(name) {
			continue
		}
		a, b, ratio := compare(ours, peer, r.value)
		fmt.Printf("bench %s ours=%s%s peer=%s%s ratio=%.2f goal=%.2f %s (peer: %s, sendfile)\n",
			name, digits(a), r.unit, digits(b), r.unit, ratio, r.goal, r.verdict(a, ratio), version)
	}
	return nil
}

func (p plan) measure(dir string, films []film, start func(string) (*server, error)) (figures, error) {
	srv, err := start(dir)
	if err != nil {
		return figures{}, err
	}
	f, err := p.load(srv, films)
	if stopErr := srv.stop(); err == nil {
		err = stopErr
	}
	return f, err
}

// digits writes three of them, without powers of ten.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// findNginx installs nginx when it is missing, and says which it is.
func findNginx() (string, error) {
	if _, err := exec.LookPath("nginx"); err != nil {
		install := exec.Command("../../../.ci/install", "nginx-light")
		install.Stderr = os.Stderr
		if err := install.Run(); err != nil {
			return "", fmt.Errorf("install nginx-light: %w", err)
		}
	}
	out, err := exec.Command("nginx", "-v").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ask nginx its version: %w", err)
	}
	m := regexp.MustCompile(`nginx/[0-9.]+`).Find(out)
	return string(m), nil
}
