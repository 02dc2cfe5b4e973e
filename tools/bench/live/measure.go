package main

import (
	"errors"
	"fmt"
	"time"
)

// figures of one round of one server.
type figures struct {
	p50, p99  float64 // ms
	steadyCPU float64 // us a delivery
	burst     float64 // deliveries a second
	burstCPU  float64 // us a delivery
	lost      int
}

var targets = [2]string{"ours", "centrifuge"}

// measure runs a plan's rounds: a pair of figures each, ours first, and the
// memory a connection of each.
func (p plan) measure() (all [][2]figures, kib [2]float64, err error) {
	var classes [2]*class
	for i, which := range targets {
		srv, err := start(which)
		if err != nil {
			return nil, kib, err
		}
		defer func() { err = errors.Join(err, srv.stop()) }()
		before, err := srv.ask("memory")
		if err != nil {
			return nil, kib, err
		}
		if classes[i], err = join(srv, p.sockets, p.sockets); err != nil {
			return nil, kib, err
		}
		defer classes[i].leave()
		if _, err := classes[i].steady(300 * time.Millisecond); err != nil { // everything was used once
			return nil, kib, err
		}
		after, err := srv.ask("memory")
		if err != nil {
			return nil, kib, err
		}
		kib[i] = float64(after-before) / float64(p.sockets)
		if err := srv.hold(); err != nil {
			return nil, kib, err
		}
	}
	for round := range p.rounds {
		var pair [2]figures
		for turn := range targets {
			i := (round + turn) % 2
			if pair[i], err = classes[i].round(p); err != nil {
				return nil, kib, fmt.Errorf("round %d of %s: %w", round+1, targets[i], err)
			}
		}
		all = append(all, pair)
	}
	return all, kib, nil
}

// round is one turn: a while of steady messages, then bursts.
func (c *class) round(p plan) (f figures, err error) {
	if err := c.p.resume(); err != nil {
		return f, err
	}
	if _, err := c.steady(500 * time.Millisecond); err != nil { // awake again
		return f, err
	}
	s, err := c.steady(p.steady)
	if err != nil {
		return f, err
	}
	f.p50, f.p99, f.steadyCPU, f.lost = s.p50, s.p99, s.steadyCPU, s.lost
	var took time.Duration
	var got, cpu int64
	for range p.bursts {
		b, err := c.burst()
		if err != nil {
			return f, err
		}
		took, got, cpu, f.lost = took+b.took, got+b.got, cpu+b.cpu, f.lost+b.lost
	}
	f.burst, f.burstCPU = float64(got)/took.Seconds(), float64(cpu)/float64(got)
	here, err := c.p.ask("conns")
	if err != nil {
		return f, err
	}
	if here != len(c.clients) {
		return f, fmt.Errorf("%d of %d clients were cut off", len(c.clients)-here, len(c.clients))
	}
	return f, c.p.hold()
}

// steady publishes at the usual pace.
func (c *class) steady(d time.Duration) (f figures, err error) {
	return c.steadyFor(len(c.clients), d)
}

// steadyFor looks at the first n clients.
func (c *class) steadyFor(n int, d time.Duration) (f figures, err error) {
	c.latencies(n)
	before, _ := c.total(n)
	c.keep.Store(true)
	began, err := c.p.ask("cpu")
	if err != nil {
		return f, err
	}
	sent, err := c.p.ask("steady %d", d.Milliseconds())
	if err != nil {
		return f, err
	}
	f.lost = c.settle(n, before, int64(sent*n))
	ended, err := c.p.ask("cpu")
	if err != nil {
		return f, err
	}
	c.keep.Store(false)
	all := c.latencies(n)
	f.p50, f.p99 = quantile(all, 0.5), quantile(all, 0.99)
	f.steadyCPU = float64(ended-began) / float64(sent*n)
	return f, nil
}

type burst struct {
	got, cpu int64
	took     time.Duration
	lost     int
}

func (c *class) burst() (b burst, err error) {
	n := len(c.clients)
	before, _ := c.total(n)
	cpu, err := c.p.ask("cpu")
	if err != nil {
		return b, err
	}
	began := time.Now()
	sent, err := c.p.ask("burst %d", perBurst)
	if err != nil {
		return b, err
	}
	b.lost = c.settle(n, before, int64(sent*n))
	after, last := c.total(n)
	ended, err := c.p.ask("cpu")
	if err != nil {
		return b, err
	}
	b.got, b.took, b.cpu = after-before, last.Sub(began), int64(ended-cpu)
	return b, nil
}
