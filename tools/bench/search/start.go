package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// starts is how many times the box is started; the middle one is told.
const starts = 5

// start measures from the start of the process to the last byte of the page on
// which a class is chosen.
func (w *world) start(ctx context.Context, statements int) error {
	begin := time.Now()
	if err := w.live(ctx, statements); err != nil {
		return err
	}
	say("# %d statements recorded in %.0f s", statements, time.Since(begin).Seconds())
	// What is drawn from the journal is made at the first start: these
	// statements came without it.
	first, err := w.once(ctx)
	if err != nil {
		return err
	}
	say("# the first start took %.0f s: it drew from the journal what the pages show", first.Seconds())
	if err := w.idle(ctx); err != nil {
		return err
	}
	var took []time.Duration
	for range starts {
		d, err := w.once(ctx)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	mid, verdict := took[starts/2], "short"
	if mid <= 500*time.Millisecond {
		verdict = "ok"
	}
	say("bench start/first-page ours=%.0fms peer=500ms ratio=%.2f goal=500ms %s (%d items, %d statements; process to last byte, %d starts from %.0f to %.0f ms; peer: the goal)",
		ms(mid), mid.Seconds()/0.5, verdict, w.n, statements, starts, ms(took[0]), ms(took[starts-1]))
	return nil
}

// live puts statements into the journal of the box.
func (w *world) live(ctx context.Context, n int) error {
	db, err := sqlite.Open(ctx, w.path("box", "preau.db"), preau.SystemClock())
	if err != nil {
		return err
	}
	defer db.Close()
	j, err := journal.Open(ctx, db, preau.SystemClock())
	if err != nil {
		return err
	}
	for i := 0; i < n; {
		var group []*preau.Statement
		for ; i < n && len(group) < 500; i++ {
			group = append(group, &preau.Statement{Stream: preau.StreamLearning, Actor: fmt.Sprintf("p%03d", i%1000), Verb: journal.VerbPlayed,
				Object: fmt.Sprintf("urn:i:%d", i%w.n), ObjectKind: "video", Result: []byte(`{"duration":"PT30S"}`), Timestamp: time.Now()})
		}
		if err := j.Record(ctx, group...); err != nil {
			return err
		}
		if i%50_000 == 0 {
			if _, err := j.Pack(ctx); err != nil {
				return err
			}
		}
	}
	_, err = j.Pack(ctx)
	return err
}

// once starts the box, and says how soon its first page was here.
func (w *world) once(ctx context.Context) (took time.Duration, err error) {
	begin := time.Now()
	err = w.box(ctx, func(*exec.Cmd, string) error {
		took = time.Since(begin)
		return nil
	})
	return took, err
}

// box starts the box that the repository's root has built, asks for its first
// page, and ends it after fn.
func (w *world) box(ctx context.Context, fn func(cmd *exec.Cmd, url string) error) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
	defer stop()
	binary := os.Getenv("PREAU_BIN")
	if binary == "" {
		binary = "../../../bin/preau"
	}
	cmd := exec.CommandContext(ctx, binary, "serve", "--data", w.path("box"), "--http", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the box (make build makes it): %w", err)
	}
	defer func() {
		stop()
		_ = cmd.Wait() // it was told to end
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	_, rest, ok := strings.Cut(line, "http=")
	if err != nil || !ok {
		return fmt.Errorf("the box said %q: %w", line, err)
	}
	url := strings.Fields(rest)[0]
	if err := get(url + "/eleve/explorer"); err != nil {
		return err
	}
	return fn(cmd, url)
}

func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return fmt.Errorf("ask for the page: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answered %d: %w", resp.StatusCode, err)
	}
	return nil
}
