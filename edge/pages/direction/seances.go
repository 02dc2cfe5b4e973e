package direction

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/timetable"
	"preau/edge/web"
)

type lessonsView struct {
	Day, Prev, Next, Text string
	Closed                string // why there are no lessons, or nothing
	Lessons               []lessonLine
	Staff                 []staffView
	Booked                []bookedLine
	Taken                 []string // what a refused change would have clashed with
}

type lessonLine struct {
	ID, Class, Subject, Teacher, TeacherID, Room, Hours string
	Replaces, Reason                                    string
	Cancelled, Changed                                  bool
}

type bookedLine struct{ ID, Text string }

type staffView struct{ ID, Name string }

// lessons shows a day of the whole school, to cancel lessons and to replace
// who is absent.
func (o *office) lessons(w http.ResponseWriter, r *http.Request) error {
	return o.lessonsPage(w, r, http.StatusOK, nil)
}

func (o *office) lessonsPage(w http.ResponseWriter, r *http.Request, status int, taken []string) error {
	day := o.now()
	if asked, err := time.ParseInLocation(time.DateOnly, r.FormValue("jour"), o.Zone); err == nil {
		day = asked
	}
	lessons, err := o.Timetable.Agenda(r.Context(), day, 1, timetable.Filter{})
	if err != nil {
		return err
	}
	n := o.names(r)
	v := lessonsView{Day: day.Format(time.DateOnly), Prev: day.AddDate(0, 0, -1).Format(time.DateOnly), Next: day.AddDate(0, 0, 1).Format(time.DateOnly),
		Text: web.LongDate(web.Language(r), day), Closed: o.Timetable.Closed(day), Taken: taken}
	for _, l := range lessons {
		line := lessonLine{ID: l.ID.String(), Class: n.classOf(l.Class), Subject: l.Subject, Teacher: n.of(l.Teacher), TeacherID: l.Teacher, Room: l.Room, Cancelled: l.Cancelled,
			Reason: l.Reason, Hours: l.Start.In(o.Zone).Format("15:04") + " – " + l.End.In(o.Zone).Format("15:04")}
		if line.Class == "" {
			continue // closed since the timetable was made
		}
		if l.Replaces != "" {
			line.Replaces = n.of(l.Replaces)
		}
		line.Changed = l.Cancelled || l.Replaces != "" || l.Reason != ""
		v.Lessons = append(v.Lessons, line)
	}
	for _, role := range []directory.Role{directory.Teacher, directory.Librarian, directory.Supervisor} {
		found, err := o.Directory.With(r.Context(), role)
		if err != nil {
			return err
		}
		for _, p := range found {
			if one := (staffView{p.ID, p.Formal()}); !slices.Contains(v.Staff, one) {
				v.Staff = append(v.Staff, one)
			}
		}
	}
	booked, err := o.Timetable.Bookings(r.Context(), day, 1)
	if err != nil {
		return err
	}
	for _, b := range booked {
		said := []string{b.Start.In(o.Zone).Format("15:04") + " – " + b.End.In(o.Zone).Format("15:04"), strings.Join(b.Resources, ", "), n.of(b.Teacher), n.classOf(b.Class), b.Purpose}
		v.Booked = append(v.Booked, bookedLine{b.ID.String(), strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")})
	}
	return o.pages.Render(w, r, status, "seances", v)
}

// changeLesson cancels one, has it given by somebody else or elsewhere, or
// takes that back. Somebody who already has a class then is refused.
func (o *office) changeLesson(w http.ResponseWriter, r *http.Request) error {
	who, err := o.who(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	if booking := r.PostFormValue("unbook"); booking != "" {
		return o.unbook(w, r, booking, who.Person)
	}
	id, err := preau.ParseID(r.PostFormValue("lesson"))
	if err != nil {
		return preau.E(preau.NotFound, "no such lesson", "Choose it again in the day's list.", err)
	}
	c := timetable.Change{Lesson: id, By: who.Person, Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	switch r.PostFormValue("do") {
	case "cancel":
		c.Cancelled = true
	case "change":
		c.Teacher, c.Room = r.PostFormValue("teacher"), strings.TrimSpace(r.PostFormValue("room"))
		if c.Teacher != "" {
			if p, err := o.Directory.Person(r.Context(), c.Teacher); err != nil || !p.Closed.IsZero() || p.Is(directory.Pupil) || p.Is(directory.Guardian) {
				return preau.E(preau.Invalid, "who replaces is not of the staff", "Choose somebody in the list.", err)
			}
		}
	case "restore":
		c.Reason = ""
	default:
		return preau.E(preau.Invalid, "the form does not say what to do", "Reload the page and try again.", nil)
	}
	_, err = o.Timetable.Change(r.Context(), c)
	var clash timetable.Clashes
	if errors.As(err, &clash) {
		n := o.names(r)
		var taken []string
		for _, one := range clash {
			taken = append(taken, o.inTheWay(r, n, one))
		}
		return o.lessonsPage(w, r, http.StatusConflict, taken)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/direction/seances?jour="+dayOnly(r.PostFormValue("jour")), http.StatusSeeOther)
	return nil
}

// unbook frees what somebody booked: the office decides when two need it.
func (o *office) unbook(w http.ResponseWriter, r *http.Request, booking, by string) error {
	id, err := preau.ParseID(booking)
	if err != nil {
		return preau.E(preau.NotFound, "no such booking", "Choose it again in the day's list.", err)
	}
	if err := o.Timetable.UnbookAny(r.Context(), id, by); err != nil {
		return err
	}
	http.Redirect(w, r, "/direction/seances?jour="+dayOnly(r.PostFormValue("jour")), http.StatusSeeOther)
	return nil
}

// dayOnly keeps a day that is one.
func dayOnly(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}

// inTheWay says who or what is planned twice, and where.
func (o *office) inTheWay(r *http.Request, n *names, c timetable.Clash) string {
	name := c.Name
	switch c.What {
	case timetable.ClashStaff:
		name = n.of(c.Name)
	case timetable.ClashClass:
		name = n.classOf(c.Name)
	}
	with := []string{c.Booked.Purpose}
	if c.Lesson.ID != (preau.ID{}) {
		with = []string{c.Lesson.Subject, n.classOf(c.Lesson.Class), n.of(c.Lesson.Teacher)}
	}
	with = slices.DeleteFunc(with, func(s string) bool { return s == "" })
	return o.pages.Say(r, "seances.taken", name, c.Start.In(o.Zone).Format("15:04"), c.End.In(o.Zone).Format("15:04"), strings.Join(with, ", "))
}
