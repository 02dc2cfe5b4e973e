package budget

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"preau"
)

// When is during which hours the background may use the line.
type When string

// The hours.
const (
	Always When = "always" // at any time, giving way to the class
	Closed When = "closed" // outside the hours of lessons
	Night  When = "night"  // nights, and days without lessons
)

// Policy is what a box was told.
type Policy struct {
	When  When
	Rate  int64 // bytes a second; 0: as the line gives
	Busy  int64 // bytes a second while a class uses the box; 0: it waits
	Month int64 // bytes a month; 0: no allowance
	LAN   int64 // bytes a second between boxes of the school's network
	// Night is from this hour of the wall until that one, in minutes.
	NightFrom, NightUntil int
	// FirstWaits makes an empty box wait like any other; otherwise its first
	// filling begins at once.
	FirstWaits bool
}

// Words is a policy as configurations write it; empty words: the default.
type Words struct{ When, Rate, Busy, Month, LAN, Night, First string }

const (
	defaultBusy = 256_000 / 8
	defaultLAN  = 20_000_000 / 8
)

// Parse reads a policy.
func Parse(w Words) (p Policy, err error) {
	p = Policy{When: Always, Busy: defaultBusy, LAN: defaultLAN, NightFrom: 20 * 60, NightUntil: 6 * 60}
	switch When(w.When) {
	case "":
	case Always, Closed, Night:
		p.When = When(w.When)
	default:
		return p, bad("when", w.When, "Write always, closed (outside lessons) or night.")
	}
	for _, f := range []struct {
		name, text string
		to         *int64
		unit       func(string) (int64, bool)
	}{{"rate", w.Rate, &p.Rate, rateOf}, {"busy", w.Busy, &p.Busy, rateOf}, {"lan", w.LAN, &p.LAN, rateOf}, {"month", w.Month, &p.Month, sizeOf}} {
		if f.text == "" {
			continue
		}
		n, ok := f.unit(f.text)
		if !ok || n == 0 && f.name != "busy" {
			return p, bad(f.name, f.text, map[bool]string{true: "Write a size such as \"50 GB\".", false: "Write a rate such as \"4 Mbit/s\"."}[f.name == "month"])
		}
		*f.to = n
	}
	if w.Night != "" {
		from, until, ok := strings.Cut(w.Night, "-")
		a, err := time.Parse("15:04", strings.TrimSpace(from))
		b, err2 := time.Parse("15:04", strings.TrimSpace(until))
		if !ok || err != nil || err2 != nil || !a.After(b) {
			return p, bad("night", w.Night, "Write the evening's hour and the morning's, such as 20:00-06:00.")
		}
		p.NightFrom, p.NightUntil = a.Hour()*60+a.Minute(), b.Hour()*60+b.Minute()
	}
	switch w.First {
	case "", "now":
	case "waits":
		p.FirstWaits = true
	default:
		return p, bad("first", w.First, "Write now or waits.")
	}
	return p, nil
}

func bad(field, text, remedy string) error {
	return preau.E(preau.Invalid, fmt.Sprintf("line.%s of the configuration is %.40q", field, text), remedy, nil)
}

// rateOf reads bits a second, as lines are sold, into bytes.
func rateOf(s string) (int64, bool) {
	n, ok := number(s, map[string]float64{"bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9})
	if n > 0 && n < 8000 {
		return 0, false // under a kilobyte a second nothing ever comes
	}
	return n / 8, ok
}

func sizeOf(s string) (int64, bool) {
	return number(s, map[string]float64{"MB": 1e6, "GB": 1e9, "TB": 1e12, "Mo": 1e6, "Go": 1e9, "To": 1e12})
}

func number(s string, units map[string]float64) (int64, bool) {
	i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if i < 0 {
		return 0, s == "0"
	}
	n, err := strconv.ParseFloat(s[:i], 64)
	unit, ok := units[strings.TrimSpace(s[i:])]
	if v := n * unit; err == nil && ok && v >= 0 && v < math.MaxInt64/16 {
		return int64(v), true
	}
	return 0, false
}
