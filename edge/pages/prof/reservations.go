package prof

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"preau"
	"preau/edge/timetable"
	"preau/edge/web"
)

type bookingsView struct {
	Resources []timetable.Resource // rooms first
	Classes   []classView
	Booked    []bookedView
	Form      bookingForm
	Min, Max  string // days
	Done      string // what just happened: done, gone, or nothing
	Taken     []string
}

type bookedView struct {
	ID, What, Day, Start, End, By, Class, Purpose string
	Mine                                          bool
}

// bookingForm is what was typed, kept when it is refused.
type bookingForm struct{ What, Day, From, To, Class, Purpose string }

// bookingDays is how far ahead a room is booked.
const bookingDays = 15

// reservations shows what is booked, and the form to book.
func (a *audience) reservations(w http.ResponseWriter, r *http.Request) error {
	now := a.Clock.Now().In(a.Zone)
	next := now.Add(time.Hour).Truncate(time.Hour)
	form := bookingForm{Day: next.Format(time.DateOnly), From: hour(next), To: hour(next.Add(55 * time.Minute)), What: r.URL.Query().Get("quoi"), Class: r.URL.Query().Get("classe")}
	v, err := a.bookingsView(r, form)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("fait"); done == "done" || done == "gone" {
		v.Done = done
	}
	return a.pages.Render(w, r, http.StatusOK, "reservations", v)
}

func (a *audience) bookingsView(r *http.Request, form bookingForm) (v bookingsView, err error) {
	who, err := a.teacher(r)
	if err != nil {
		return v, err
	}
	now := a.Clock.Now().In(a.Zone)
	v = bookingsView{Form: form, Min: now.Format(time.DateOnly), Max: now.AddDate(0, 0, bookingDays-1).Format(time.DateOnly)}
	if v.Resources, err = a.Timetable.Resources(r.Context()); err != nil {
		return v, err
	}
	if v.Booked, err = a.booked(r, who.Person, now, bookingDays); err != nil {
		return v, err
	}
	classes, err := a.Directory.Classes(r.Context())
	if err != nil {
		return v, err
	}
	for _, c := range classes {
		v.Classes = append(v.Classes, classView{c.ID, c.Name})
	}
	return v, nil
}

// booked lists what is booked in some days, by whom.
func (a *audience) booked(r *http.Request, me string, from time.Time, days int) (list []bookedView, err error) {
	booked, err := a.Timetable.Bookings(r.Context(), from, days)
	person, class := a.personName(r), a.className(r)
	for _, b := range booked {
		list = append(list, bookedView{ID: b.ID.String(), What: strings.Join(b.Resources, ", "), Day: web.LongDate(a.lang(r), b.Start), Start: hour(b.Start), End: hour(b.End),
			By: person(b.Teacher), Class: class(b.Class), Purpose: b.Purpose, Mine: b.Teacher == me || b.By == me})
	}
	return list, err
}

// reserve books, or frees what one booked. A double booking is refused with
// who and what has the room.
func (a *audience) reserve(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if cancel := r.PostFormValue("cancel"); cancel != "" {
		id, err := preau.ParseID(cancel)
		if err != nil {
			return preau.E(preau.NotFound, "no such booking", "Go back to the list.", err)
		}
		if err := a.Timetable.Unbook(r.Context(), id, who.Person); err != nil {
			return err
		}
		http.Redirect(w, r, "/prof/reservations?fait=gone", http.StatusSeeOther)
		return nil
	}
	form := bookingForm{What: r.PostFormValue("what"), Day: r.PostFormValue("day"), From: r.PostFormValue("from"), To: r.PostFormValue("to"),
		Class: r.PostFormValue("class"), Purpose: strings.TrimSpace(r.PostFormValue("purpose"))}
	b := timetable.Booking{Resources: []string{form.What}, Teacher: who.Person, Class: form.Class, Purpose: form.Purpose, By: who.Person}
	if b.Start, b.End, err = a.bookingTime(form); err != nil {
		return err
	}
	if form.Class != "" {
		if _, err := a.Directory.Class(r.Context(), form.Class); err != nil {
			return err
		}
	}
	_, err = a.Timetable.Book(r.Context(), b)
	var clash timetable.Clashes
	if !errors.As(err, &clash) {
		if err == nil {
			http.Redirect(w, r, "/prof/reservations?fait=done", http.StatusSeeOther)
		}
		return err
	}
	v, err := a.bookingsView(r, form)
	if err != nil {
		return err
	}
	for _, c := range clash {
		v.Taken = append(v.Taken, a.taken(r, c))
	}
	return a.pages.Render(w, r, http.StatusConflict, "reservations", v)
}

func (a *audience) bookingTime(form bookingForm) (start, end time.Time, err error) {
	bad := preau.E(preau.Invalid, "the booking has no day, or hours that are none", "Choose a day of the next two weeks and two hours, the later one last.", nil)
	start, err1 := time.ParseInLocation("2006-01-02 15:04", form.Day+" "+form.From, a.Zone)
	end, err2 := time.ParseInLocation("2006-01-02 15:04", form.Day+" "+form.To, a.Zone)
	now := a.Clock.Now()
	if err1 != nil || err2 != nil || !start.Before(end) || end.Before(now) || start.After(now.AddDate(0, 0, bookingDays)) {
		return start, end, bad
	}
	return start, end, nil
}

// taken says what has the room: the lesson or the booking, with whom.
func (a *audience) taken(r *http.Request, c timetable.Clash) string {
	person, class := a.personName(r), a.className(r)
	words := []string{c.Booked.Purpose, class(c.Booked.Class), person(c.Booked.Teacher)}
	if c.Lesson.ID != (preau.ID{}) {
		words = []string{c.Lesson.Subject, class(c.Lesson.Class), person(c.Lesson.Teacher)}
	}
	var said []string
	for _, s := range words {
		if s != "" {
			said = append(said, s)
		}
	}
	return a.pages.Say(r, "booking.taken", c.Name, hour(c.Start.In(a.Zone)), hour(c.End.In(a.Zone)), strings.Join(said, ", "))
}
