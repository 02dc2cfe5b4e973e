// Command lrs measures the record store: durable statements a second, one by
// one and in batches of 50, against a plain fsynced log; and a school of 1 000
// pupils that lives a year: what it weighs, how fast it answers, how long it
// takes to go. The pupils, their work and the applications are invented.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

func main() {
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	dir := flag.String("dir", "", "folder on the disk to measure (default: a temporary one here)")
	n := flag.Int("n", statements(), "statements of the year; fewer than 5 000 000 are scaled up (PREAU_BENCH_YEAR)")
	keep := flag.String("lived", os.Getenv("PREAU_BENCH_LIVED"), "folder that keeps the year once lived, for the next run (PREAU_BENCH_LIVED)")
	flag.Parse()
	if err := run(context.Background(), regexp.MustCompile(*only), *dir, *keep, *n); err != nil {
		fmt.Fprintln(os.Stderr, "bench lrs:", err)
		os.Exit(1)
	}
}

// shortYear is lived in well under a minute; the whole one takes twenty.
const shortYear = 100_000

// statements is how many make the year of this run.
func statements() int {
	if n, err := strconv.Atoi(os.Getenv("PREAU_BENCH_YEAR")); err == nil && n > 0 {
		return min(n, wholeYear)
	}
	return shortYear
}

func run(ctx context.Context, only *regexp.Regexp, dir, keep string, n int) error {
	if dir == "" {
		// Not the system's temporary folder, which may be memory.
		tmp, err := os.MkdirTemp(".", ".bench-")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	for _, b := range []struct {
		name string
		run  func() error
	}{
		{"lrs/ingest-1", func() error { return ingest(ctx, dir, 1, false, 0.15, say) }},
		{"lrs/ingest-50", func() error { return ingest(ctx, dir, 50, false, 0.05, say) }},
		{"lrs/http-ingest-1", func() error { return ingest(ctx, dir, 1, true, 0.3, say) }},
		{"lrs/http-ingest-50", func() error { return ingest(ctx, dir, 50, true, 0.05, say) }},
		{"lrs/year", func() error {
			sub := filepath.Join(dir, "year")
			if err := os.Mkdir(sub, 0o700); err != nil {
				return fmt.Errorf("make folder: %w", err)
			}
			return year(ctx, sub, keep, max(200, n/200*200), say)
		}},
	} {
		if only.MatchString(b.name) {
			if err := b.run(); err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
		}
	}
	return nil
}

func sayBench(say func(string, ...any), name, ours, peer string, ratio float64, goal string, ok bool, note string) {
	verdict := "short"
	if ok {
		verdict = "ok"
	}
	say("bench %s ours=%s peer=%s ratio=%.2f goal=%s %s (%s)", name, ours, peer, ratio, goal, verdict, note)
}
