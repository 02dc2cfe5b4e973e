package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	slowName   = "live/slow-100-of-500-p99"
	slowAll    = 500
	slowStuck  = 100
	slowRounds = 5
	// The stuck ones' lines are full before the second look begins, and the
	// look lasts until the box cuts them off.
	slowFill = 4
	slowBase = 3 * time.Second
	slowLook = 6 * time.Second
	// Loopback would hold megabytes for who does not read: the servers' send
	// buffers are small for this row.
	smallLines = "PREAU_BENCH_SMALL"
)

// slow tells how far clients that stop reading move the latency of those that
// read. A round looks at the others before, while and after a hundred are
// stuck, in the same process: what the machine does meanwhile cancels out.
func slow(rounds int) error {
	if rounds == 0 {
		rounds = slowRounds
	}
	var told [2]string
	var ours float64
	for i, which := range targets {
		ratio, text, err := slowOf(which, rounds)
		if err != nil {
			return fmt.Errorf("measure slow clients of %s: %w", which, err)
		}
		if told[i] = text; i == 0 {
			ours = ratio
		}
	}
	fmt.Printf("bench %s ours=%s peer=%s goal=1.20 %s (with and without a hundred that stop reading; peer: centrifuge %s; load %s)\n",
		slowName, told[0], told[1], verdict(ours <= 1.2), centrifugeVersion(), load())
	return nil
}

func slowOf(which string, rounds int) (ratio float64, told string, err error) {
	srv, err := start(which, smallLines+"=1")
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	others := slowAll - slowStuck
	c, err := join(srv, slowAll, others)
	if err != nil {
		return 0, "", err
	}
	defer c.leave()
	if _, err := c.steady(time.Second); err != nil {
		return 0, "", err
	}
	var with, without, ratios, cut []float64
	for range rounds {
		before, err := c.steadyFor(others, slowBase)
		if err != nil {
			return 0, "", err
		}
		for _, s := range c.clients[others:] {
			s.stuck.Store(true)
		}
		for range slowFill {
			if err := c.fill(others); err != nil {
				return 0, "", err
			}
		}
		during, err := c.steadyFor(others, slowLook)
		if err != nil {
			return 0, "", err
		}
		held, err := srv.ask("conns")
		if err != nil {
			return 0, "", err
		}
		if lost := before.lost + during.lost; lost > 0 {
			return 0, "", fmt.Errorf("%d messages were lost by those who read", lost)
		}
		cut = append(cut, float64(slowAll-held))
		if err := c.unstick(others); err != nil {
			return 0, "", err
		}
		after, err := c.steadyFor(others, slowBase)
		if err != nil {
			return 0, "", err
		}
		base := (before.p99 + after.p99) / 2
		with, without, ratios = append(with, during.p99), append(without, base), append(ratios, during.p99/base)
	}
	if which == "ours" && median(cut) == 0 {
		return 0, "", errors.New("nobody was stuck: the lines took all that was sent")
	}
	ratio = median(ratios)
	return ratio, fmt.Sprintf("%.2fms/%.2fms=%.2f,cut=%.0f", median(with), median(without), ratio, median(cut)), nil
}

// fill is a burst that those who read must have received before it is over.
func (c *class) fill(n int) error {
	before, _ := c.total(n)
	sent, err := c.p.ask("burst %d", perBurst)
	if err != nil {
		return err
	}
	if lost := c.settle(n, before, int64(sent*n)); lost > 0 {
		return fmt.Errorf("%d messages were lost in a burst", lost)
	}
	return nil
}

// unstick has the stuck ones come back, on lines of their own.
func (c *class) unstick(from int) error {
	for _, s := range c.clients[from:] {
		_ = s.line.Close() // the server may have done so
		s.stuck.Store(false)
		s.first = nil
	}
	return c.enter(from, len(c.clients), from)
}
