package budget_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"preau"
	"preau/sync/budget"
)

var paris = func() *time.Location {
	z, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err) // the tests' machine has no time zones
	}
	return z
}()

// clock runs with the bubble's time from a moment on.
type clock struct {
	mu          sync.Mutex
	from, start time.Time
	unsure      bool
}

// set moves it, as a time service does, or a power cut.
func (c *clock) set(at string, unsure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.start, c.unsure = newClock(at).from, time.Now(), unsure
}

func newClock(at string) *clock {
	from, err := time.ParseInLocation("2006-01-02 15:04", at, paris)
	if err != nil {
		panic(err) // a constant of the test
	}
	return &clock{from: from, start: time.Now()}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from.Add(time.Since(c.start))
}

func (c *clock) State() preau.ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unsure {
		return preau.ClockUnsure
	}
	return preau.ClockSynced
}

// school has lessons from 8 to 17, on Wednesdays until noon, not at
// week-ends and not in the breaks of zone C.
func school(_ context.Context, t time.Time) (budget.Day, error) {
	day := t.Format(time.DateOnly)
	for _, b := range [][2]string{{"2026-12-19", "2027-01-04"}, {"2026-10-17", "2026-11-02"}} {
		if day >= b[0] && day < b[1] {
			return budget.Day{Free: "Vacances"}, nil
		}
	}
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return budget.Day{Free: "week-end"}, nil
	}
	until := 17
	if t.Weekday() == time.Wednesday {
		until = 12
	}
	return budget.Day{From: time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, paris), Until: time.Date(t.Year(), t.Month(), t.Day(), until, 0, 0, 0, paris)}, nil
}

func open(t *testing.T, c preau.Clock, w budget.Words, change func(*budget.Config)) *budget.Budget {
	t.Helper()
	p, err := budget.Parse(w)
	if err != nil {
		t.Fatal(err)
	}
	cfg := budget.Config{Policy: p, Data: t.TempDir(), Clock: c, Zone: paris, Log: slog.New(slog.DiscardHandler), Day: school, Pulse: 30 * time.Second}
	if change != nil {
		change(&cfg)
	}
	return budget.Open(t.Context(), cfg)
}

// serve runs b until the returned function is called.
func serve(t *testing.T, b *budget.Budget) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// live runs a budget for some days and lists when it opened and closed.
func live(t *testing.T, from string, days int, w budget.Words) (changes []string) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(from)
		var b *budget.Budget
		was := time.Time{}
		b = open(t, c, w, func(cfg *budget.Config) {
			cfg.Changed = func() {
				if b == nil {
					return
				}
				now := c.Now().Truncate(time.Minute)
				word := map[bool]string{true: "opens", false: "closes"}[b.State().Open]
				if !was.IsZero() && b.State().Open == false {
					word += " after " + now.Sub(was).String()
				}
				was = now
				changes = append(changes, now.In(paris).Format("Mon 02 15:04")+" "+word)
			}
		})
		stop := serve(t, b)
		time.Sleep(time.Duration(days) * 24 * time.Hour)
		stop()
	})
	return changes
}

func TestWeek_NightsWeekEndAndTheSummerHour(t *testing.T) {
	got := live(t, "2027-03-25 12:00", 5, budget.Words{When: "night"})
	want := []string{
		"Thu 25 20:00 opens", "Fri 26 06:00 closes after 10h0m0s",
		"Fri 26 20:00 opens", "Mon 29 06:00 closes after 57h0m0s", // an hour is missing on Sunday
		"Mon 29 20:00 opens", "Tue 30 06:00 closes after 10h0m0s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWeek_TheWinterHourAndABreak(t *testing.T) {
	got := live(t, "2026-10-15 12:00", 19, budget.Words{When: "night", Night: "21:30-05:00"})
	want := []string{
		"Thu 15 21:30 opens", "Fri 16 05:00 closes after 7h30m0s",
		"Fri 16 21:30 opens", "Mon 02 05:00 closes after 392h30m0s", // two weeks, and an hour twice
		"Mon 02 21:30 opens", "Tue 03 05:00 closes after 7h30m0s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWeek_OutsideLessons(t *testing.T) {
	got := live(t, "2026-12-15 12:00", 4, budget.Words{When: "closed"})
	want := []string{
		"Tue 15 17:00 opens", "Wed 16 07:45 closes after 14h45m0s",
		"Wed 16 12:00 opens", "Thu 17 07:45 closes after 19h45m0s",
		"Thu 17 17:00 opens", "Fri 18 07:45 closes after 14h45m0s",
		"Fri 18 17:00 opens", // and then it is Christmas
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if changes := live(t, "2026-12-15 12:00", 4, budget.Words{}); len(changes) != 0 {
		t.Errorf("always is not always: %q", changes)
	}
}

func TestSentences(t *testing.T) {
	for _, step := range []struct {
		at     string
		words  budget.Words
		fr, en string
	}{
		{"2026-12-15 10:00", budget.Words{When: "night"}, "attend ce soir 20:00 : cours jusqu’à 17:00", "waits for tonight 20:00: lessons until 17:00"},
		{"2026-12-15 10:00", budget.Words{When: "closed"}, "attend 17:00 : cours jusqu’à 17:00", "waits for 17:00: lessons until 17:00"},
		{"2026-12-15 18:00", budget.Words{When: "night"}, "attend ce soir 20:00", "waits for tonight 20:00"},
		{"2026-12-15 22:00", budget.Words{When: "night", Rate: "4 Mbit/s"}, "peut recevoir jusqu’à demain 06:00, au plus 4 Mbit/s", "may fetch until tomorrow 06:00, at most 4 Mbit/s"},
		{"2026-12-18 22:00", budget.Words{When: "night"}, "peut recevoir", "may fetch"}, // beyond what anybody plans
		{"2026-12-15 10:00", budget.Words{}, "peut recevoir", "may fetch"},
	} {
		b := open(t, newClock(step.at), step.words, nil)
		now := newClock(step.at).Now()
		fr, en := b.State().Sentence("fr", now, paris), b.State().Sentence("en", now, paris)
		if fr != step.fr || en != step.en {
			t.Errorf("%s %+v:\n%s, want %s\n%s, want %s", step.at, step.words, fr, step.fr, en, step.en)
		}
	}
}

// TestUnsure_HoursMeanNothing: a box that woke in 1970 must not wait for a
// Thursday evening fifty years ago; once somebody set the clock it keeps the
// hours at once.
func TestUnsure_HoursMeanNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock("1970-01-01 10:00")
		c.unsure = true
		b := open(t, c, budget.Words{When: "night", Month: "1 GB"}, nil)
		stop := serve(t, b)
		defer stop()
		if s := b.State(); !s.Open || s.Why != budget.Unsure {
			t.Fatalf("%+v", s)
		}
		b.Count(budget.Origin, 5_000_000)
		c.set("2026-12-15 10:00", false)
		time.Sleep(time.Minute)
		if s := b.State(); s.Open || s.Why != budget.Hours || s.Used != 0 {
			t.Errorf("once the time is known: %+v", s)
		}
		b.Count(budget.Origin, 7_000_000)
		c.set("1970-01-01 10:00", true)
		time.Sleep(time.Minute)
		if s := b.State(); s.Used != 7_000_000 {
			t.Errorf("an unsure clock went back to an earlier month: %+v", s)
		}
	})
}

// TestClass_HasTheLineWithinASecond, and gives it back by itself.
func TestClass_HasTheLineWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var class atomic.Bool
		b := open(t, newClock("2026-12-15 22:00"), budget.Words{Rate: "8 Mbit/s", Busy: "256 kbit/s"}, func(cfg *budget.Config) {
			cfg.Class, cfg.Pulse = class.Load, 0
		})
		stop := serve(t, b)
		defer stop()
		resp, err := b.Transport(budget.Origin, endless{}).RoundTrip(request(t, budget.Background(t.Context())))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var got atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			buf := make([]byte, 64<<10)
			for ctx.Err() == nil {
				n, _ := resp.Body.Read(buf)
				got.Add(int64(n))
			}
		}()
		took := func(d time.Duration) int64 {
			before := got.Load()
			time.Sleep(d)
			return got.Load() - before
		}
		took(time.Second) // the bucket's first fill
		if n := took(10 * time.Second); n < 9_900_000 || n > 10_100_000 {
			t.Errorf("%d bytes in 10 s at 1 MB/s", n)
		}
		class.Store(true)
		took(time.Second)
		if n := took(10 * time.Second); n > 340_000 || n < 300_000 {
			t.Errorf("%d bytes in 10 s beside a class, at 32 kB/s", n)
		}
		if s := b.State(); s.Why != budget.Class || !strings.Contains(s.Sentence("en", time.Now(), paris), "at most 256 kbit/s") {
			t.Errorf("%+v", s)
		}
		b.Hurry("hurried") // what it began to wait for is on its way in the background
		hurried := request(t, budget.Background(t.Context()))
		hurried.URL.Path = "/blobs/hu/hurried"
		for _, r := range []*http.Request{request(t, t.Context()), hurried} {
			fast, err := b.Transport(budget.Origin, endless{}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, err := io.CopyN(io.Discard, fast.Body, 5_000_000); err != nil || time.Since(start) > 0 {
				t.Errorf("what the class waits for took %v, %v", time.Since(start), err)
			}
		}
		class.Store(false)
		took(time.Second)
		if n := took(10 * time.Second); n < 9_900_000 {
			t.Errorf("%d bytes in 10 s once the class is over", n)
		}
		cancel()
		<-ended
	})
}

// endless answers with zeros.
type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(zeros{})}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func request(t *testing.T, ctx context.Context) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://origin.example/blobs/fi/film", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHold_StopsAtTheBell, and says why.
func TestHold_StopsAtTheBell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var class atomic.Bool
		b := open(t, newClock("2026-12-15 05:59"), budget.Words{When: "night", Busy: "0"}, func(cfg *budget.Config) { cfg.Class = class.Load })
		stop := serve(t, b)
		defer stop()
		ended := func() *budget.Wait {
			held, release := b.Hold(t.Context())
			defer release()
			<-held.Done()
			w, ok := errors.AsType[*budget.Wait](context.Cause(held))
			if !ok {
				t.Fatal(context.Cause(held))
			}
			return w
		}
		if w := ended(); w.Why != budget.Hours {
			t.Errorf("%+v", w)
		}
		if w := ended(); w.Why != budget.Hours { // at once: it is day
			t.Errorf("%+v", w)
		}
		b.Now(t.Context())
		if s := b.State(); !s.Open || s.Why != budget.Asked {
			t.Errorf("a technician asks: %+v", s)
		}
		time.AfterFunc(time.Minute, func() { class.Store(true) })
		if w := ended(); w.Why != budget.Class {
			t.Errorf("%+v", w)
		}
		class.Store(false)
		b.Done(t.Context())
		if s := b.State(); s.Open {
			t.Errorf("done, and still %+v", s)
		}
		b.Empty(t.Context(), true)
		if s := b.State(); !s.Open || s.Why != budget.First {
			t.Errorf("an empty box: %+v", s)
		}
	})
}

func TestMonth_SurvivesRestartsAndCountsTheLineAlone(t *testing.T) {
	dir := t.TempDir()
	at := "2026-11-29 12:00"
	again := func() *budget.Budget {
		return open(t, newClock(at), budget.Words{Month: "1 GB"}, func(cfg *budget.Config) { cfg.Data = dir })
	}
	b := again()
	b.Count(budget.Sister, 900_000_000)
	b.Count(budget.Stick, 900_000_000)
	b.Count(budget.Origin, 300_000_000)
	b.Count(budget.Store, 100_000_000)
	if s := b.State(); !s.Open || b.Used()[budget.Sister] != 900_000_000 {
		t.Fatalf("%+v", s)
	}
	b = again() // killed: nothing was said at the end
	if n := b.State().Used; n < 400_000_000 || n > 420_000_000 {
		t.Errorf("after a kill %d bytes are counted, want 400 MB or a little more", n)
	}
	held, release := b.Hold(t.Context())
	defer release()
	b.Count(budget.Origin, 600_000_000)
	if w, ok := errors.AsType[*budget.Wait](context.Cause(held)); !ok || w.Why != budget.Spent {
		t.Errorf("the allowance is used and the transfer goes on: %v", context.Cause(held))
	}
	b = again()
	s := b.State()
	if s.Open || s.Why != budget.Spent {
		t.Fatalf("%+v", s)
	}
	now := newClock(at).Now()
	if text := s.Sentence("en", now, paris); text != "waits for Tuesday 00:00: the month’s 1 GB are used" {
		t.Error(text)
	}
	if text := s.Sentence("fr", now, paris); text != "attend mardi 00:00 : les 1 Go du mois sont utilisés" {
		t.Error(text)
	}
	at = "2026-12-01 00:01"
	if s := again().State(); !s.Open || s.Used != 0 {
		t.Errorf("in December: %+v", s)
	}
}

func TestParse_RefusesWithAnExample(t *testing.T) {
	good, err := budget.Parse(budget.Words{When: "closed", Rate: "2.5 Mbit/s", Busy: "0", Month: "50 Go", LAN: "1 Gbit/s", Night: "21:00-05:30", First: "waits"})
	if err != nil || good.Rate != 312_500 || good.Busy != 0 || good.Month != 50_000_000_000 || good.NightUntil != 330 || !good.FirstWaits || good.LAN != 125_000_000 {
		t.Errorf("%+v, %v", good, err)
	}
	for _, w := range []budget.Words{{When: "weekends"}, {Rate: "4"}, {Rate: "4 Mo/s"}, {Rate: "-1 Mbit/s"}, {Rate: "0"}, {Rate: "10 bit/s"}, {Month: "4 Mbit/s"}, {Month: "9e99 GB"},
		{Night: "20:00"}, {Night: "06:00-20:00"}, {Night: "25:00-06:00"}, {Busy: "slow"}, {LAN: "x"}, {First: "later"}} {
		if _, err := budget.Parse(w); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("closed", "4 Mbit/s", "50 GB", "20:00-06:00")
	f.Fuzz(func(t *testing.T, when, rate, month, night string) {
		p, err := budget.Parse(budget.Words{When: when, Rate: rate, Busy: rate, Month: month, Night: night})
		if err == nil && (p.Rate < 0 || p.Busy < 0 || p.Month < 0 || p.NightFrom <= p.NightUntil) || err != nil && preau.RemedyOf(err) == "" {
			t.Fatal(p, err)
		}
	})
}
