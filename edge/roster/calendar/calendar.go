// Package calendar reads iCalendar files as lessons: what timetable programs
// and our own feeds export. It promises that an event keeps its identity from
// one export to the next (UID and occurrence), that what repeats is taken day
// by day within the school year, and that a class or teacher is found where
// those programs write them: labelled lines of the description, categories,
// organiser and attendees, the calendar's name.
//
// It refuses rules it cannot follow whole. A calendar says neither school nor
// people: lessons of classes and people whom the box does not know are left
// out and counted.
package calendar

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/source"
	"preau/edge/timetable/ical"
)

// Source names lessons that come from calendars.
const Source = "calendar"

// Takes reports whether the file is a calendar.
func Takes(f *source.File) bool { return f.Kind == source.Calendar }

// Read makes one timetable of all files given, and no people.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	var extra source.Extra
	table := &source.Timetable{Source: Source}
	zone := want.Zone
	if zone == nil {
		zone = time.UTC
	}
	from := time.Date(want.Year, time.August, 1, 0, 0, 0, 0, zone)
	days, nobody, seen := 0, 0, map[[2]string]bool{}
	for _, f := range files {
		cal, err := parse(f, zone)
		if err != nil {
			return directory.Roster{}, extra, err
		}
		events, err := cal.Expand(from, from.AddDate(1, 0, 0))
		if err != nil {
			return directory.Roster{}, extra, err
		}
		for _, e := range events {
			one := lesson(e, cal.Name)
			switch at := [2]string{one.UID, one.Recurrence}; {
			case e.AllDay || !e.Start.Before(e.End) || e.End.Sub(e.Start) > 24*time.Hour:
				days++
			case one.Class == "" || len(one.Teachers) == 0:
				nobody++
			case !seen[at]: // a teacher's calendar and a class's hold the same lesson
				seen[at] = true
				table.Events = append(table.Events, one)
			}
		}
	}
	extra.Note("no-school", 1, "a calendar does not say for which school it is")
	extra.Note("whole-days", days, "events of whole days are not lessons")
	extra.Note("no-class", nobody, "events without a class or a teacher are not lessons")
	extra.Timetable = table
	return directory.Roster{}, extra, nil
}

func parse(f *source.File, zone *time.Location) (*ical.Calendar, error) {
	text, err := f.Text()
	if err != nil {
		return nil, err
	}
	defer text.Close()
	cal, err := ical.Parse(text, zone)
	if err != nil {
		return nil, explain(f, err)
	}
	return cal, nil
}

// labels are how timetable programs begin the lines of a description, folded.
var labels = map[string]string{
	"classe": "class", "classes": "class", "groupe": "class", "groupes": "class", "partiedeclasse": "class", "partiesdeclasse": "class",
	"professeur": "staff", "professeurs": "staff", "enseignant": "staff", "enseignants": "staff", "personnel": "staff", "teacher": "staff", "class": "class",
	"matiere": "subject", "discipline": "subject", "subject": "subject", "salle": "room", "salles": "room", "room": "room", "statut": "state", "status": "state",
}

func lesson(e ical.Event, calendar string) source.Event {
	out := source.Event{UID: e.UID, Start: e.Start, End: e.End, Room: source.Clean(e.Location), Cancelled: e.Cancelled}
	if !e.Recurrence.IsZero() {
		out.Recurrence = e.Recurrence.UTC().Format("20060102T150405Z")
	}
	told := map[string][]string{}
	plain := ""
	for line := range strings.SplitSeq(e.Description, "\n") {
		name, value, labelled := strings.Cut(line, ":")
		if what := labels[source.Fold(name)]; labelled && what != "" {
			told[what] = append(told[what], list(value)...)
		} else if plain == "" {
			plain = source.Clean(line)
		}
	}
	classes := told["class"]
	for _, c := range e.Categories {
		classes = append(classes, source.Clean(c))
	}
	out.Class = first(append(classes, source.Clean(calendar)))
	staff := told["staff"]
	if len(staff) == 0 && e.Organizer != "" && !strings.Contains(e.Organizer, "@") {
		staff = append(staff, source.Clean(e.Organizer))
	}
	if len(staff) == 0 {
		staff = append(list(plain), e.Attendees...)
	}
	for _, s := range staff {
		if s != "" && len(out.Teachers) < 10 && !slices.Contains(out.Teachers, s) {
			out.Teachers = append(out.Teachers, s)
		}
	}
	summary := source.Clean(e.Summary)
	for _, c := range classes { // « Français 6A » of the class 6A
		summary = strings.TrimSpace(strings.TrimSuffix(summary, c))
	}
	out.Name = short(cmp.Or(first(told["subject"]), strings.Trim(summary, " -–"), source.Clean(e.Summary)))
	out.Room = short(cmp.Or(first(told["room"]), out.Room))
	if state := source.Fold(first(told["state"])); strings.Contains(state, "annule") || strings.Contains(state, "cancel") {
		out.Cancelled = true
	}
	return out
}

// list splits a cell that names several.
func list(s string) (names []string) {
	for one := range strings.SplitSeq(s, ",") {
		if one = source.Clean(one); one != "" {
			names = append(names, one)
		}
	}
	return names
}

func first(names []string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

// short keeps a text within what a timetable holds.
func short(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 48)])
}

// explain leaves what is already for people as it is.
func explain(f *source.File, err error) error {
	if preau.RemedyOf(err) != "" {
		return err
	}
	return f.Explain(err)
}
