package invent

import (
	"fmt"
	"time"
)

// mondays are those of every other week of the year.
func (s *School) mondays(odd int) (days []string) {
	first := time.Date(s.Year, 9, 7, 0, 0, 0, 0, time.UTC)
	for first.Day() > 7 || first.Weekday() != time.Monday {
		first = first.AddDate(0, 0, -1)
	}
	for i := odd; i < 43; i += 2 {
		days = append(days, first.AddDate(0, 0, 7*i).Format(time.DateOnly))
	}
	return days
}

// services writes who teaches what to whom, with the hours or without.
func (s *School) services(d *doc, timed bool) {
	d.f(`<STRUCTURE><DIVISIONS>`)
	for _, c := range s.Classes {
		d.f(`<DIVISION CODE="%s"><LIBELLE_LONG>%s</LIBELLE_LONG><SERVICES>`, c.Code, c.Name)
		s.servicesOf(d, c.Code, timed)
		d.f(`</SERVICES></DIVISION>`)
	}
	d.f(`</DIVISIONS><GROUPES>`)
	for _, g := range s.Groups {
		d.f(`<GROUPE CODE="%s"><LIBELLE_LONG>%s</LIBELLE_LONG><DIVISIONS_APPARTENANCE>`, g.Code, g.Name)
		for _, c := range g.Of {
			d.f(`<DIVISION_APPARTENANCE CODE="%s"/>`, c)
		}
		d.f(`</DIVISIONS_APPARTENANCE><SERVICES>`)
		s.servicesOf(d, g.Code, timed)
		d.f(`</SERVICES></GROUPE>`)
	}
	d.f(`</GROUPES></STRUCTURE>`)
}

// taught are the services of a class, with their lessons.
type taught struct {
	subject string
	teacher int
	lessons []Lesson
}

func (s *School) taught(class string) (out []taught) {
	at := map[string]int{}
	for _, l := range s.Lessons {
		if l.Class != class {
			continue
		}
		k := fmt.Sprint(l.Subject, l.Teacher)
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, taught{subject: l.Subject, teacher: l.Teacher})
		}
		out[at[k]].lessons = append(out[at[k]].lessons, l)
	}
	return out
}

func (s *School) servicesOf(d *doc, class string, timed bool) {
	for _, t := range s.taught(class) {
		d.f(`<SERVICE CODE_MATIERE="%s" CODE_MOD_COURS="CG"><ENSEIGNANTS><ENSEIGNANT ID="%d" TYPE="epp">`, t.subject, s.Staff[t.teacher].ID)
		if timed {
			d.f(`<COURS_RATTACHES>`)
			for _, l := range t.lessons {
				weeks := ""
				if l.Weeks != "" {
					weeks = "<CODE_ALTERNANCE>" + l.Weeks + "</CODE_ALTERNANCE>"
				}
				d.f(`<COURS>`)
				d.b.WriteString(weeks)
				d.f(`<JOUR>%d</JOUR><HEURE_DEBUT>%02d%02d</HEURE_DEBUT><DUREE>%02d%02d</DUREE><CODE_SALLE>%s</CODE_SALLE></COURS>`,
					l.Day, l.From/60, l.From%60, l.Minutes/60, l.Minutes%60, l.Room)
			}
			d.f(`</COURS_RATTACHES>`)
		}
		d.f(`</ENSEIGNANT></ENSEIGNANTS></SERVICE>`)
	}
}
