package invent

import (
	"fmt"
	"strings"
	"time"

	"preau/edge/roster/source"
)

// ICal is the timetable as a calendar: one repeated event a weekly lesson,
// with the classes and teachers by name. It goes on to the summer and across
// both changes of the clocks.
func (s *School) ICal() source.Input {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Preau//Invent//FR\r\n")
	for i, l := range s.Lessons {
		t := s.Staff[l.Teacher]
		weeks, interval := s.mondays(0), 1
		if l.Weeks != "" {
			interval = 2
		}
		if l.Weeks == "B" {
			weeks = s.mondays(1)
		}
		monday, err := time.Parse(time.DateOnly, weeks[0])
		if err != nil { // it was written above
			panic(err)
		}
		day := monday.AddDate(0, 0, l.Day-1).Format("20060102")
		at := func(minutes int) string { return fmt.Sprintf("%sT%02d%02d00", day, minutes/60, minutes%60) }
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:lesson-%d@invent\r\nDTSTAMP:20260902T080000Z\r\nDTSTART;TZID=Europe/Paris:%s\r\nDTEND;TZID=Europe/Paris:%s\r\n", i, at(l.From), at(l.From+l.Minutes))
		fmt.Fprintf(&b, "RRULE:FREQ=WEEKLY;INTERVAL=%d;UNTIL=20270702T220000Z\r\nSUMMARY:%s\r\nLOCATION:%s\r\nDESCRIPTION:%s\r\nEND:VEVENT\r\n", interval, s.subject(l.Subject), l.Room,
			fold(fmt.Sprintf(`Matière : %s\nClasse : %s\nProfesseur : %s %s`, s.subject(l.Subject), s.called(l.Class), upper(t.Family), t.Given)))
	}
	b.WriteString("END:VCALENDAR\r\n")
	return source.Input{Name: "edt.ics", Data: []byte(b.String())}
}

// fold breaks a line where a calendar may.
func fold(s string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		if i > 0 && i%30 == 0 {
			b.WriteString("\r\n ")
		}
		b.WriteRune(r)
	}
	return b.String()
}

// called is the name under which the importers know a class or group.
func (s *School) called(code string) string {
	for _, g := range s.Groups {
		if g.Code == code {
			return g.Name
		}
	}
	return code
}

func (s *School) subject(code string) string {
	for _, m := range s.Subjects {
		if m.Code == code {
			return m.Name
		}
	}
	return code
}
