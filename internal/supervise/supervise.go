// Package supervise runs a process as a list of actors. It promises that the
// first actor to end stops all others, that they get one grace delay to
// drain, and that Run returns only when every goroutine it started has. It
// refuses restarts of its own: systemd restarts processes.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Service runs until its context ends or it fails. It returns nil when the
// context's end is why.
type Service func(ctx context.Context) error

// Group is a list of services. Its zero value is ready.
type Group struct {
	members []member
}

type member struct {
	name string
	run  Service
}

// Add registers a service before Run.
func (g *Group) Add(name string, run Service) { g.members = append(g.members, member{name, run}) }

// errEnded marks the end of a service that returned nil by itself.
var errEnded = errors.New("ended")

// Run starts every service and waits for all of them. When one ends or ctx
// does, the others are told to stop and get grace to do so; one that
// overstays is named in the error and abandoned. The error is the first
// service's that failed; a stop asked for through ctx is nil.
func (g *Group) Run(ctx context.Context, grace time.Duration) error {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	running := map[string]bool{}
	var wg sync.WaitGroup
	for _, m := range g.members {
		running[m.name] = true
	}
	for _, m := range g.members {
		wg.Go(func() {
			err := m.run(inner)
			mu.Lock()
			delete(running, m.name)
			mu.Unlock()
			switch {
			case err != nil && !errors.Is(err, context.Canceled):
				stop(fmt.Errorf("%s: %w", m.name, err))
			default:
				stop(errEnded)
			}
		})
	}
	<-inner.Done()
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }() // ends with the services
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		mu.Lock()
		defer mu.Unlock()
		return fmt.Errorf("stop within %v: still running: %v", grace, keys(running))
	}
	if cause := context.Cause(inner); cause != nil && !errors.Is(cause, errEnded) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func keys(m map[string]bool) (names []string) {
	for k := range m {
		names = append(names, k)
	}
	return names
}

// Notify tells systemd the service's state, as sd_notify(3) does ("READY=1",
// "STOPPING=1", "WATCHDOG=1"). Without systemd it does nothing.
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

// Watchdog feeds systemd's watchdog while healthy says so, at half the period
// systemd asks for. It is fed only when the box is healthy: a box that hangs
// is restarted.
func Watchdog(period time.Duration, healthy func(context.Context) error) Service {
	return func(ctx context.Context) error {
		if period <= 0 {
			<-ctx.Done()
			return nil
		}
		tick := time.NewTicker(period / 2)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				if healthy(ctx) == nil {
					if err := Notify("WATCHDOG=1"); err != nil {
						return err
					}
				}
			}
		}
	}
}
