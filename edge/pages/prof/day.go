package prof

import (
	"net/http"
	"slices"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/timetable"
	"preau/edge/web"
)

type dayView struct {
	Date, Name string
	Invites    []inviteView
	Lessons    []lessonView // under way and to come
	Past       []lessonView
	Classes    []classView
	Booked     []bookedView
	Changes    []string // what is not as planned, told apart: a lesson that is not there
}

type lessonView struct {
	ID, Class, Subject, Room string
	Start, End               string // 08:00
	StartISO, EndISO         string
	Pupils                   int
	Now, Past                bool
	Open                     bool   // its class is in session, and this teacher in it
	Next                     bool   // the one to think of
	Do                       string // what comes first: roll, open or back
	Replaces                 string // whom the teacher replaces
	Register                 string // « Appel fait à 8:04 · 3 absents », or nothing
}

type classView struct{ ID, Name string }

// day shows the teacher's lessons; the one under way comes forward.
func (a *audience) day(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	now := a.Clock.Now().In(a.Zone)
	lessons, err := a.Timetable.Day(r.Context(), who.Person, now)
	if err != nil {
		return err
	}
	v := dayView{Date: web.LongDate(web.Language(r), now), Name: who.Name}
	for _, l := range lessons {
		c, err := a.Directory.Class(r.Context(), l.Class)
		if preau.KindOf(err) == preau.NotFound && err != nil {
			continue // a class closed since the timetable was made
		}
		if err != nil {
			return err
		}
		lv := lessonView{
			ID: l.ID.String(), Class: c.Name, Subject: l.Subject, Room: l.Room, Pupils: c.Pupils,
			Start: hour(l.Start.In(a.Zone)), End: hour(l.End.In(a.Zone)),
			StartISO: l.Start.In(a.Zone).Format(time.RFC3339), EndISO: l.End.In(a.Zone).Format(time.RFC3339),
			Now: !now.Before(l.Start) && now.Before(l.End), Past: !now.Before(l.End),
		}
		if l.Replaces != "" {
			lv.Replaces = a.personName(r)(l.Replaces)
		}
		taken, _, ok, err := a.Attendance.Of(r.Context(), l.ID)
		if err != nil {
			return err
		}
		if ok {
			lv.Register = a.registerText(r, taken)
		}
		v.Lessons = append(v.Lessons, lv)
	}
	if v.Invites, err = a.inSession(r, who.Person, v.Lessons); err != nil {
		return err
	}
	whatNext(v.Lessons)
	v.Lessons, v.Past = split(v.Lessons)
	if v.Changes, err = a.changes(r, who.Person, now); err != nil {
		return err
	}
	if v.Booked, err = a.booked(r, who.Person, now, 1); err != nil {
		return err
	}
	v.Booked = slices.DeleteFunc(v.Booked, func(b bookedView) bool { return !b.Mine })
	classes, err := a.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range classes {
		v.Classes = append(v.Classes, classView{c.ID, c.Name})
	}
	return a.pages.Render(w, r, http.StatusOK, "jour", v)
}

// split takes apart what is over, but for a class that is still open.
func split(lessons []lessonView) (ahead, past []lessonView) {
	for _, l := range lessons {
		if l.Past && !l.Open {
			past = append(past, l)
		} else {
			ahead = append(ahead, l)
		}
	}
	return ahead, past
}

// changes says which lessons the teacher does not give today though they were
// planned: cancelled, or given by somebody else.
func (a *audience) changes(r *http.Request, teacher string, now time.Time) (said []string, err error) {
	lessons, err := a.Timetable.Agenda(r.Context(), now, 1, timetable.Filter{Teacher: teacher})
	if err != nil {
		return nil, err
	}
	class, person := a.className(r), a.personName(r)
	for _, l := range lessons {
		at, what := hour(l.Start.In(a.Zone)), class(l.Class)
		switch {
		case l.Cancelled && l.Reason != "":
			said = append(said, a.pages.Say(r, "jour.cancelled.why", at, what, l.Reason))
		case l.Cancelled:
			said = append(said, a.pages.Say(r, "jour.cancelled", at, what))
		case l.Replaces == teacher:
			said = append(said, a.pages.Say(r, "jour.givenby", at, what, person(l.Teacher)))
		}
	}
	return said, nil
}

// registerText sums a register up in the reader's language.
func (a *audience) registerText(r *http.Request, t attendance.Taken) string {
	return a.pages.Say(r, "jour.register", hour(t.At.In(a.Zone)), a.pages.Say(r, "jour.absents", t.Absent))
}

// ensureLesson starts a lesson that no timetable planned.
func (a *audience) ensureLesson(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	class, err := a.Directory.Class(r.Context(), r.PostFormValue("class"))
	if err != nil {
		return err
	}
	l, err := a.Timetable.EnsureLesson(r.Context(), who.Person, class.ID)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/appel/"+l.ID.String(), http.StatusSeeOther)
	return nil
}

func hour(t time.Time) string { return t.Format("15:04") }
