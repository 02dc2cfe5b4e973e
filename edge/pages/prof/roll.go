package prof

import (
	"errors"
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/attendance"
	"preau/edge/directory"
	"preau/edge/timetable"
)

type rollView struct {
	Lesson, Class, ClassID string
	NewID                  string // of the register this form will make
	Corrects               string // id of the register it replaces, or nothing
	Taken                  string // a sentence when the roll exists
	Pupils                 []pupilView
	Marks                  []string
	Present, Absent, Late  int
}

type pupilView struct{ ID, Name, Mark string }

// onePage are the marks of the one-screen roll; the others of the law
// (departure, infirmary, exemption, exclusion) are kept when a correction
// meets them.
var onePage = [...]attendance.State{attendance.Present, attendance.Absent, attendance.Late}

func (a *audience) roll(w http.ResponseWriter, r *http.Request) error {
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	v, err := a.rollView(r, l, class)
	if err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "appel", v)
}

func (a *audience) rollView(r *http.Request, l timetable.Lesson, class directory.Class) (rollView, error) {
	v := rollView{Lesson: l.ID.String(), Class: class.Name, ClassID: class.ID, NewID: preau.NewID().String()}
	for _, m := range onePage {
		v.Marks = append(v.Marks, string(m))
	}
	pupils, err := a.Directory.Pupils(r.Context(), class.ID)
	if err != nil {
		return v, err
	}
	taken, _, ok, err := a.Attendance.Of(r.Context(), l.ID)
	if err != nil {
		return v, err
	}
	if ok {
		v.Corrects = taken.ID.String()
		v.Taken = a.pages.Say(r, "appel.taken", hour(taken.At.In(a.Zone)))
	}
	for _, p := range pupils {
		mark := attendance.Present
		if m, marked := taken.Marks[p.ID]; ok && marked {
			mark = m.State
		}
		switch mark {
		case attendance.Absent:
			v.Absent++
		case attendance.Late:
			v.Late++
			v.Present++
		default:
			v.Present++
			mark = attendance.Present
		}
		v.Pupils = append(v.Pupils, pupilView{p.ID, p.Name(), string(mark)})
	}
	return v, nil
}

// takeRoll is the form's way, without JavaScript. The page's script posts the
// same register to the API, through the tablet's outbox.
func (a *audience) takeRoll(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	l, class, err := a.lesson(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	if err := r.ParseForm(); err != nil {
		return preau.E(preau.Invalid, "the form cannot be read", "Reload the page and try again.", err)
	}
	reg, err := a.register(r, who, l, class)
	if err != nil {
		return err
	}
	_, err = a.Attendance.Take(r.Context(), reg)
	if clash, ok := errors.AsType[*attendance.ClashError](err); ok {
		// Both are kept; what this teacher saw now corrects what was there.
		reg.ID, reg.Replaces = preau.NewID(), clash.Theirs.ID
		_, err = a.Attendance.Take(r.Context(), reg)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/", http.StatusSeeOther)
	return nil
}

func (a *audience) register(r *http.Request, who access.Session, l timetable.Lesson, class directory.Class) (reg attendance.Register, err error) {
	if l, err = a.Timetable.Start(r.Context(), l.ID); err != nil {
		return reg, err
	}
	reg = attendance.Register{Lesson: l.ID, Class: class.ID, Teacher: who.Person, Start: l.Start, At: a.Clock.Now(), Marks: map[string]attendance.Mark{}}
	if reg.ID, err = preau.ParseID(r.PostFormValue("id")); err != nil {
		return reg, err
	}
	if s := r.PostFormValue("corrects"); s != "" {
		if reg.Replaces, err = preau.ParseID(s); err != nil {
			return reg, err
		}
	}
	pupils, err := a.Directory.Pupils(r.Context(), class.ID)
	if err != nil {
		return reg, err
	}
	for _, p := range pupils {
		if m := attendance.State(r.PostFormValue("m-" + p.ID)); m != "" && m != attendance.Present {
			reg.Marks[p.ID] = attendance.Mark{State: m}
		}
	}
	return reg, nil
}
