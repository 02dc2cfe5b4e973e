package budget

import "time"

// Day is a day of school life.
type Day struct {
	From, Until time.Time // of the lessons; zero: there are none
	Free        string    // why there are none, when there is a name for it
}

// Lessons reports whether there are any.
func (d Day) Lessons() bool { return d.Until.After(d.From) }

// before lessons begin nobody wants a line that is still full.
const before = 15 * time.Minute

// horizon is how many days ahead an opening is looked for.
const horizon = 14

// span is a time in which the background may use the line.
type span struct{ from, until time.Time }

// open lists the spans of the day that t is in, in order.
func (p Policy) open(t time.Time, d Day) (spans []span) {
	at := func(minutes int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), minutes/60, minutes%60, 0, 0, t.Location())
	}
	midnight, next := at(0), at(24*60)
	switch {
	case p.When == Always || !d.Lessons():
		return []span{{midnight, next}}
	case p.When == Night:
		spans = []span{{midnight, at(p.NightUntil)}, {at(p.NightFrom), next}}
	default:
		spans = []span{{midnight, next}}
	}
	var out []span
	for _, s := range spans { // lessons go before whatever the night is
		for _, part := range []span{{s.from, earlier(s.until, d.From.Add(-before))}, {later(s.from, d.Until), s.until}} {
			if part.until.After(part.from) {
				out = append(out, part)
			}
		}
	}
	return out
}

// look finds whether now is open, and when that changes; the zero time: not
// within the horizon.
func (p Policy) look(now time.Time, day func(time.Time) Day) (open bool, change time.Time) {
	if p.When == Always {
		return true, time.Time{}
	}
	noon := time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, now.Location())
	var until time.Time // the end of the open time that now is in
	for i := range horizon {
		t := noon.AddDate(0, 0, i)
		for _, s := range p.open(t, day(t)) {
			switch {
			case !s.until.After(now):
			case open && s.from.After(until): // a gap
				return true, until
			case open || !s.from.After(now):
				open, until = true, s.until
			default:
				return false, s.from
			}
		}
	}
	return open, time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
