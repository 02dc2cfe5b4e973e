package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	writers = 32
	rounds  = 3
	length  = 2 * time.Second
)

// ingest measures durable statements a second, one by one or size at a time:
// parsed, checked, stored and indexed, each batch acknowledged before its
// writer's next; against the same bytes in a plain log with one fsync a group.
func ingest(ctx context.Context, dir string, size int, goal float64, say func(string, ...any)) error {
	var ours, peer []float64
	for round := range rounds {
		sub := filepath.Join(dir, fmt.Sprintf("i%d-%d", size, round))
		if err := os.Mkdir(sub, 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		b, err := openBox(ctx, sub, time.Now())
		if err != nil {
			return err
		}
		n, err := drive(size, func(texts [][]byte) error { return b.put(ctx, texts) })
		if err != nil {
			return err
		}
		ours = append(ours, n)
		if err := b.db.Close(); err != nil {
			return err
		}
		l, err := openLog(filepath.Join(sub, "log"))
		if err != nil {
			return err
		}
		n, err = drive(size, func(texts [][]byte) error { return l.append(slices.Concat(texts...)) })
		l.close()
		if err != nil {
			return err
		}
		peer = append(peer, n)
	}
	slices.Sort(ours)
	slices.Sort(peer)
	a, p := ours[rounds/2], peer[rounds/2]
	sayBench(say, fmt.Sprintf("lrs/ingest-%d", size), fmt.Sprintf("%.0f/s", a), fmt.Sprintf("%.0f/s", p), a/p, fmt.Sprintf("%.2f", goal), a/p >= goal,
		"peer: the same bytes in a plain log, CRC-32C, group fsync, neither read nor indexed")
	return nil
}

// drive runs the writers for a fixed time and returns statements a second.
func drive(size int, write func(texts [][]byte) error) (float64, error) {
	counts, errs := make([]int, writers), make([]error, writers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			s := newSchool(uint64(w)+10, time.Now(), wholeYear)
			for time.Since(start) < length {
				texts := make([][]byte, size)
				for i := range texts {
					texts[i] = s.next().raw
				}
				if errs[w] = write(texts); errs[w] != nil {
					return
				}
				counts[w] += size
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	total := 0
	for w, err := range errs {
		if err != nil {
			return 0, err
		}
		total += counts[w]
	}
	return float64(total) / took.Seconds(), nil
}
