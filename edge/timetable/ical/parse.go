package ical

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"preau"
)

// property is one content line: NAME;PARAM=VALUE:text.
type property struct {
	name   string
	params map[string]string
	value  string
}

// Parse reads a calendar. zone is for times that name none, and for the
// zones that its own VTIMEZONEs call by other names than the world does.
func Parse(in io.Reader, zone *time.Location) (*Calendar, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	p := &parser{cal: &Calendar{}, zone: zone, zones: map[string]*time.Location{}}
	var logical []byte
	for lines.Scan() {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			logical = append(logical, line[1:]...)
		} else {
			if err := p.line(string(logical)); err != nil {
				return nil, err
			}
			logical = append(logical[:0], line...)
		}
		if len(logical) > maxLine {
			return nil, tooLong(nil)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, tooLong(err)
	} else if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	if err := p.line(string(logical)); err != nil {
		return nil, err
	}
	if !p.begun || len(p.stack) > 0 {
		return nil, bad("the calendar is cut: it does not begin and end with VCALENDAR", nil)
	}
	return p.cal, nil
}

func tooLong(cause error) error {
	return preau.E(preau.TooLarge, "a line of the calendar is longer than any text", "Export the calendar again.", cause)
}

type parser struct {
	cal   *Calendar
	zone  *time.Location
	zones map[string]*time.Location
	stack []string
	begun bool
	event *Event
	lasts time.Duration
	hasTo bool
}

func (p *parser) line(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if !utf8.ValidString(text) {
		return bad("the calendar is not UTF-8", nil)
	}
	prop, err := split(text)
	if err != nil {
		return err
	}
	switch prop.name {
	case "BEGIN":
		return p.begin(strings.ToUpper(prop.value))
	case "END":
		return p.end(strings.ToUpper(prop.value))
	}
	if !p.begun || len(p.stack) == 0 {
		return bad("the calendar holds text outside VCALENDAR", nil)
	}
	switch {
	case len(p.stack) == 1 && prop.name == "X-WR-CALNAME":
		p.cal.Name = unescape(prop.value)
	case len(p.stack) == 1 && prop.name == "METHOD":
		p.cal.Method = strings.ToUpper(prop.value)
	case p.event != nil && p.stack[len(p.stack)-1] == "VEVENT": // alarms inside have properties of their own
		return p.property(prop)
	}
	return nil
}

func (p *parser) begin(what string) error {
	if len(p.stack) == 0 && what != "VCALENDAR" || len(p.stack) > 8 {
		return bad("the file is not a calendar", nil)
	}
	p.begun = true
	p.stack = append(p.stack, what)
	if what == "VEVENT" && len(p.stack) == 2 {
		if len(p.cal.Events) >= maxEvents {
			return preau.E(preau.TooLarge, "the calendar holds more events than any school", "Export one school year.", nil)
		}
		p.event, p.lasts, p.hasTo = &Event{}, 0, false
	}
	return nil
}

func (p *parser) end(what string) error {
	n := len(p.stack)
	if n == 0 || p.stack[n-1] != what {
		return bad(fmt.Sprintf("the calendar ends a %.20q that it did not begin", what), nil)
	}
	p.stack = p.stack[:n-1]
	if what != "VEVENT" || p.event == nil || n != 2 {
		return nil
	}
	e := *p.event
	p.event = nil
	switch {
	case e.UID == "" || e.Start.IsZero():
		return bad(fmt.Sprintf("event %.60q has no UID or no start", e.Summary), nil)
	case p.hasTo:
	case p.lasts > 0:
		e.End = e.Start.Add(p.lasts)
	case e.AllDay:
		e.End = e.Start.AddDate(0, 0, 1)
	default:
		e.End = e.Start
	}
	if e.End.Before(e.Start) {
		return bad(fmt.Sprintf("event %.60q ends before it starts", e.Summary), nil)
	}
	p.cal.Events = append(p.cal.Events, e)
	return nil
}

func (p *parser) property(prop property) (err error) {
	e := p.event
	switch prop.name {
	case "UID":
		e.UID = prop.value
	case "SEQUENCE":
		e.Sequence, _ = strconv.Atoi(prop.value) // one that is none is the first
	case "SUMMARY":
		e.Summary = unescape(prop.value)
	case "LOCATION":
		e.Location = unescape(prop.value)
	case "DESCRIPTION":
		e.Description = unescape(prop.value)
	case "CATEGORIES":
		for c := range strings.SplitSeq(prop.value, ",") {
			e.Categories = append(e.Categories, unescape(c))
		}
	case "ORGANIZER":
		e.Organizer = who(prop)
	case "ATTENDEE":
		if len(e.Attendees) < 100 {
			e.Attendees = append(e.Attendees, who(prop))
		}
	case "STATUS":
		e.Cancelled = strings.EqualFold(prop.value, "CANCELLED")
	case "DTSTAMP":
		e.Stamp, _, err = p.time(prop, prop.value)
	case "DTSTART":
		e.Start, e.AllDay, err = p.time(prop, prop.value)
	case "DTEND":
		e.End, _, err = p.time(prop, prop.value)
		p.hasTo = true
	case "DURATION":
		p.lasts, err = duration(prop.value)
	case "RECURRENCE-ID":
		if strings.EqualFold(prop.params["RANGE"], "THISANDFUTURE") {
			return bad("the calendar changes all following events at once, which is not followed here", nil)
		}
		e.Recurrence, _, err = p.time(prop, prop.value)
	case "RRULE":
		e.Rule, err = ParseRule(prop.value, p.zone)
	case "EXRULE":
		return bad("the calendar excepts events by a rule, which is not followed here", nil)
	case "EXDATE", "RDATE":
		for one := range strings.SplitSeq(prop.value, ",") {
			at, _, err := p.time(prop, one)
			if err != nil {
				return err
			}
			if len(e.Except)+len(e.Extra) >= 2000 {
				return bad("an event of the calendar has more exceptions than days", nil)
			}
			if prop.name == "EXDATE" {
				e.Except = append(e.Except, at)
			} else {
				e.Extra = append(e.Extra, at)
			}
		}
	}
	return err
}

// who prefers the name of a person to the mail.
func who(prop property) string {
	if name := prop.params["CN"]; name != "" {
		return name
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(prop.value), "mailto:"); ok {
		return rest
	}
	return prop.value
}

func (p *parser) time(prop property, value string) (at time.Time, day bool, err error) {
	value = strings.TrimSpace(value)
	zone := p.zone
	if id := prop.params["TZID"]; id != "" {
		zone = p.named(id)
	}
	switch {
	case len(value) == 8:
		at, err = time.ParseInLocation("20060102", value, zone)
		day = true
	case strings.HasSuffix(value, "Z"):
		at, err = time.Parse("20060102T150405Z", value)
	default:
		at, err = time.ParseInLocation("20060102T150405", value, zone)
	}
	if err != nil || at.Year() < 1970 || at.Year() > 2200 {
		return at, day, bad(fmt.Sprintf("%.40q is not a time (%s)", value, prop.name), err)
	}
	return at.In(p.zone), day, nil
}

// named is a zone by its name in the world, and the school's for the names
// that calendars make up (« Romance Standard Time »).
func (p *parser) named(id string) *time.Location {
	if loc, ok := p.zones[id]; ok {
		return loc
	}
	loc := p.zone
	if strings.Contains(id, "/") && len(id) < 64 && len(p.zones) < 100 {
		if l, err := time.LoadLocation(strings.TrimPrefix(id, "/")); err == nil {
			loc = l
		}
	}
	p.zones[id] = loc
	return loc
}

func split(line string) (property, error) {
	p := property{params: map[string]string{}}
	quoted, start, key := false, 0, ""
	for i := range len(line) {
		c := line[i]
		if c == '"' {
			quoted = !quoted
		}
		if quoted || c != ';' && c != ':' && c != '=' {
			continue
		}
		switch {
		case c == '=' && p.name != "" && key == "":
			key, start = strings.ToUpper(line[start:i]), i+1
		case c == '=':
		default:
			if p.name == "" {
				p.name = strings.ToUpper(line[start:i])
			} else if key != "" {
				p.params[key] = strings.Trim(line[start:i], `"`)
				key = ""
			}
			start = i + 1
			if c == ':' {
				p.value = line[i+1:]
				if p.name == "" {
					return p, bad("a line of the calendar has no name", nil)
				}
				return p, nil
			}
		}
	}
	return p, bad(fmt.Sprintf("line %.40q of the calendar has no value", line), nil)
}

var unescaper = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";")

func unescape(s string) string { return unescaper.Replace(s) }

// duration reads P1DT2H30M and its like; a week or a day has fixed length
// here, which is enough within a lesson.
func duration(s string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(s, "+"), "P")
	if !ok {
		return 0, bad(fmt.Sprintf("%.20q is not a duration", s), nil)
	}
	var sum time.Duration
	unit := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}
	digits := ""
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == 'T':
			unit = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}
		case c >= '0' && c <= '9' && len(digits) < 5:
			digits += string(c)
		default:
			n, err := strconv.Atoi(digits)
			if err != nil || unit[c] == 0 {
				return 0, bad(fmt.Sprintf("%.20q is not a duration", s), err)
			}
			sum += time.Duration(n) * unit[c]
			digits = ""
		}
	}
	if digits != "" {
		return 0, bad(fmt.Sprintf("%.20q is not a duration", s), nil)
	}
	return sum, nil
}
