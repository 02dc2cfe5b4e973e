package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the school's clocks

	"preau"
	"preau/edge/roster/calendar"
	"preau/edge/roster/source"
)

func read(t testing.TB, events ...string) (*source.Timetable, source.Extra, error) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	text := "BEGIN:VCALENDAR\r\nX-WR-CALNAME:6A\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
	opened, err := source.Open([]source.Input{{Name: "edt.ics", Data: []byte(text)}})
	if err != nil {
		return nil, source.Extra{}, err
	}
	r, extra, err := calendar.Read(opened, source.Want{UAI: "9999991F", Year: 2026, Zone: zone})
	if r.Source != "" {
		t.Fatal("a calendar gave people")
	}
	return extra.Timetable, extra, err
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=Europe/Paris:20260907T080000\r\nDTEND;TZID=Europe/Paris:20260907T085500\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func TestRead_FindsClassAndTeacherWhereProgramsWriteThem(t *testing.T) {
	for name, c := range map[string]struct {
		event          string
		class, subject string
		teachers       []string
	}{
		"labels":     {event(`SUMMARY:FRANCAIS - 6B`, `DESCRIPTION:Matière : Français\nProfesseur : GARNIER Claire\nClasse : 6B\nSalle : 204`), "6B", "Français", []string{"GARNIER Claire"}},
		"our feed":   {event(`SUMMARY:Français 6B`, `DESCRIPTION:Mme Garnier\, M. Dupont`, `CATEGORIES:6B`), "6B", "Français", []string{"Mme Garnier", "M. Dupont"}},
		"organiser":  {event(`SUMMARY:Français`, `ORGANIZER;CN=Claire Garnier:mailto:x@example.org`), "6A", "Français", []string{"Claire Garnier"}},
		"co-teacher": {event(`SUMMARY:Français`, `DESCRIPTION:Professeurs : GARNIER Claire\, DUPONT Jean`), "6A", "Français", []string{"GARNIER Claire", "DUPONT Jean"}},
	} {
		table, _, err := read(t, c.event)
		if err != nil || len(table.Events) != 1 {
			t.Errorf("%s: %+v, %v", name, table, err)
			continue
		}
		if e := table.Events[0]; e.Class != c.class || e.Name != c.subject || !slices.Equal(e.Teachers, c.teachers) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestRead_EachOccurrenceHasItsName(t *testing.T) {
	teacher := `DESCRIPTION:Professeur : GARNIER Claire`
	table, extra, err := read(t, event("RRULE:FREQ=WEEKLY;COUNT=8", teacher), event("RECURRENCE-ID;TZID=Europe/Paris:20260914T080000", teacher, "STATUS:CANCELLED"),
		strings.Replace(event("SUMMARY:Réunion"), "UID:u", "UID:v", 1),
		"BEGIN:VEVENT\r\nUID:w\r\nDTSTART;VALUE=DATE:20260908\r\n"+teacher+"\r\nEND:VEVENT\r\n")
	if err != nil || len(table.Events) != 8 {
		t.Fatalf("%+v, %v", table, err)
	}
	names, cancelled := map[string]bool{}, 0
	for _, e := range table.Events {
		names[e.UID+e.Recurrence] = true
		if e.Cancelled {
			cancelled++
		}
		if e.Start.Hour() != 8 {
			t.Errorf("%v: not the hour on the wall", e.Start)
		}
	}
	if len(names) != 8 || cancelled != 1 {
		t.Fatalf("%v, %d cancelled", names, cancelled)
	}
	codes := map[string]int{}
	for _, n := range extra.Notes {
		codes[n.Code] = n.Count
	}
	if codes["no-class"] != 1 || codes["whole-days"] != 1 {
		t.Fatalf("%v", codes)
	}
}

func TestRead_Refuses(t *testing.T) {
	for name, e := range map[string]string{"monthly": event("RRULE:FREQ=MONTHLY"), "no end": "BEGIN:VEVENT\r\n", "bad time": event("EXDATE:soon")} {
		if _, _, err := read(t, e); preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(event("RRULE:FREQ=WEEKLY;COUNT=8", `DESCRIPTION:Professeur : GARNIER Claire`))
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := read(t, text); err != nil && preau.RemedyOf(err) == "" {
			t.Fatal(err)
		}
	})
}
