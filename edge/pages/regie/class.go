package regie

import (
	"net/http"

	"preau"
	"preau/edge/live"
	"preau/edge/showing"
)

type classRoomView struct {
	Lesson, Room, Class, Subject, Place string
	Register                            string
	Items                               []showing.Item
}

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
	if l, err = a.Timetable.Start(r.Context(), l.ID); err != nil {
		return err
	}
	title := class.Name
	if l.Subject != "" {
		title += " · " + l.Subject
	}
	room := live.Room{ID: l.ID.String(), Title: title, Group: class.ID, Teachers: []string{who.Person}}
	if err := a.Hub.Start(r.Context(), room); err != nil {
		return err
	}
	if !a.Hub.Teaches(room.ID, who.Person) {
		if err := a.Hub.Invite(r.Context(), room.ID, who.Person); err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/prof/classe/"+room.ID, http.StatusSeeOther)
	return nil
}

func (a *audience) class(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	if !a.Hub.Teaches(l.ID.String(), who.Person) {
		http.Redirect(w, r, "/prof/", http.StatusSeeOther) // over, or never opened
		return nil
	}
	v := classRoomView{Lesson: l.ID.String(), Room: l.ID.String(), Class: class.Name, Subject: l.Subject, Place: l.Room}
	taken, _, ok, err := a.Attendance.Of(r.Context(), l.ID)
	if err != nil {
		return err
	}
	if ok {
		v.Register = a.pages.Say(r, "classe.register", taken.At.In(a.Zone).Format("15:04"), a.pages.Say(r, "classe.absents", taken.Absent))
	}
	if v.Items, err = a.Showing.All(r.Context()); err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "classe", v)
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
