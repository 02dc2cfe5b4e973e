// Command media measures what the box serves against nginx and kiwix-serve:
// films by Range (films.go) and pictures (small.go), over HTTP and HTTPS. Each
// server is a process of its own, in turn, on the same files in the page
// cache, with the same clients on the same machine. It prints one line a
// figure: the median of each, and the median of the ratios of neighbouring
// rounds, which other work on the machine disturbs less.
//
// nginx runs as the box's peer would be set up well: sendfile on, tcp_nopush
// off (with it on, nginx holds one chunk in a hundred for 40 ms and flatters
// us), no log, the same certificate. Ours has every wrapper of the real server;
// its lookups of type and right are a constant: in the box too they are made
// for one request of a blob in ten seconds. In saturation the time to the first
// byte is queueing: judge CPU.
package main

import (
	"errors"
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
	secure  bool // HTTPS
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

// print is the line of a figure.
func (r row) print(name string, ours, peer, ratio float64, who string) {
	fmt.Printf("bench %s ours=%s%s peer=%s%s ratio=%.2f goal=%.2f %s (peer: %s)\n",
		name, digits(ours), r.unit, digits(peer), r.unit, ratio, r.goal, r.verdict(ours, ratio), who)
}

const (
	chunk = 1 << 20
	// paced is a film of 500 KiB/s, about 4 Mbit/s.
	paced = chunk * time.Second / (500 << 10)
)

func saturated(clients int, secure bool) plan {
	p := plan{"media/range-http-n%d", secure, clients, 5, 800 * time.Millisecond, 0, []row{
		{"", "MiB/s", figures.throughput, 1, true, false},
		{"-cpu", "s/GiB", figures.cpuPerGiB, 1.1, false, false},
		{"-ttfb-p99", "ms", figures.firstByte, 1, false, false},
	}}
	if secure {
		p.name, p.rows = "media/range-https-n%d", []row{{"-cpu", "s/GiB", figures.cpuPerGiB, 0.9, false, false}}
	}
	p.name = fmt.Sprintf(p.name, clients)
	return p
}

var plans = []plan{
	saturated(30, false), saturated(200, false), saturated(1000, false),
	{"media/paced-http-n1000", false, 1000, 3, 2 * paced, paced, []row{
		{"-ttfb-p99", "ms", figures.firstByte, 1, false, false},
		{"-chunk-p99", "ms", figures.wholeChunk, 1, false, false},
		{"-rss", "MiB", figures.memory, 60, false, true},
	}},
	saturated(30, true), saturated(200, true), saturated(1000, true),
	{"media/paced-https-n1000", true, 1000, 3, 2 * paced, paced, []row{
		{"-cpu", "s/GiB", figures.cpuPerGiB, 0.9, false, false},
	}},
}

func main() {
	runtime.LockOSThread() // a child dies with the thread that started it
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	serve := flag.String("serve", "", "internal: be our server, of this folder")
	secure := flag.Bool("secure", false, "internal: over HTTPS")
	flag.Parse()
	re, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench media: -only:", err)
		os.Exit(2)
	}
	if *serve != "" {
		err = ourServer(*serve, *secure)
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
	pictures := chooseSmall(only)
	if len(chosen)+len(pictures) == 0 {
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
	if err := makeCertificate(dir); err != nil {
		return err
	}
	films, err := makeFilms(dir)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		if err := p.run(dir, films, version, only); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for _, p := range pictures {
		if err := p.run(dir, version); err != nil {
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
		r.print(name, a, b, ratio, version+", sendfile")
	}
	return nil
}

func (p plan) measure(dir string, films []film, start func(string, bool) (*server, error)) (figures, error) {
	srv, err := start(dir, p.secure)
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
func findNginx() (string, error) { return find("nginx", "nginx-light", "-v", `nginx/[0-9.]+`) }

// find installs a peer when it is missing, and says which it is.
func find(program, pkg, flag, version string) (string, error) {
	if _, err := exec.LookPath(program); err != nil {
		install := exec.Command("../../../.ci/install", pkg)
		install.Stderr = os.Stderr
		if err := install.Run(); err != nil {
			return "", fmt.Errorf("install %s: %w", pkg, err)
		}
	}
	out, err := exec.Command(program, flag).CombinedOutput()
	if m := regexp.MustCompile(version).Find(out); m != nil {
		return string(m), nil // wrk tells its version and fails
	}
	return "", fmt.Errorf("ask %s its version: %w", program, errors.Join(err, fmt.Errorf("it says %q", out)))
}
