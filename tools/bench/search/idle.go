package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	idleGoal = 64   // MiB
	asked    = 1024 // MiB that Kolibri asks of a machine
	idleFor  = 45 * time.Second
)

// idle is what the box has of the machine's memory (VmRSS, the program's own
// pages too) when it has shown its first page, loaded the search, answered a
// hundred searches, and nobody asks any more.
func (w *world) idle(ctx context.Context) error {
	return w.box(ctx, func(cmd *exec.Cmd, url string) error {
		time.Sleep(idleFor) // the search is loaded
		loaded, err := resident(cmd.Process.Pid)
		if err != nil {
			return err
		}
		for i := range 100 {
			if err := get(url + "/api/v1/items?limit=24&q=" + common[i%len(common)][:3]); err != nil {
				return err
			}
		}
		busy, err := resident(cmd.Process.Pid)
		if err != nil {
			return err
		}
		time.Sleep(idleFor)
		after, err := resident(cmd.Process.Pid)
		if err != nil {
			return err
		}
		verdict := "short"
		if max(loaded, after) <= idleGoal {
			verdict = "ok"
		}
		say("bench start/idle-memory ours=%.1fMiB peer=%dMiB ratio=%.3f goal=%dMiB %s (VmRSS %.0f s after the start; %.1f after 100 searches, %.1f when they were over for as long; %d items; peer: what Kolibri asks for)",
			max(loaded, after), asked, max(loaded, after)/asked, idleGoal, verdict, idleFor.Seconds(), busy, after, w.n)
		return nil
	})
}

// resident is a process's VmRSS in MiB.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("look at the box: %w", err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(rest, "kB", 2)[0]), 64)
	if err != nil {
		return 0, fmt.Errorf("read VmRSS: %w", err)
	}
	return kb / 1024, nil
}
