package prof

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/timetable"
	"preau/edge/web"
)

type cahierView struct {
	Lesson, Class, Subject, Day string
	Start                       string
	Content, Work, Due          string
	Version                     int
	Published, Saved            bool
	Clash                       bool // somebody wrote in between; theirs is shown below
	Theirs                      *entryView
	Min                         string // of the due day
	Next                        []nextView
	History                     []entryView
	Earlier                     []entryView // of the class
}

// nextView is a coming lesson of the class with this teacher: a day for which
// work may be due.
type nextView struct{ Day, Text string }

type entryView struct {
	Day, Subject, Content, Work, Due string
	By, At                           string
	Version                          int
	Published                        bool
}

// earlierDays is how far back the page shows what the class was told.
const earlierDays = 30

// cahier shows what one lesson's cahier de textes says, to write.
func (a *audience) cahier(w http.ResponseWriter, r *http.Request) error {
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	e, err := a.Timetable.Entry(r.Context(), l.ID)
	if err != nil {
		return err
	}
	v, err := a.cahierView(r, l, class)
	if err != nil {
		return err
	}
	v.Content, v.Work, v.Due, v.Version = e.Content, e.Work, e.Due, e.Version
	v.Published, v.Saved = e.Published || e.Version == 0, r.URL.Query().Has("ecrit")
	return a.pages.Render(w, r, http.StatusOK, "cahier", v)
}

func (a *audience) cahierView(r *http.Request, l timetable.Lesson, class directory.Class) (v cahierView, err error) {
	start := l.Start.In(a.Zone)
	v = cahierView{Lesson: l.ID.String(), Class: class.Name, Subject: l.Subject, Day: web.LongDate(a.lang(r), start), Start: hour(start), Min: start.Format(time.DateOnly)}
	history, err := a.Timetable.History(r.Context(), l.ID)
	if err != nil {
		return v, err
	}
	for _, e := range history {
		v.History = append(v.History, a.entryView(r, e))
	}
	now := a.Clock.Now().In(a.Zone)
	earlier, err := a.Timetable.Cahier(r.Context(), class.ID, now.AddDate(0, 0, -earlierDays), now, true)
	if err != nil {
		return v, err
	}
	for _, e := range earlier {
		if e.Lesson != l.ID {
			v.Earlier = append(v.Earlier, a.entryView(r, e))
		}
	}
	coming, err := a.Timetable.Agenda(r.Context(), start.AddDate(0, 0, 1), 28, timetable.Filter{Classes: []string{class.ID}, Teacher: l.Teacher})
	if err != nil {
		return v, err
	}
	for _, c := range coming {
		day := nextView{c.Start.In(a.Zone).Format(time.DateOnly), web.LongDate(a.lang(r), c.Start.In(a.Zone))}
		if !c.Cancelled && len(v.Next) < 6 && !slices.Contains(v.Next, day) {
			v.Next = append(v.Next, day)
		}
	}
	return v, nil
}

func (a *audience) entryView(r *http.Request, e timetable.Entry) entryView {
	v := entryView{Day: a.dayText(r, e.Day), Subject: e.Subject, Content: e.Content, Work: e.Work, Due: a.dayText(r, e.Due), Version: e.Version, Published: e.Published,
		At: web.LongDate(a.lang(r), e.At) + ", " + hour(e.At)}
	if p, err := a.Directory.Person(r.Context(), e.By); err == nil { // who left may have no name here any more
		v.By = p.Formal()
	}
	return v
}

// dayText writes 2026-09-14 for people, and nothing as nothing.
func (a *audience) dayText(r *http.Request, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, a.Zone)
	if err != nil {
		return ""
	}
	return web.LongDate(a.lang(r), t)
}

// writeCahier keeps what the form says. When somebody else wrote in between,
// both are shown and nothing is lost.
func (a *audience) writeCahier(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	seen, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil || seen < 0 {
		return preau.E(preau.Invalid, "the form is not this page's", "Reload the page and write again.", err)
	}
	e := timetable.Entry{Lesson: l.ID, Content: r.PostFormValue("content"), Work: r.PostFormValue("work"), Due: r.PostFormValue("due"),
		Published: r.PostFormValue("published") != "", By: who.Person}
	if day := r.PostFormValue("for"); day != "" && e.Due == "" {
		e.Due = day
	}
	_, err = a.Timetable.Write(r.Context(), e, seen)
	if preau.KindOf(err) != preau.Conflict || err == nil {
		if err == nil {
			http.Redirect(w, r, "/prof/cahier/"+l.ID.String()+"?ecrit", http.StatusSeeOther)
		}
		return err
	}
	theirs, err := a.Timetable.Entry(r.Context(), l.ID)
	if err != nil {
		return err
	}
	v, err := a.cahierView(r, l, class)
	if err != nil {
		return err
	}
	shown := a.entryView(r, theirs)
	v.Content, v.Work, v.Due, v.Version, v.Published, v.Clash, v.Theirs = e.Content, e.Work, e.Due, theirs.Version, e.Published, true, &shown
	return a.pages.Render(w, r, http.StatusConflict, "cahier", v)
}
