package prof

import (
	"net/http"
	"slices"
	"time"

	"preau"
	"preau/edge/timetable"
	"preau/edge/web"
)

type cahiersView struct {
	Lessons []cahierLine
	Missing int
	Classes []classView
}

type cahierLine struct {
	ID, Class, Subject, Day, Start string
	Written, Published             bool
	Work                           string
}

// cahiersDays is how far back the list of lessons goes.
const cahiersDays = 14

// cahiers lists the teacher's lessons of the last two weeks and today, the
// last one first, and whether they are written.
func (a *audience) cahiers(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	now := a.Clock.Now().In(a.Zone)
	lessons, err := a.Timetable.Agenda(r.Context(), now.AddDate(0, 0, -cahiersDays), cahiersDays+1, timetable.Filter{Teacher: who.Person})
	if err != nil {
		return err
	}
	slices.Reverse(lessons)
	var v cahiersView
	for _, l := range lessons {
		c, err := a.Directory.Class(r.Context(), l.Class)
		if preau.KindOf(err) == preau.NotFound && err != nil || l.Cancelled {
			continue
		}
		if err != nil {
			return err
		}
		e, err := a.Timetable.Entry(r.Context(), l.ID)
		if err != nil {
			return err
		}
		start := l.Start.In(a.Zone)
		line := cahierLine{ID: l.ID.String(), Class: c.Name, Subject: l.Subject, Day: web.LongDate(a.lang(r), start), Start: hour(start), Written: e.Version > 0, Published: e.Published, Work: e.Work}
		if !line.Written && l.End.Before(now) {
			v.Missing++
		}
		v.Lessons = append(v.Lessons, line)
	}
	classes, err := a.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range classes {
		v.Classes = append(v.Classes, classView{c.ID, c.Name})
	}
	return a.pages.Render(w, r, http.StatusOK, "cahiers", v)
}

// agenda gives the timetable of oneself, a class or a room as a calendar
// file, from a week ago to the summer.
func (a *audience) agenda(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	q, name := r.URL.Query(), who.Name
	f := timetable.Filter{Teacher: who.Person}
	if id := q.Get("classe"); id != "" {
		c, err := a.Directory.Class(r.Context(), id)
		if err != nil {
			return err
		}
		kin, err := a.Directory.Kin(r.Context(), id) // its pupils are in groups too
		if err != nil {
			return err
		}
		name, f = c.Name, timetable.Filter{Classes: append(kin, id)}
	} else if room := q.Get("salle"); room != "" {
		name, f = room, timetable.Filter{Room: room}
	}
	say := timetable.Labels{Cancelled: a.pages.Say(r, "cahiers.cancelled"), Class: a.className(r), Person: a.personName(r)}
	now := a.Clock.Now().In(a.Zone)
	until := time.Date(now.Year(), time.July, 15, 0, 0, 0, 0, a.Zone)
	if now.Month() >= time.July {
		until = until.AddDate(1, 0, 0)
	}
	feed, err := a.Timetable.Feed(r.Context(), name, now.AddDate(0, 0, -7), int(until.Sub(now)/(24*time.Hour))+8, f, say)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="agenda.ics"`)
	return feed.Write(w)
}

// className and personName put words to ids, each looked up once.
func (a *audience) className(r *http.Request) func(string) string {
	return remember(func(id string) string {
		c, err := a.Directory.Class(r.Context(), id)
		if err != nil {
			return ""
		}
		return c.Name
	})
}

func (a *audience) personName(r *http.Request) func(string) string {
	return remember(func(id string) string {
		p, err := a.Directory.Person(r.Context(), id)
		if err != nil {
			return ""
		}
		return p.Formal()
	})
}

func remember(find func(string) string) func(string) string {
	known := map[string]string{}
	return func(id string) string {
		name, ok := known[id]
		if !ok {
			name = find(id)
			known[id] = name
		}
		return name
	}
}
