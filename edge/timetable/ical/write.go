package ical

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// folded writes content lines of at most 75 octets, never cutting a
// character (RFC 5545 §3.1).
type folded struct {
	w   *bufio.Writer
	err error
}

func (f *folded) line(name, value string) {
	line := name + ":" + value
	room := 75
	for len(line) > room {
		cut := room
		for cut > 1 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		f.raw(line[:cut] + "\r\n ")
		line, room = line[cut:], 74
	}
	f.raw(line + "\r\n")
}

func (f *folded) raw(s string) {
	if f.err == nil {
		_, f.err = f.w.WriteString(s)
	}
}

var escaper = strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", "", ",", `\,`, ";", `\;`)

// Write writes the calendar with its times in UTC, which every reader takes
// and which says when a lesson is without any table of zones.
func (c *Calendar) Write(out io.Writer) error {
	f := &folded{w: bufio.NewWriter(out)}
	f.line("BEGIN", "VCALENDAR")
	f.line("VERSION", "2.0")
	f.line("PRODID", "-//Preau//Timetable//FR")
	f.line("CALSCALE", "GREGORIAN")
	f.line("METHOD", "PUBLISH")
	if c.Name != "" {
		f.line("X-WR-CALNAME", escaper.Replace(c.Name))
	}
	for _, e := range c.Events {
		e.write(f)
	}
	f.line("END", "VCALENDAR")
	if f.err == nil {
		f.err = f.w.Flush()
	}
	if f.err != nil {
		return fmt.Errorf("write calendar: %w", f.err)
	}
	return nil
}

func (e Event) write(f *folded) {
	f.line("BEGIN", "VEVENT")
	f.line("UID", escaper.Replace(e.UID))
	f.line("DTSTAMP", utc(e.Stamp))
	f.line("DTSTART", utc(e.Start))
	f.line("DTEND", utc(e.End))
	if e.Sequence > 0 {
		f.line("SEQUENCE", fmt.Sprint(e.Sequence))
	}
	for _, p := range []struct{ name, text string }{{"SUMMARY", e.Summary}, {"LOCATION", e.Location}, {"DESCRIPTION", e.Description}} {
		if p.text != "" {
			f.line(p.name, escaper.Replace(p.text))
		}
	}
	if len(e.Categories) > 0 {
		names := make([]string, len(e.Categories))
		for i, c := range e.Categories {
			names[i] = escaper.Replace(c)
		}
		f.line("CATEGORIES", strings.Join(names, ","))
	}
	if e.Cancelled {
		f.line("STATUS", "CANCELLED")
	} else {
		f.line("STATUS", "CONFIRMED")
	}
	f.line("END", "VEVENT")
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
