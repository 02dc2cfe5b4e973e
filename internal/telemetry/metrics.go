package telemetry

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Registry holds the process's metrics. Names follow Prometheus: a unit
// suffix, _total for counters.
type Registry struct {
	mu       sync.Mutex
	metrics  []metric
	counters map[string]*Counter
}

type metric struct {
	name, help, kind string
	value            func() float64
}

// Counter only grows.
type Counter struct{ n atomic.Uint64 }

// Add adds n.
func (c *Counter) Add(n uint64) { c.n.Add(n) }

// Value is the count so far.
func (c *Counter) Value() uint64 { return c.n.Load() }

// Counter registers a counter under a constant name, or gives the one that
// has it; labels may follow the name in braces, with constant values.
func (r *Registry) Counter(name, help string) *Counter {
	r.mu.Lock()
	c := r.counters[name]
	if c == nil {
		if r.counters == nil {
			r.counters = map[string]*Counter{}
		}
		c = &Counter{}
		r.counters[name] = c
		r.metrics = append(r.metrics, metric{name, help, "counter", func() float64 { return float64(c.Value()) }})
	}
	r.mu.Unlock()
	return c
}

// Gauge registers a value that is read when asked for.
func (r *Registry) Gauge(name, help string, value func() float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metrics = append(r.metrics, metric{name, help, "gauge", value})
}

// WriteText writes every metric in Prometheus' text exposition format 0.0.4,
// sorted by name.
func (r *Registry) WriteText(w io.Writer) error {
	r.mu.Lock()
	metrics := slices.Clone(r.metrics)
	r.mu.Unlock()
	slices.SortStableFunc(metrics, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	last := ""
	for _, m := range metrics {
		family, _, _ := strings.Cut(m.name, "{")
		if family != last {
			if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", family, m.help, family, m.kind); err != nil {
				return fmt.Errorf("write metrics: %w", err)
			}
			last = family
		}
		if _, err := fmt.Fprintf(w, "%s %g\n", m.name, m.value()); err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
	}
	return nil
}
