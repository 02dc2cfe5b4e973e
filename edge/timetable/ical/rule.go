package ical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau"
)

// Rule is the part of RRULE that weekly lessons need.
type Rule struct {
	Weekly   bool // else daily
	Interval int
	Count    int // 0: without
	Until    time.Time
	Days     []time.Weekday // weekly: which; daily: only these
	Start    time.Weekday   // WKST: on which the week begins
}

var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// ParseRule reads an RRULE.
func ParseRule(text string, zone *time.Location) (*Rule, error) {
	r := &Rule{Interval: 1, Start: time.Monday}
	freq := ""
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(part)), "=")
		var err error
		switch name {
		case "FREQ":
			freq, r.Weekly = value, value == "WEEKLY"
		case "INTERVAL":
			r.Interval, err = strconv.Atoi(value)
		case "COUNT":
			if r.Count, err = strconv.Atoi(value); r.Count < 1 {
				return nil, bad(fmt.Sprintf("the rule %.60q repeats no time", text), err)
			}
		case "UNTIL":
			p := &parser{zone: zone}
			var day bool
			if r.Until, day, err = p.time(property{name: "UNTIL"}, value); day {
				r.Until = r.Until.AddDate(0, 0, 1).Add(-time.Second)
			}
		case "BYDAY":
			for d := range strings.SplitSeq(value, ",") {
				i := slices.Index(weekdays, strings.TrimSpace(d))
				if i < 0 {
					return nil, bad(fmt.Sprintf("the rule %.60q names a day in a way that is not followed here", text), nil)
				}
				if !slices.Contains(r.Days, time.Weekday(i)) {
					r.Days = append(r.Days, time.Weekday(i))
				}
			}
		case "WKST":
			if i := slices.Index(weekdays, value); i >= 0 {
				r.Start = time.Weekday(i)
			}
		case "":
		default:
			return nil, bad(fmt.Sprintf("the rule %.60q repeats by %.20s, which is not followed here", text, name), nil)
		}
		if err != nil {
			return nil, bad(fmt.Sprintf("the rule %.60q cannot be read", text), err)
		}
	}
	if freq != "DAILY" && freq != "WEEKLY" || r.Interval < 1 || r.Interval > 1000 || r.Count < 0 {
		return nil, bad(fmt.Sprintf("the rule %.60q does not repeat by days or weeks", text), nil)
	}
	return r, nil
}

// starts lists when an event starts, within from and until; the wall's hour
// stays the same.
func (r *Rule) starts(first, from, until time.Time, limit int) (at []time.Time, err error) {
	count := 0
	emit := func(t time.Time) (more bool) {
		if !r.Until.IsZero() && t.After(r.Until) || r.Count > 0 && count >= r.Count || !t.Before(until) {
			return false
		}
		count++
		if !t.Before(from) {
			at = append(at, t)
		}
		return len(at) <= limit
	}
	week := first.AddDate(0, 0, -(int(first.Weekday())-int(r.Start)+7)%7)
	days := slices.Clone(r.Days)
	if len(days) == 0 && r.Weekly {
		days = []time.Weekday{first.Weekday()}
	}
	slices.SortFunc(days, func(a, b time.Weekday) int { return (int(a)-int(r.Start)+7)%7 - (int(b)-int(r.Start)+7)%7 })
	for n := range 80_000 { // two centuries of days: a rule that begins before the window still ends
		if !r.Weekly {
			day := onDay(first, first, n*r.Interval)
			if (len(days) == 0 || slices.Contains(days, day.Weekday())) && !emit(day) || !day.Before(until) {
				break
			}
			continue
		}
		done := false
		for _, d := range days {
			t := onDay(first, week, n*7*r.Interval+(int(d)-int(r.Start)+7)%7)
			if t.Before(first) {
				continue
			}
			if !emit(t) {
				done = true
				break
			}
		}
		if done {
			break
		}
	}
	if len(at) > limit {
		return nil, preau.E(preau.TooLarge, "the calendar's events repeat more often than any school's", "Export one school year.", nil)
	}
	return at, nil
}

// onDay is first's hour on the wall, n days after base.
func onDay(first, base time.Time, n int) time.Time {
	return time.Date(base.Year(), base.Month(), base.Day()+n, first.Hour(), first.Minute(), first.Second(), 0, first.Location())
}

// Expand lists what happens from from until until, by start: repeated events
// one by one, with what a RECURRENCE-ID changes in the place of what it
// replaces. Recurrence tells them apart; it is zero for what does not repeat.
func (c *Calendar) Expand(from, until time.Time) ([]Event, error) {
	type at struct {
		uid  string
		when int64
	}
	replaced := map[at]bool{}
	latest := map[at]int{} // a UID may come twice: the later SEQUENCE counts
	for _, e := range c.Events {
		k := at{e.UID, e.Recurrence.Unix()}
		if n, seen := latest[k]; !seen || e.Sequence > n {
			latest[k] = e.Sequence
		}
		if !e.Recurrence.IsZero() {
			replaced[k] = true
		}
	}
	var out []Event
	done := map[at]bool{}
	for _, e := range c.Events {
		k := at{e.UID, e.Recurrence.Unix()}
		if done[k] || e.Sequence != latest[k] {
			continue
		}
		done[k] = true
		if e.Rule == nil && len(e.Extra) == 0 {
			if e.End.After(from) && e.Start.Before(until) {
				out = append(out, e)
			}
			continue
		}
		starts := []time.Time{e.Start}
		if e.Rule != nil {
			var err error
			if starts, err = e.Rule.starts(e.Start, from.Add(-e.End.Sub(e.Start)), until, maxOccurrences-len(out)); err != nil {
				return nil, err
			}
		}
		wall := e.End.Sub(e.Start)
		for _, s := range append(starts, e.Extra...) {
			if replaced[at{e.UID, s.Unix()}] || slices.ContainsFunc(e.Except, s.Equal) || !s.Before(until) || !s.Add(wall).After(from) {
				continue
			}
			one := e
			one.Rule, one.Except, one.Extra, one.Recurrence = nil, nil, nil, s
			one.Start, one.End = s, s.Add(wall)
			out = append(out, one)
		}
		if len(out) > maxOccurrences {
			return nil, preau.E(preau.TooLarge, "the calendar's events repeat more often than any school's", "Export one school year.", nil)
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int { return a.Start.Compare(b.Start) })
	return out, nil
}
