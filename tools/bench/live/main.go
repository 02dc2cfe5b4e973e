// Command live measures push: the box's live hub against centrifuge, each in a
// process of its own, with the same clients on the same machine. The two take
// turns round by round, the one that waits is stopped, and a ratio is the
// median of the rounds' ratios: what else runs on the machine hits both. It
// prints one line a figure; latencies are from publish to receipt by a client,
// so they hold the clients' own share of the processors too, which the
// processor time a delivery cost the server does not.
//
// Ours saves the room's state to the disk at each message, because that is
// what it does in a lesson; centrifuge has nothing to save.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A plan is one size of class.
type plan struct {
	sockets, rounds int
	steady          time.Duration // a round
	bursts          int           // of 1000 messages, a round
}

const (
	perSecond = 10 // messages, steady
	perBurst  = 1000
)

var plans = []plan{
	{sockets: 30, rounds: 15, steady: 2 * time.Second, bursts: 3},
	{sockets: 500, rounds: 7, steady: 2500 * time.Millisecond, bursts: 1},
	{sockets: 2000, rounds: 5, steady: 3 * time.Second, bursts: 1},
}

func main() {
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	rounds := flag.Int("rounds", 0, "rounds a figure, instead of the usual number")
	serve := flag.String("serve", "", "internal: be this server")
	flag.Parse()
	if *serve != "" {
		if err := server(*serve); err != nil {
			fmt.Fprintln(os.Stderr, "bench live server:", err)
			os.Exit(1)
		}
		return
	}
	re, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench live: -only:", err)
		os.Exit(2)
	}
	if err := run(re, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench live:", err)
		os.Exit(1)
	}
}

func run(only *regexp.Regexp, rounds int) error {
	for _, p := range plans {
		if rounds > 0 {
			p.rounds = rounds
		}
		if err := p.run(only); err != nil {
			return err
		}
	}
	if !only.MatchString(slowName) {
		return nil
	}
	return slow(rounds)
}

func (p plan) name(what string) string { return fmt.Sprintf("live/push-n%d-%s", p.sockets, what) }

// row is one line of the report.
type row struct {
	what, format string
	goal         float64 // of the ratio
	more         bool    // more is better
	free         bool    // told for what it explains, without a goal
	of           func(figures) float64
}

var rows = []row{
	{what: "p50", format: "%.2fms", goal: 1, of: func(f figures) float64 { return f.p50 }},
	{what: "p99", format: "%.2fms", goal: 0.8, of: func(f figures) float64 { return f.p99 }},
	{what: "cpu", format: "%.2fus", free: true, of: func(f figures) float64 { return f.steadyCPU }},
	{what: "burst", format: "%.0f/s", goal: 2, more: true, of: func(f figures) float64 { return f.burst }},
	{what: "burst-cpu", format: "%.2fus", free: true, of: func(f figures) float64 { return f.burstCPU }},
}

func (p plan) run(only *regexp.Regexp) error {
	wanted := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !only.MatchString(p.name(r.what)) })
	memory, lost := p.sockets >= 500 && only.MatchString(p.name("memory")), only.MatchString(p.name("lost"))
	if len(wanted) == 0 && !memory && !lost {
		return nil
	}
	all, kib, err := p.measure()
	if err != nil {
		return fmt.Errorf("measure with %d sockets: %w", p.sockets, err)
	}
	for _, r := range wanted {
		fmt.Println(p.line(r, all))
	}
	missing := [2]int{}
	for _, pair := range all {
		missing[0], missing[1] = missing[0]+pair[0].lost, missing[1]+pair[1].lost
	}
	if lost {
		fmt.Printf("bench %s ours=%d peer=%d goal=0 %s\n", p.name("lost"), missing[0], missing[1], verdict(missing[0] == 0))
	}
	if memory {
		fmt.Printf("bench %s ours=%.1fKiB peer=%.1fKiB ratio=%.2f goal=20KiB %s (resident memory a connection)\n",
			p.name("memory"), kib[0], kib[1], kib[0]/kib[1], verdict(kib[0] <= 20))
	}
	return nil
}

// line tells a row: both medians, and the median of the rounds' ratios.
func (p plan) line(r row, all [][2]figures) string {
	side := func(i int) []float64 {
		v := make([]float64, len(all))
		for n, pair := range all {
			v[n] = r.of(pair[i])
		}
		return v
	}
	ours, peer := side(0), side(1)
	ratios := make([]float64, len(all))
	for n := range all {
		ratios[n] = ours[n] / peer[n]
	}
	ratio := median(ratios)
	s := fmt.Sprintf("bench %s ours="+r.format+" peer="+r.format+" ratio=%.2f", p.name(r.what), median(ours), median(peer), ratio)
	if r.free {
		return s + " (processor time of the server, a delivery)"
	}
	return s + fmt.Sprintf(" goal=%.2f %s (peer: centrifuge %s; load %s)", r.goal, verdict(r.more == (ratio >= r.goal)), centrifugeVersion(), load())
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "short"
}

// load is what the machine has to do besides, or because of, this.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// quantile of what is sorted.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return v[min(len(v)-1, int(float64(len(v))*q))]
}
