package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"preau"
	"preau/internal/httpkit"
)

// Progress shows how far a long command is: a bar with rate and time left on
// a terminal, a line now and then elsewhere, JSON events on standard output
// with --json. End it before printing anything else.
type Progress struct {
	what     string
	out      io.Writer
	terminal bool
	events   *json.Encoder // nil: for people
	told     time.Time
	rate     rate
	drawn    bool
}

const (
	drawEvery = 150 * time.Millisecond
	sayEvery  = 100 * time.Millisecond // events
	lineEvery = 10 * time.Second
	barWidth  = 24
)

// NewProgress shows on stderr, or as events on events when that is not nil.
func NewProgress(what string, stderr io.Writer, events io.Writer) *Progress {
	if events != nil {
		return &Progress{events: json.NewEncoder(events)}
	}
	p := &Progress{what: what, out: stderr, told: time.Now()}
	if f, ok := stderr.(*os.File); ok {
		_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		p.terminal = err == nil
	}
	return p
}

// Tell shows a step.
func (p *Progress) Tell(at preau.Progress) {
	now, every := time.Now(), lineEvery
	switch {
	case p.events != nil && at.FilesDone < at.Files:
		every = sayEvery
	case p.events != nil: // the last is said
		every = 0
	case p.terminal:
		every = drawEvery
	}
	if now.Sub(p.told) < every {
		return
	}
	p.told = now
	if p.events != nil {
		_ = p.events.Encode(httpkit.Event{Event: "progress", Progress: &at}) // the end will fail too, and say so
		return
	}
	if !p.terminal {
		fmt.Fprintln(p.out, p.line(at))
		return
	}
	p.drawn = true
	fmt.Fprintf(p.out, "\r\x1b[K%s %s", bar(at), p.line(at))
}

// End clears the bar.
func (p *Progress) End() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

// Result prints what came of it as the last event.
func (p *Progress) Result(result any) error {
	if err := p.events.Encode(map[string]any{"event": "done", "result": result}); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// Events is where a command's events go: to out when as JSON, else nowhere.
func Events(asJSON bool, out io.Writer) io.Writer {
	if asJSON {
		return out
	}
	return nil
}

func bar(at preau.Progress) string {
	full := 0
	switch {
	case at.Bytes > 0 && at.BytesDone > 0:
		full = int(min(at.BytesDone, at.Bytes) * barWidth / at.Bytes)
	case at.Files > 0:
		full = at.FilesDone * barWidth / at.Files
	}
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "]"
}

func (p *Progress) line(at preau.Progress) string {
	s := fmt.Sprintf("%s: %d of %d files, %s of %s", p.what, at.FilesDone, at.Files, Bytes(at.BytesDone), Bytes(at.Bytes))
	if at.Rate > 0 {
		s += fmt.Sprintf(", %s/s", Bytes(int64(at.Rate)))
	}
	if at.ETA > 0 {
		s += ", " + (time.Duration(at.ETA) * time.Second).String() + " left"
	}
	return s
}

// Bytes writes a size for people.
func Bytes(n int64) string {
	switch {
	case n >= 10_000_000_000:
		return fmt.Sprintf("%d GB", n/1_000_000_000)
	case n >= 1_000_000_000:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 10_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d B", n)
}
