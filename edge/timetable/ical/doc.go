// Package ical reads and writes iCalendar (RFC 5545) as schools use it:
// dated lessons, and ones that repeat. It promises that what it writes other
// calendars read (CRLF, lines folded at 75 octets between characters), that a
// lesson keeps its hour on the wall when the clocks change, and that a rule
// that repeats without end is cut at the window asked for.
//
// It refuses more events, lines or occurrences than a school year has, and
// does not repeat by the month or year: a rule it does not know is refused
// rather than half followed.
package ical

import (
	"time"

	"preau"
)

// Bounds of one calendar.
const (
	maxEvents      = 20_000
	maxOccurrences = 50_000 // of all events
	maxLine        = 64 << 10
)

// Event is one VEVENT, unfolded and unescaped.
type Event struct {
	UID         string
	Sequence    int
	Start, End  time.Time
	AllDay      bool
	Summary     string
	Location    string
	Description string
	Categories  []string
	Organizer   string   // mail, or name when it has one
	Attendees   []string // mails or names
	Cancelled   bool
	Stamp       time.Time

	Rule       *Rule
	Except     []time.Time // EXDATE
	Extra      []time.Time // RDATE
	Recurrence time.Time   // RECURRENCE-ID: which occurrence this one replaces
}

// Calendar is a VCALENDAR.
type Calendar struct {
	Name   string // X-WR-CALNAME
	Method string
	Events []Event
}

func bad(text string, cause error) error {
	return preau.E(preau.Invalid, text, "Export the calendar again, or correct the event in its source.", cause)
}
