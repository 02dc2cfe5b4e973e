package rehearse

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"preau"
)

// Report is what a rehearsal saw. Times are in milliseconds. docs/cli.md is
// its contract.
type Report struct {
	Tablets  int     `json:"tablets"`
	Seconds  float64 `json:"seconds"`
	Pushes   int     `json:"pushes"`
	Heard    int     `json:"heard"`   // deliveries, of pushes × screens
	Missed   int     `json:"missed"`  // screen × push that it never heard of
	Doubled  int     `json:"doubled"` // heard twice, or out of order
	Latency  Spread  `json:"latency_ms"`
	Slowest  string  `json:"slowest"` // the gesture that took longest
	Cuts     int     `json:"cuts"`
	Back     Spread  `json:"back_ms"`  // in reach again → in the lesson again
	Drops    int     `json:"drops"`    // lines lost that the rehearsal did not cut
	Clocks   Spread  `json:"clock_ms"` // between the screen that is behind most and the one ahead most
	Asked    int     `json:"questions"`
	Answers  int     `json:"answers"`
	Expected int     `json:"answers_expected"`
	Streamed int64   `json:"film_bytes"`
	Starved  int     `json:"film_failures"`
	Faults   []Fault `json:"faults"`
}

// Spread is how values lie.
type Spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Fault is something that a class would have noticed, and what to do.
type Fault struct {
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
}

func spreadOf(v []float64) (s Spread) {
	if len(v) == 0 {
		return s
	}
	v = slices.Sorted(slices.Values(v))
	at := func(q float64) float64 { return v[min(len(v)-1, int(float64(len(v))*q))] }
	return Spread{at(0.5), at(0.99), v[len(v)-1]}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// report counts what was seen so far.
func (l *lesson) report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Report{Tablets: len(l.tablets), Seconds: l.o.Length.Seconds(), Pushes: len(l.pushes), Cuts: l.cuts, Clocks: spreadOf(l.spread),
		Asked: l.asked, Answers: l.answers, Expected: l.expected, Faults: []Fault{}}
	var latency, back []float64
	var why error
	for _, s := range l.all() {
		s.mu.Lock()
		latency = append(latency, s.judge(l.pushes, &r)...)
		for _, b := range s.backs {
			back = append(back, ms(b))
		}
		r.Doubled += s.doubled
		r.Streamed += s.streamed
		r.Starved += s.starved
		r.Drops += s.drops
		why = cmp.Or(s.why, why)
		s.mu.Unlock()
	}
	r.Latency, r.Back = spreadOf(latency), spreadOf(back)
	r.Faults = append(r.Faults, l.faults(r, why)...)
	return r
}

// judge counts the pushes that a screen heard and missed, and returns how
// long those took that were sent while it had a line.
func (s *screen) judge(pushes []push, r *Report) (latency []float64) {
	state := int64(0) // the newest that it has as a state
	for seq := range s.state {
		state = max(state, seq)
	}
	for _, p := range pushes {
		at, ok := s.heard[p.seq]
		switch {
		case ok:
			r.Heard++
			if !s.apart(p.at, at) {
				took := ms(at.Sub(p.at))
				latency = append(latency, took)
				if took > r.Latency.Max {
					r.Latency.Max, r.Slowest = took, string(p.what)
				}
			}
		case p.seq > state:
			r.Missed++
		}
	}
	return latency
}

// apart reports whether the screen had no line for some of the time.
func (s *screen) apart(from, to time.Time) bool {
	return slices.ContainsFunc(s.spans, func(g gap) bool {
		return g.from.Before(to) && (g.to.IsZero() || g.to.After(from))
	})
}

// Slow is how late a push may be before a class notices.
const Slow = 200.0

// faults are what a class would have noticed; why is the last thing that went
// wrong with a line or a film.
func (l *lesson) faults(r Report, why error) (found []Fault) {
	add := func(bad bool, remedy, format string, args ...any) {
		if bad {
			found = append(found, Fault{fmt.Sprintf(format, args...), remedy})
		}
	}
	add(r.Pushes == 0, "Look at the box's log.", "not one push was carried out")
	add(r.Missed > 0, "Run preau doctor; send the box's log to whoever maintains Préau.", "%d pushes never reached a screen", r.Missed)
	add(r.Doubled > 0, "Send the box's log to whoever maintains Préau.", "%d pushes came twice or out of order", r.Doubled)
	add(r.Latency.P99 > Slow, "Try again when the box does nothing else; then with fewer tablets on each access point.",
		"one push in a hundred takes over %.0f ms (%.0f)", Slow, r.Latency.P99)
	add(r.Drops > 0, "Look at the Wi-Fi and at the box's load: preau status.", "%d lines were lost that nobody cut, the last one: %v", r.Drops, why)
	add(r.Starved > 0, "The network is full: see link_mbit in the technician's guide.", "the film was refused or broke off %d times, the last time: %v", r.Starved, why)
	for _, text := range l.refused {
		add(true, "Look at the box's log.", "the box did not do what the teacher asked: %s", text)
	}
	return found
}

// Err is the verdict: nil when a class would have noticed nothing.
func (r Report) Err() error {
	if len(r.Faults) == 0 {
		return nil
	}
	return preau.E(preau.Unavailable, fmt.Sprintf("the rehearsal found %d faults", len(r.Faults)), "Do what is said beside each, then rehearse again.", nil)
}

// Print tells the report in plain words.
func (r Report) Print(w io.Writer) {
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "%-9s  %s\n", what, fmt.Sprintf(format, args...))
	}
	line("lesson", "%d tablets, a board and a teacher, %.0f s", r.Tablets, r.Seconds)
	line("pushes", "%d; %d reached a screen, %d missed, %d twice or out of order", r.Pushes, r.Heard, r.Missed, r.Doubled)
	line("latency", "from the teacher's tap to a screen: half within %.0f ms, 99 in 100 within %.0f ms, the slowest %.0f ms (%s)", r.Latency.P50, r.Latency.P99, r.Latency.Max, r.Slowest)
	line("cut off", "%d times; once in reach, half are back within %.1f s, all within %.1f s", r.Cuts, r.Back.P50/1000, r.Back.Max/1000)
	line("clocks", "the screens agree within %.0f ms (at worst %.0f)", r.Clocks.P50, r.Clocks.Max)
	if r.Asked > 0 {
		line("answers", "%d questions; %d of %d answers counted when they were closed", r.Asked, r.Answers, r.Expected)
	}
	if r.Streamed > 0 || r.Starved > 0 {
		line("film", "%d MB streamed meanwhile, %d times refused or broken off", r.Streamed/1_000_000, r.Starved)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(w, "FAULT      %s\n           → %s\n", f.Text, f.Remedy)
	}
}
