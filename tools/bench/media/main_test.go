package main

import (
	"testing"
	"time"
)

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		r           row
		ours, ratio float64
		want        string
	}{
		{row{goal: 1, higher: true}, 50, 1, "ok"},
		{row{goal: 1, higher: true}, 50, 0.99, "short"},
		{row{goal: 1.1}, 50, 1.1, "ok"},
		{row{goal: 1.1}, 50, 1.11, "short"},
		{row{goal: 60, absolute: true}, 50, 99, "ok"},
		{row{goal: 60, absolute: true}, 61, 0.5, "short"},
	} {
		if got := c.r.verdict(c.ours, c.ratio); got != c.want {
			t.Errorf("%+v with %v, ratio %v: %s", c.r, c.ours, c.ratio, got)
		}
	}
}

func TestFigures(t *testing.T) {
	var ds []time.Duration
	for i := range 1000 {
		ds = append(ds, time.Duration(1000-i)*time.Millisecond)
	}
	if got := p99(ds); got != 991 {
		t.Errorf("p99 of 1 to 1000 ms is %v", got)
	}
	ours := []figures{{cpu: 1, bytes: 1 << 30}, {cpu: 3, bytes: 1 << 30}, {cpu: 8, bytes: 2 << 30}}
	peer := []figures{{cpu: 2, bytes: 1 << 30}, {cpu: 3, bytes: 1 << 30}, {cpu: 1, bytes: 1 << 30}}
	if a, b, ratio := compare(ours, peer, figures.cpuPerGiB); a != 3 || b != 2 || ratio != 1 {
		t.Errorf("medians %v and %v, of ratios %v", a, b, ratio)
	}
}
