// Command live measures push: the box's live hub against centrifuge, each in a
// process of its own, in turn, with the same clients on the same machine. It
// prints one line a figure; latencies are from publish to receipt by a client,
// so they hold the clients' own share of the processors too.
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
	"time"
)

// A plan is one size of class.
type plan struct {
	sockets, rounds int
	steady          time.Duration
	burst           int // messages; 0: none
}

const perSecond = 10 // messages, steady

var plans = []plan{
	{sockets: 30, rounds: 3, steady: 1500 * time.Millisecond, burst: 1000},
	{sockets: 500, rounds: 3, steady: 2500 * time.Millisecond, burst: 1000},
	{sockets: 2000, rounds: 1, steady: 3 * time.Second},
}

func main() {
	only := flag.String("only", ".", "regexp of the benchmarks to run")
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
	for _, p := range plans {
		if err := p.run(re); err != nil {
			fmt.Fprintln(os.Stderr, "bench live:", err)
			os.Exit(1)
		}
	}
}

func (p plan) name(what string) string { return fmt.Sprintf("live/push-n%d-%s", p.sockets, what) }

func (p plan) run(only *regexp.Regexp) error {
	if !slices.ContainsFunc([]string{"p50", "p99", "burst", "memory"}, func(w string) bool { return only.MatchString(p.name(w)) }) {
		return nil
	}
	all := map[string][]figures{}
	for round := range p.rounds {
		order := []string{"ours", "centrifuge"}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, target := range order {
			f, err := measure(target, p)
			if err != nil {
				return fmt.Errorf("measure %s with %d sockets: %w", target, p.sockets, err)
			}
			all[target] = append(all[target], f)
		}
	}
	line := func(what, format string, goal float64, lower bool, of func(figures) float64) {
		if !only.MatchString(p.name(what)) {
			return
		}
		ours, peer := median(all["ours"], of), median(all["centrifuge"], of)
		ratio, verdict := ours/peer, "short"
		if lower == (ratio <= goal) {
			verdict = "ok"
		}
		fmt.Printf("bench %s ours="+format+" peer="+format+" ratio=%.2f goal=%.2f %s (peer: centrifuge %s)\n",
			p.name(what), ours, peer, ratio, goal, verdict, centrifugeVersion())
	}
	line("p50", "%.2fms", 1, true, func(f figures) float64 { return f.p50 })
	line("p99", "%.2fms", 0.8, true, func(f figures) float64 { return f.p99 })
	if p.burst > 0 {
		line("burst", "%.0f/s", 2, false, func(f figures) float64 { return f.burst })
	}
	lost := 0
	for _, f := range all["ours"] {
		lost += f.lost
	}
	if only.MatchString(p.name("lost")) {
		fmt.Printf("bench %s ours=%d goal=0 %s\n", p.name("lost"), lost, map[bool]string{true: "ok", false: "short"}[lost == 0])
	}
	if p.sockets >= 500 && only.MatchString(p.name("memory")) {
		of := func(f figures) float64 { return f.memory }
		ours, peer := median(all["ours"], of), median(all["centrifuge"], of)
		verdict := "ok"
		if ours > 20 {
			verdict = "short"
		}
		fmt.Printf("bench %s ours=%.1fKiB peer=%.1fKiB ratio=%.2f goal=20KiB %s (resident memory a connection)\n", p.name("memory"), ours, peer, ours/peer, verdict)
	}
	return nil
}

func median(fs []figures, of func(figures) float64) float64 {
	v := make([]float64, len(fs))
	for i, f := range fs {
		v[i] = of(f)
	}
	slices.Sort(v)
	return v[len(v)/2]
}
