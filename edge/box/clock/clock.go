// Package clock tells the time on a box that may wake in 1970, in the school's zone.
// It promises a time that never runs backwards, across reboots too; it refuses to
// trust the system before the kernel says that somebody set it.
package clock

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"preau"
	"preau/internal/durable"
)

// saveEvery bounds how far the clock falls back when a box without a battery
// loses power.
const saveEvery = 10 * time.Minute

// Clock tells the time on a box that may wake in 1970. It never runs
// backwards: not within a run, not across reboots, and never before the
// release it runs was built.
type Clock struct {
	path   string
	system func() time.Time
	synced func() bool // what the kernel says of its own clock

	mu       sync.Mutex
	last     time.Time // highest time ever told; the floor
	seenSync bool
	asked    time.Time // when synced was last asked
	isSynced bool
}

// Open reads the floor kept in dir. built is the release's time.
func Open(dir string, built time.Time) (*Clock, error) {
	c := &Clock{path: filepath.Join(dir, "clock"), system: time.Now, synced: kernelSynced, last: built}
	b, err := os.ReadFile(c.path)
	switch {
	case os.IsNotExist(err):
	case err != nil:
		return nil, fmt.Errorf("read the saved time: %w", err)
	default:
		// An unreadable floor is no reason not to start: the build's time
		// stands in for it.
		if ms, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
			if t := time.UnixMilli(ms); t.After(c.last) {
				c.last = t
			}
		}
	}
	return c, nil
}

// Now is the system's time, or the floor when the system is behind it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.system()
	if now.After(c.last) {
		c.last = now
		return now
	}
	// Behind the floor: creep forward so that order still shows.
	c.last = c.last.Add(time.Millisecond)
	return c.last
}

// State says how sure the time is: synced when the kernel's clock is
// disciplined, held when it was during this run, unsure otherwise.
func (c *Clock) State() preau.ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.system()
	if now.Before(c.last.Add(-time.Second)) {
		return preau.ClockUnsure
	}
	if now.Sub(c.asked).Abs() > 10*time.Second {
		c.asked, c.isSynced = now, c.synced()
		c.seenSync = c.seenSync || c.isSynced
	}
	switch {
	case c.isSynced:
		return preau.ClockSynced
	case c.seenSync:
		return preau.ClockHeld
	}
	return preau.ClockUnsure
}

// Save makes the floor durable.
func (c *Clock) Save() error {
	ms := strconv.FormatInt(c.Now().UnixMilli(), 10)
	if err := durable.WriteBytes(c.path, 0o600, []byte(ms+"\n")); err != nil {
		return fmt.Errorf("save the time: %w", err)
	}
	return nil
}

// Serve saves the floor now, now and then, and at the end.
func (c *Clock) Serve(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		if err := c.Save(); err != nil {
			log.Warn("time not saved", "err", err)
		}
		select {
		case <-ctx.Done():
			return c.Save()
		case <-tick.C:
		}
	}
}

// kernelSynced asks the kernel whether a time service disciplines its clock.
func kernelSynced() bool {
	var tx unix.Timex
	_, err := unix.Adjtimex(&tx)
	return err == nil && tx.Status&unix.STA_UNSYNC == 0
}
