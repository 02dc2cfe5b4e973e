package sts

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

type coded struct {
	Code string `xml:"CODE,attr"`
}

type class struct {
	Code     string    `xml:"CODE,attr"`
	Name     string    `xml:"LIBELLE_LONG"`
	MEFs     []coded   `xml:"MEFS_APPARTENANCE>MEF"`
	MEFs2    []coded   `xml:"MEFS_APPARTENANCE>MEF_APPARTENANCE"`
	Of       []coded   `xml:"DIVISIONS_APPARTENANCE>DIVISION_APPARTENANCE"`
	Services []service `xml:"SERVICES>SERVICE"`
	group    bool
}

type service struct {
	Subject  string `xml:"CODE_MATIERE,attr"`
	Teachers []struct {
		ID      string   `xml:"ID,attr"`
		Type    string   `xml:"TYPE,attr"`
		Lessons []lesson `xml:"COURS_RATTACHES>COURS"`
	} `xml:"ENSEIGNANTS>ENSEIGNANT"`
}

type lesson struct {
	Day        string `xml:"JOUR"` // 1 Monday … 7 Sunday
	Start      string `xml:"HEURE_DEBUT"`
	Lasts      string `xml:"DUREE"`
	Room       string `xml:"CODE_SALLE"`
	Alternance string `xml:"CODE_ALTERNANCE"`
}

func (e *export) class(d *xml.Decoder, el xml.StartElement) error {
	c := &class{group: el.Name.Local == "GROUPE"}
	if err := d.DecodeElement(c, &el); err != nil {
		return err
	}
	c.Code = strings.TrimSpace(c.Code)
	if other := e.classes[c.Code]; c.Code == "" || other != nil && other.group != c.group {
		e.unusable++
		return nil
	} else if other != nil { // the other file has said more of it
		c.Name, c.MEFs, c.Of = cmp.Or(c.Name, other.Name), append(c.MEFs, other.MEFs...), append(c.Of, other.Of...)
	}
	e.classes[c.Code] = c
	if len(e.classes) > 1000 {
		return tooMany("divisions and groups")
	}
	for _, s := range c.Services {
		subject := strings.TrimSpace(s.Subject)
		if subject == "" {
			e.unusable++
			continue
		}
		for _, t := range s.Teachers {
			k := key(t.Type, t.ID)
			if e.services[directory.Service{Person: k, Class: c.Code, Subject: subject}] = true; len(e.services) > maxEntries {
				return tooMany("services")
			}
			for _, l := range t.Lessons {
				if err := e.lesson(c.Code, subject, k, l); err != nil {
					return err
				}
			}
		}
	}
	c.Services = nil
	return nil
}

func (c *class) roster(e *export) directory.RosterClass {
	level := ""
	for _, m := range append(slices.Clone(c.MEFs), c.MEFs2...) {
		level = cmp.Or(level, e.mefs[strings.TrimSpace(m.Code)].Level)
	}
	if !c.group {
		return directory.RosterClass{Key: c.Code, Name: c.Code, Level: cmp.Or(level, source.LevelOfDivision(c.Code)), Listed: directory.Staff}
	}
	r := directory.RosterClass{Key: c.Code, Name: cmp.Or(source.Clean(c.Name), c.Code), Group: true, Listed: directory.Staff}
	for _, d := range c.Of {
		if code := strings.TrimSpace(d.Code); e.classes[code] != nil && !e.classes[code].group && !slices.Contains(r.Of, code) {
			r.Of = append(r.Of, code)
		}
	}
	return r
}

type alternance struct {
	Code  string   `xml:"CODE,attr"`
	Short string   `xml:"LIBELLE_COURT"`
	Long  string   `xml:"LIBELLE_LONG"`
	Weeks []string `xml:"SEMAINES>DATE_DEBUT_SEMAINE"`
}

func (e *export) alternance(d *xml.Decoder, el xml.StartElement) error {
	var a alternance
	if err := d.DecodeElement(&a, &el); err != nil {
		return err
	}
	if e.table == nil || strings.TrimSpace(a.Code) == "" {
		return nil
	}
	if len(e.table.Alternances) >= 100 || len(a.Weeks) > 100 {
		return tooMany("alternances")
	}
	out := source.Alternance{Code: strings.TrimSpace(a.Code), Name: cmp.Or(source.Clean(a.Long), source.Clean(a.Short), strings.TrimSpace(a.Code))}
	for _, w := range a.Weeks {
		day, err := time.Parse(time.DateOnly, source.Date(w))
		if err != nil {
			e.badHours++
			continue
		}
		for day.Weekday() != time.Monday { // some export the first day taught
			day = day.AddDate(0, 0, -1)
		}
		out.Weeks = append(out.Weeks, day)
	}
	e.table.Alternances = append(e.table.Alternances, out)
	return nil
}

// lesson adds a weekly lesson. The same one under another teacher is given
// by both.
func (e *export) lesson(code, subject, teacher string, l lesson) error {
	if e.table == nil {
		return nil // sts_emp has no hours; a stray one means nothing
	}
	day, err := strconv.Atoi(strings.TrimSpace(l.Day))
	start, ok := minutes(l.Start)
	lasts, ok2 := minutes(l.Lasts)
	if err != nil || day < 1 || day > 7 || !ok || !ok2 || lasts < 5 || start+lasts > 24*60 {
		e.badHours++
		return nil
	}
	at := lessonAt{class: code, subject: subject, day: day, start: start, lasts: lasts, room: source.Clean(l.Room), alternance: strings.TrimSpace(l.Alternance)}
	i, known := e.lessons[at]
	if !known {
		if i = len(e.table.Slots); i >= maxEntries {
			return tooMany("lessons")
		}
		e.lessons[at] = i
		e.table.Slots = append(e.table.Slots, source.Slot{Day: time.Weekday(day % 7), Start: start, Minutes: lasts, Class: code, Subject: subject,
			Room: at.room, Alternance: at.alternance})
	}
	if s := &e.table.Slots[i]; !slices.Contains(s.Teachers, teacher) {
		s.Teachers = append(s.Teachers, teacher)
	}
	return nil
}

// lessonAt tells lessons apart.
type lessonAt struct {
	class, subject, room, alternance string
	day, start, lasts                int
}

// minutes reads "0830", "830" or "08:30".
func minutes(s string) (int, bool) {
	s = strings.NewReplacer(":", "", "h", "", "H", "").Replace(strings.TrimSpace(s))
	n, err := strconv.Atoi(s)
	if err != nil || len(s) < 3 || len(s) > 4 || n < 0 || n%100 > 59 || n > 2400 {
		return 0, false
	}
	return n/100*60 + n%100, true
}
