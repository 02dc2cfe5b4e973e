// Package telemetry is how the process tells what it does: structured logs,
// the last lines kept in memory for the technician's page, and counters in
// Prometheus' text form. It promises bounded memory and refuses labels with
// unbounded values, such as people or addresses.
package telemetry

import (
	"io"
	"log/slog"
	"sync"
)

// NewLogger writes text lines to w and keeps the last ones in ring.
func NewLogger(w io.Writer, ring *Ring, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(io.MultiWriter(w, ring), &slog.HandlerOptions{Level: level}))
}

// Ring keeps the last lines written to it. Each Write is taken as one line,
// as slog's handlers do.
type Ring struct {
	mu    sync.Mutex
	lines []string
	next  int
}

// NewRing makes a ring of n lines.
func NewRing(n int) *Ring { return &Ring{lines: make([]string, n)} }

// maxLine keeps one enormous line from holding memory.
const maxLine = 4 << 10

// Write keeps p as one line and never fails.
func (r *Ring) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.next] = string(p[:min(len(p), maxLine)])
	r.next = (r.next + 1) % len(r.lines)
	return len(p), nil
}

// Lines returns the lines kept, oldest first.
func (r *Ring) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, 0, len(r.lines))
	for i := range r.lines {
		if s := r.lines[(r.next+i)%len(r.lines)]; s != "" {
			out = append(out, s)
		}
	}
	return out
}
