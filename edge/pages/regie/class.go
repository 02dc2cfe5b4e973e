package regie

import (
	"net/http"
	"slices"
	"strings"

	"preau"
	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/live"
	"preau/edge/live/roll"
	"preau/edge/timetable"
)

type classView struct {
	Lesson, Class, Subject, Place string
	Register                      string // « Appel fait à 8:04 · 3 absents », or nothing
	Choice                        choiceView
	Slides                        []slidesView
	Pupils                        []pupilView
	Colleagues                    []colleagueView
}

// pupilView is one of the class list, here or not.
type pupilView struct {
	ID, Name string
	Absent   bool // by the register
}

type colleagueView struct{ ID, Name string }

// openClass starts the room and shows its remote. Starting twice is harmless.
func (a *audience) openClass(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	if a.elsewhere(l.ID.String(), who.Person) {
		return a.notYours(w, r, l, class)
	}
	if room, taken := a.taken(who, l); taken {
		return a.busy(w, r, room, class)
	}
	if l, err = a.Timetable.Start(r.Context(), l.ID); err != nil {
		return err
	}
	title := class.Name
	if l.Subject != "" {
		title += " · " + l.Subject
	}
	room := live.Room{ID: l.ID.String(), Title: title, Group: class.ID, Teachers: a.staff(r, l, who.Person)}
	if err := a.Hub.Start(r.Context(), room); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/classe/"+room.ID, http.StatusSeeOther)
	return nil
}

// staff are the teachers a room starts with: who opens it comes first, then
// whoever else gives the lesson and is still here.
func (a *audience) staff(r *http.Request, l timetable.Lesson, opens string) []string {
	list := []string{opens}
	for _, pid := range l.Staff() {
		p, err := a.Directory.Person(r.Context(), pid)
		if err == nil && p.Is(directory.Teacher) && p.Closed.IsZero() && !slices.Contains(list, pid) && len(list) < roll.MaxTeachers {
			list = append(list, pid)
		}
	}
	return list
}

// elsewhere reports whether the room is in session without this teacher.
func (a *audience) elsewhere(room, person string) bool {
	return a.Hub.InSession(room) && !a.Hub.Teaches(room, person)
}

// ours lets in who teaches in the room of the path; else it answers itself,
// and says why.
func (a *audience) ours(w http.ResponseWriter, r *http.Request) (who access.Session, l timetable.Lesson, c directory.Class, ok bool, err error) {
	if who, err = a.teacher(r); err != nil {
		return who, l, c, false, err
	}
	if l, c, err = a.lesson(r); err != nil {
		return who, l, c, false, err
	}
	if a.Hub.Teaches(l.ID.String(), who.Person) {
		return who, l, c, true, nil
	}
	return who, l, c, false, a.notYours(w, r, l, c)
}

// taken finds the colleague's room that opening this lesson would end: the
// class is in session in another lesson. Whoever gives this one, by timetable
// or in a colleague's place, goes on all the same, and so does the head.
func (a *audience) taken(who access.Session, l timetable.Lesson) (live.Room, bool) {
	if who.Role == access.Principal || slices.Contains(l.Staff(), who.Person) {
		return live.Room{}, false
	}
	for _, room := range a.Hub.Rooms() {
		if room.Group == l.Class && room.ID != l.ID.String() && !slices.Contains(room.Teachers, who.Person) {
			return room, true
		}
	}
	return live.Room{}, false
}

// busy says who has the class now.
func (a *audience) busy(w http.ResponseWriter, r *http.Request, room live.Room, c directory.Class) error {
	v := closedView{Class: c.Name, Lesson: room.ID, By: a.pages.Say(r, "classe.colleague")}
	if len(room.Teachers) > 0 {
		v.By = a.formal(r, room.Teachers[0])
	}
	return a.pages.Render(w, r, http.StatusConflict, "ferme", v)
}

type closedView struct {
	Class, By string // By: who has the class now; empty: nobody
	Lesson    string
}

// notYours says that the class is over, was not opened, or is a colleague's.
func (a *audience) notYours(w http.ResponseWriter, r *http.Request, l timetable.Lesson, c directory.Class) error {
	v := closedView{Class: c.Name, Lesson: l.ID.String()}
	for _, room := range a.Hub.Rooms() {
		if room.ID == v.Lesson && len(room.Teachers) > 0 {
			v.By = a.formal(r, room.Teachers[0])
		}
	}
	status := http.StatusNotFound
	if v.By != "" {
		status = http.StatusForbidden
	}
	return a.pages.Render(w, r, status, "ferme", v)
}

// formal is how a colleague is called; somebody who left has no name here.
func (a *audience) formal(r *http.Request, pid string) string {
	p, err := a.Directory.Person(r.Context(), pid)
	if err != nil {
		return a.pages.Say(r, "classe.colleague")
	}
	return p.Formal()
}

func (a *audience) class(w http.ResponseWriter, r *http.Request) error {
	who, l, class, ok, err := a.ours(w, r)
	if err != nil || !ok {
		return err
	}
	v := classView{Lesson: l.ID.String(), Class: class.Name, Subject: l.Subject, Place: l.Room}
	taken, _, known, err := a.Attendance.Of(r.Context(), l.ID)
	if err != nil {
		return err
	}
	if known {
		v.Register = a.pages.Say(r, "classe.register", taken.At.In(a.Zone).Format("15:04"), a.pages.Say(r, "classe.absents", taken.Absent))
	}
	if v.Choice, err = a.choice(r); err != nil {
		return err
	}
	if v.Slides, err = a.slides(r, who.Person); err != nil {
		return err
	}
	pupils, err := a.Directory.Pupils(r.Context(), class.ID)
	if err != nil {
		return err
	}
	for _, p := range pupils {
		v.Pupils = append(v.Pupils, pupilView{p.ID, p.Name(), taken.Marks[p.ID].State == attendance.Absent})
	}
	if v.Colleagues, err = a.colleagues(r, who.Person); err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "classe", v)
}

// colleagues lists who can be invited: who teaches here, and the head.
func (a *audience) colleagues(r *http.Request, but string) (list []colleagueView, err error) {
	seen := map[string]bool{but: true}
	for _, role := range []directory.Role{directory.Teacher, directory.Principal} {
		people, err := a.Directory.With(r.Context(), role)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !seen[p.ID] {
				seen[p.ID] = true
				list = append(list, colleagueView{p.ID, strings.TrimSpace(p.Title + " " + p.Name())})
			}
		}
	}
	return list, nil
}

// claimPage is where a board's QR code leads: the remote of the room this
// teacher is in. The secret in the fragment follows the redirect in the
// browser alone.
func (a *audience) claimPage(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	for _, room := range a.Hub.Rooms() {
		if a.Hub.Teaches(room.ID, who.Person) {
			http.Redirect(w, r, "/prof/classe/"+room.ID, http.StatusSeeOther)
			return nil
		}
	}
	return preau.E(preau.NotFound, "no class of yours is open", "Open the class first, then scan the board again.", nil)
}
