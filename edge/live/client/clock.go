package client

import (
	"context"
	"sync"
	"time"

	"preau/edge/live/protocol"
)

// clock estimates the box's time from pings: of the last eight, the one with
// the shortest round trip knows best.
type clock struct {
	mu      sync.Mutex
	samples [8]sample
	next    int
}

type sample struct {
	trip, offset float64 // ms
	set          bool
}

func local() float64 { return float64(time.Now().UnixMicro()) / 1000 }

func (c *clock) heard(m *protocol.Pong) {
	back := local()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples[c.next%len(c.samples)] = sample{trip: back - m.C, offset: float64(m.Now) - (m.C+back)/2, set: true}
	c.next++
}

func (c *clock) now() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var best sample
	for _, s := range c.samples {
		if s.set && (!best.set || s.trip < best.trip) {
			best = s
		}
	}
	return int64(local() + best.offset)
}

// measure pings five times at once, then each period, until ctx ends or the
// line is gone.
func (c *Client) measure(ctx context.Context, period time.Duration) {
	tick := time.NewTicker(min(50*time.Millisecond, period))
	defer tick.Stop()
	for n := 1; ; n++ {
		if c.Send(&protocol.Ping{C: local()}) != nil {
			return
		}
		if n == 5 {
			tick.Reset(period)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
