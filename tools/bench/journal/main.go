// Command journal measures durable statements a second: 32 writers, each
// waiting for its acknowledgement, through the box's journal, against the
// least that durability costs, a plain log with a CRC and one fsync a group.
// Both run in turn on the same disk, several rounds, and medians are
// compared.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

const (
	writers = 32
	rounds  = 5
	length  = 2 * time.Second
)

// figures of one round.
type figures struct {
	perSecond float64
	p99       time.Duration
}

func main() {
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	dir := flag.String("dir", "", "folder on the disk to measure (default: a temporary one here)")
	flag.Parse()
	const name = "journal/durable-32-writers"
	if !regexp.MustCompile(*only).MatchString(name) {
		return
	}
	if err := run(name, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench journal:", err)
		os.Exit(1)
	}
}

func run(name, dir string) error {
	if dir == "" {
		// Not the system's temporary folder, which may be memory.
		tmp, err := os.MkdirTemp(".", ".bench-")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	var ours, peer []figures
	for round := range rounds {
		o, err := measureJournal(filepath.Join(dir, fmt.Sprintf("j%d", round)))
		if err != nil {
			return err
		}
		p, err := measureLog(filepath.Join(dir, fmt.Sprintf("l%d", round)))
		if err != nil {
			return err
		}
		ours, peer = append(ours, o), append(peer, p)
	}
	a, b := median(ours), median(peer)
	report(name, "%.0f/s", a.perSecond, b.perSecond, 0.6, true)
	verdict := "ok"
	if a.p99 > 10*time.Millisecond {
		verdict = "short"
	}
	fmt.Printf("bench %s-ack-p99 ours=%.1fms peer=%.1fms ratio=%.2f goal=10ms %s\n", name,
		a.p99.Seconds()*1000, b.p99.Seconds()*1000, a.p99.Seconds()/b.p99.Seconds(), verdict)
	return nil
}

func report(name, format string, ours, peer, goal float64, higher bool) {
	ratio := ours / peer
	verdict := "short"
	if higher == (ratio >= goal) {
		verdict = "ok"
	}
	fmt.Printf("bench %s ours="+format+" peer="+format+" ratio=%.2f goal=%.2f %s (peer: plain log, CRC-32C, group fsync)\n",
		name, ours, peer, ratio, goal, verdict)
}

func median(fs []figures) figures {
	slices.SortFunc(fs, func(a, b figures) int { return int(a.perSecond - b.perSecond) })
	return fs[len(fs)/2]
}

func measureJournal(dir string) (figures, error) {
	ctx := context.Background()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return figures{}, fmt.Errorf("make folder: %w", err)
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "preau.db"), preau.SystemClock())
	if err != nil {
		return figures{}, err
	}
	defer db.Close()
	j, err := journal.Open(ctx, db, preau.SystemClock())
	if err != nil {
		return figures{}, err
	}
	return drive(func(w, i int) error {
		return j.Record(ctx, &preau.Statement{
			Stream: preau.StreamLearning, Actor: fmt.Sprintf("p%02d", w), Verb: journal.VerbPlayed,
			Object: "ark:/99999/lf-adjectif-1", ObjectKind: "video",
			Result:  []byte(`{"extensions":{"https://w3id.org/xapi/video/extensions/time":12.5}}`),
			Context: []byte(`{"registration":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e"}`),
		})
	})
}

func measureLog(path string) (figures, error) {
	l, err := openLog(path)
	if err != nil {
		return figures{}, err
	}
	defer l.close()
	row := make([]byte, 230) // a statement as the journal stores it
	return drive(func(int, int) error { return l.append(row) })
}

// drive runs the writers for a fixed time, each acknowledged before its next.
func drive(write func(writer, i int) error) (figures, error) {
	lats := make([][]time.Duration, writers)
	errs := make([]error, writers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; time.Since(start) < length; i++ {
				t := time.Now()
				if errs[w] = write(w, i); errs[w] != nil {
					return
				}
				lats[w] = append(lats[w], time.Since(t))
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return figures{}, err
		}
	}
	all := slices.Concat(lats...)
	slices.Sort(all)
	return figures{float64(len(all)) / took.Seconds(), all[len(all)*99/100]}, nil
}
