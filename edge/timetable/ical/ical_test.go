package ical_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the real rules of the summer hour

	"preau"
	"preau/edge/timetable/ical"
)

func paris(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func calendar(events ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:u1\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func expand(t *testing.T, text string, from, until string) (starts []string) {
	t.Helper()
	zone := paris(t)
	c, err := ical.Parse(strings.NewReader(text), zone)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := time.ParseInLocation(time.DateOnly, from, zone)
	b, _ := time.ParseInLocation(time.DateOnly, until, zone)
	got, err := c.Expand(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got {
		starts = append(starts, e.Start.Format("01-02T15:04"))
	}
	return starts
}

func TestExpand_AcrossBothChangesOfTheClock(t *testing.T) {
	for first, want := range map[string][]string{
		"20270322": {"03-22T08:00", "03-24T08:00", "03-29T08:00", "03-31T08:00"},
		"20261019": {"10-19T08:00", "10-21T08:00", "10-26T08:00", "10-28T08:00"},
	} {
		text := calendar(event("DTSTART;TZID=Europe/Paris:"+first+"T080000", "DTEND;TZID=Europe/Paris:"+first+"T085500", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4"))
		if got := expand(t, text, "2026-09-01", "2027-07-01"); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestExpand_Rules(t *testing.T) {
	start := "DTSTART;TZID=Europe/Paris:20260907T080000"
	for rule, want := range map[string]string{
		"RRULE:FREQ=DAILY;COUNT=3":                                              "09-07 09-08 09-09",
		"RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260911":                            "09-07 09-09 09-11",
		"RRULE:FREQ=DAILY;BYDAY=MO,TU;COUNT=4":                                  "09-07 09-08 09-14 09-15",
		"RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3":                                  "09-07 09-21 10-05",
		"RRULE:FREQ=WEEKLY;UNTIL=20260921T060000Z":                              "09-07 09-14 09-21",
		"RRULE:FREQ=WEEKLY;UNTIL=20260921T055959Z":                              "09-07 09-14",
		"RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;TZID=Europe/Paris:20260914T080000": "09-07 09-21",
		"RDATE;TZID=Europe/Paris:20260909T080000":                               "09-07 09-09",
		"RRULE:FREQ=WEEKLY;BYDAY=SU,MO;WKST=SU;INTERVAL=2;COUNT=3":              "09-07 09-20 09-21",
	} {
		var got []string
		for _, s := range expand(t, calendar(event(start, rule, "DURATION:PT55M")), "2026-09-01", "2026-10-15") {
			got = append(got, s[:5])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", rule, got, want)
		}
	}
}

func TestExpand_OneOccurrenceIsReplacedOrCancelled(t *testing.T) {
	text := calendar(
		event("DTSTART;TZID=Europe/Paris:20260907T080000", "DURATION:PT55M", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Français"),
		event("DTSTART;TZID=Europe/Paris:20260915T100000", "DURATION:PT55M", "RECURRENCE-ID;TZID=Europe/Paris:20260914T080000", "SUMMARY:Moved"),
		event("DTSTART;TZID=Europe/Paris:20260921T080000", "DURATION:PT55M", "RECURRENCE-ID;TZID=Europe/Paris:20260921T080000", "SEQUENCE:1", "STATUS:CANCELLED"),
		event("DTSTART;TZID=Europe/Paris:20260921T080000", "DURATION:PT55M", "RECURRENCE-ID;TZID=Europe/Paris:20260921T080000", "SUMMARY:old"))
	c, err := ical.Parse(strings.NewReader(text), paris(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Expand(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || len(got) != 3 || got[1].Summary != "Moved" || got[1].Start.Day() != 15 || !got[2].Cancelled {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestParse_WhatSchoolsWrite(t *testing.T) {
	text := calendar("BEGIN:VTIMEZONE\r\nTZID:Romance Standard Time\r\nEND:VTIMEZONE\r\n",
		event("DTSTART;TZID=\"Romance Standard Time\":20260907T080000", "DTEND:20260907T065500Z",
			"SUMMARY;LANGUAGE=fr:Français\\, l’ora", " l\\; \\n6A", "ORGANIZER;CN=\"GARNIER: Claire\":mailto:x@example.org", "ATTENDEE:mailto:Y@example.org",
			"CATEGORIES:6A,G1", "BEGIN:VALARM", "SUMMARY:ring", "END:VALARM", "X-OTHER:1"))
	c, err := ical.Parse(strings.NewReader(text), paris(t))
	if err != nil {
		t.Fatal(err)
	}
	e := c.Events[0]
	if e.Summary != "Français, l’oral; \n6A" || e.Organizer != "GARNIER: Claire" || e.Attendees[0] != "y@example.org" || e.End.Sub(e.Start) != 55*time.Minute || len(e.Categories) != 2 {
		t.Fatalf("%+v", e)
	}
}

func TestParse_Refuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "page": "<html>", "cut": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "crossed": "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
		"no start": calendar(event("SUMMARY:x")), "no time": calendar(event("DTSTART:tomorrow")), "backwards": calendar(event("DTSTART:20260907T080000Z", "DTEND:20260907T070000Z")),
		"monthly": calendar(event("DTSTART:20260907T080000Z", "RRULE:FREQ=MONTHLY")), "nth": calendar(event("DTSTART:20260907T080000Z", "RRULE:FREQ=WEEKLY;BYDAY=1MO")),
		"long":   "BEGIN:VCALENDAR\r\n" + strings.Repeat("x", 1<<20),
		"folded": "BEGIN:VCALENDAR\r\nX:y\r\n" + strings.Repeat(" "+strings.Repeat("x", 999)+"\r\n", 100),
		"latin":  calendar(event("DTSTART:20260907T080000Z", "SUMMARY:Fran\xe7ais")), "future": calendar(event("DTSTART:20260907T080000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260907T080000Z")),
	} {
		if _, err := ical.Parse(strings.NewReader(text), time.UTC); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := ical.Parse(strings.NewReader(calendar(strings.Repeat(event("DTSTART:19700101T080000Z", "RRULE:FREQ=DAILY"), 3))), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Expand(time.Unix(0, 0), time.Unix(0, 0).AddDate(200, 0, 0)); preau.KindOf(err) != preau.TooLarge {
		t.Errorf("endless: %v", err)
	}
}

func TestWrite_FoldsAndComesBack(t *testing.T) {
	start := time.Date(2026, 9, 7, 6, 0, 0, 0, time.UTC)
	long := strings.Repeat("Éloïse, ", 40) + "\nfin; =1+1"
	in := &ical.Calendar{Name: "6eA", Events: []ical.Event{{UID: "1@x", Start: start, End: start.Add(time.Hour), Stamp: start, Summary: long, Location: "204", Cancelled: true, Sequence: 2}}}
	var out bytes.Buffer
	if err := in.Write(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("line of %d octets: %q", len(line), line)
		}
	}
	c, err := ical.Parse(&out, time.UTC)
	if err != nil || len(c.Events) != 1 || c.Events[0].Summary != long || !c.Events[0].Cancelled || !c.Events[0].Start.Equal(start) || c.Name != "6eA" {
		t.Fatalf("%+v, %v", c, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(calendar(event("DTSTART;TZID=Europe/Paris:20260907T080000", "RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE:20260914T060000Z")))
	f.Add(calendar(event("DTSTART:20260907", "DURATION:P1D")))
	f.Add("BEGIN:VCALENDAR\n X\nEND:VCALENDAR")
	zone := paris(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ical.Parse(strings.NewReader(text), zone)
		if err != nil {
			if preau.RemedyOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		got, err := c.Expand(time.Date(2026, 9, 1, 0, 0, 0, 0, zone), time.Date(2027, 7, 1, 0, 0, 0, 0, zone))
		if err != nil {
			return
		}
		if err := (&ical.Calendar{Events: got}).Write(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		_ = fmt.Sprint(got)
	})
}
