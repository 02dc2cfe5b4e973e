package budget

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"preau"
)

// Config is what a Budget needs.
type Config struct {
	Policy
	Data  string // the box's folder
	Clock preau.Clock
	Zone  *time.Location
	Log   *slog.Logger
	// Day tells school life; nil: there are no lessons.
	Day func(ctx context.Context, day time.Time) (Day, error)
	// Class reports whether a class uses the box now: films, rooms. It is
	// asked several times a second. nil: never.
	Class func() bool
	// Pulse is how often all is looked at; 0: five times a second.
	Pulse time.Duration
	// Counted is told what was counted; nil is fine.
	Counted func(k Kind, n int)
	// Changed is told when the background may begin or must stop; nil is fine.
	Changed func()
}

const (
	pulse   = 200 * time.Millisecond // how soon a class has the line to itself
	burst   = 64 << 10
	asked   = 12 * time.Hour // how long "now" lasts at most
	dayKept = 5 * time.Minute
)

// Budget rules one box's line. Its methods may be called from any goroutine.
type Budget struct {
	cfg  Config
	line *rate.Limiter
	lan  *rate.Limiter

	mu    sync.Mutex
	count *counter
	state State
	first bool      // the box is empty
	now   time.Time // until when a technician wants it now
	lost  bool      // the count cannot be written; said once
	days  map[string]Day
	asked time.Time // when days were asked for
	view  view
	runs  map[*run]bool

	hurriedMu sync.Mutex
	hurriedBy map[string]time.Time // files that a class waits for, until when
}

// view is what the calendar said last, and from when until when it holds.
type view struct {
	open      bool
	change    time.Time
	from, end time.Time
}

// run is a background transfer under way.
type run struct{ stop context.CancelCauseFunc }

// Open reads what was used so far.
func Open(ctx context.Context, cfg Config) *Budget {
	b := &Budget{cfg: cfg, line: rate.NewLimiter(rate.Inf, burst), lan: rate.NewLimiter(rate.Inf, burst), runs: map[*run]bool{}, hurriedBy: map[string]time.Time{}}
	var err error
	if b.count, err = openCounter(filepath.Join(cfg.Data, "budget.json"), cfg.Month); err != nil {
		cfg.Log.Warn("what was used of the line this month is not known; counting from nothing", "err", err)
	}
	b.look(ctx)
	return b
}

// Serve looks at the clock and the class until ctx ends.
func (b *Budget) Serve(ctx context.Context) error {
	every := b.cfg.Pulse
	if every <= 0 {
		every = pulse
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		b.look(ctx)
		select {
		case <-ctx.Done():
			b.mu.Lock()
			defer b.mu.Unlock()
			b.note(b.count.save(0))
			return nil
		case <-tick.C:
		}
	}
}

// look decides again, sets the rates, and stops who must stop.
func (b *Budget) look(ctx context.Context) {
	class := b.cfg.Class != nil && b.cfg.Class()
	b.mu.Lock()
	was := b.state.Open
	b.state = b.decide(ctx, b.cfg.Clock.Now().In(b.cfg.Zone), class)
	s := b.state
	b.line.SetLimit(limit(s.Rate))
	lan := b.cfg.LAN
	if class {
		lan = min(lan, max(b.cfg.Busy, defaultBusy))
	}
	b.lan.SetLimit(limit(lan))
	if !s.Open {
		b.stop(s.wait())
	}
	b.mu.Unlock()
	if was != s.Open && b.cfg.Changed != nil {
		b.cfg.Changed()
	}
}

func limit(bytes int64) rate.Limit {
	if bytes <= 0 {
		return rate.Inf
	}
	return rate.Limit(bytes)
}

// decide weighs all reasons, the strongest first.
func (b *Budget) decide(ctx context.Context, now time.Time, class bool) (s State) {
	sure := b.cfg.Clock.State() != preau.ClockUnsure
	b.note(b.count.turn(now, sure))
	s = State{Open: true, Why: Free, Rate: b.cfg.Rate, Month: b.cfg.Month, Used: b.count.line()}
	if v := &b.view; now.Before(v.from) || !now.Before(v.end) {
		v.open, v.change = b.cfg.look(now, func(t time.Time) Day { return b.day(ctx, now, t) })
		v.from, v.end = now, now.Add(dayKept)
		if !v.change.IsZero() {
			v.end = earlier(v.end, v.change)
		}
	}
	open, change := b.view.open, b.view.change
	switch today := b.day(ctx, now, now); {
	case b.cfg.Month > 0 && s.Used >= b.cfg.Month:
		s.Open, s.Why = false, Spent
		s.Until = time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, now.Location())
	case now.Before(b.now):
		s.Why, s.Until = Asked, b.now
	case b.first && !b.cfg.FirstWaits:
		s.Why = First
	case b.cfg.When != Always && !sure:
		s.Why = Unsure
	case !open:
		s.Open, s.Why, s.Until, s.Lessons = false, Hours, change, today.Until
		if !today.Lessons() || !now.Before(today.Until) {
			s.Lessons = time.Time{}
		}
	default:
		s.Until = change
	}
	if s.Open && class {
		s.Why, s.Until = Class, time.Time{}
		if s.Rate == 0 || b.cfg.Busy < s.Rate {
			s.Rate = b.cfg.Busy
		}
		s.Open = s.Rate > 0
	}
	if !s.Open { // what cannot wait for the hours, the catalogue's small files, trickles
		s.Rate = max(b.cfg.Busy, defaultBusy/4)
	}
	return s
}

// day asks for a day of school life, now and then.
func (b *Budget) day(ctx context.Context, now, t time.Time) Day {
	if b.cfg.Day == nil || b.cfg.When == Always {
		return Day{}
	}
	if now.Sub(b.asked).Abs() > dayKept {
		b.days, b.asked = map[string]Day{}, now
	}
	key := t.Format(time.DateOnly)
	d, ok := b.days[key]
	if !ok {
		var err error
		if d, err = b.cfg.Day(ctx, t); err != nil && ctx.Err() == nil {
			b.cfg.Log.Warn("lessons of a day not known; the line counts as free", "day", key, "err", err)
		}
		b.days[key] = d
	}
	return d
}

// note says once that the count is not kept.
func (b *Budget) note(err error) {
	if err != nil && !b.lost {
		b.cfg.Log.Warn("what is used of the line cannot be written down", "err", err)
	}
	b.lost = err != nil
}

// State is where things stand.
func (b *Budget) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Used is what came and went this month, by kind.
func (b *Budget) Used() map[Kind]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.count.Used)
}

// Empty tells whether the box has nothing whole yet.
func (b *Budget) Empty(ctx context.Context, empty bool) {
	b.mu.Lock()
	changed := b.first != empty
	b.first = empty
	b.mu.Unlock()
	if changed {
		b.look(ctx)
	}
}

// Now lets the background use the line at once, whatever the hour, until
// Done or for half a day. The class and the month still count.
func (b *Budget) Now(ctx context.Context) {
	b.mu.Lock()
	b.now = b.cfg.Clock.Now().Add(asked)
	b.mu.Unlock()
	b.look(ctx)
}

// Done ends what Now began: all is here.
func (b *Budget) Done(ctx context.Context) {
	b.mu.Lock()
	b.now = time.Time{}
	b.mu.Unlock()
	b.look(ctx)
}

// Hold is a context for a background transfer: it ends, with a *Wait as its
// cause, when the transfer must stop. Call the function when it is over.
func (b *Budget) Hold(ctx context.Context) (context.Context, func()) {
	held, stop := context.WithCancelCause(ctx)
	r := &run{stop}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.state.Open {
		stop(b.state.wait())
	}
	b.runs[r] = true
	return held, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.runs, r)
		stop(nil)
	}
}

// Pace waits until n bytes may go to a box next door.
func (b *Budget) Pace(ctx context.Context, n int) error { return b.lan.WaitN(ctx, n) }

// Count adds bytes that went another way than through Transport.
func (b *Budget) Count(k Kind, n int) {
	if b.cfg.Counted != nil && n > 0 {
		b.cfg.Counted(k, n)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(b.count.add(k, int64(n)))
	if b.state.Open && b.cfg.Month > 0 && k.Line() && b.count.line() >= b.cfg.Month {
		b.stop(&Wait{State{Why: Spent, Month: b.cfg.Month, Used: b.count.line()}}) // the next look says until when
	}
}

// stop ends the background transfers.
func (b *Budget) stop(why error) {
	for r := range b.runs {
		r.stop(why)
	}
}
