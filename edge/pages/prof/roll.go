package prof

import (
	"errors"
	"net/http"
	"slices"
	"strings"

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
	Clashes                []clashView
}

// clashView is two rolls of one lesson that disagree.
type clashView struct{ Sides []sideView }

type sideView struct{ Register, NewID, By, At, Text string }

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
	taken, clashes, ok, err := a.Attendance.Of(r.Context(), l.ID)
	if err != nil {
		return v, err
	}
	for _, other := range clashes {
		v.Clashes = append(v.Clashes, clashView{[]sideView{a.side(r, taken), a.side(r, other)}})
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
	if _, ok := errors.AsType[*attendance.ClashError](err); ok {
		// Both are kept, and shown side by side.
		http.Redirect(w, r, "/prof/appel/"+l.ID.String(), http.StatusSeeOther)
		return nil
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

// side is one of two rolls, in words.
func (a *audience) side(r *http.Request, t attendance.Taken) sideView {
	s := sideView{Register: t.ID.String(), NewID: preau.NewID().String(), At: hour(t.At.In(a.Zone))}
	if p, err := a.Directory.Person(r.Context(), t.Teacher); err == nil {
		s.By = p.Formal()
	}
	var marks []string
	for pid, m := range t.Marks {
		name := pid
		if p, err := a.Directory.Person(r.Context(), pid); err == nil {
			name = p.Name()
		}
		marks = append(marks, name+" ("+a.pages.Say(r, "etat."+string(m.State))+")")
	}
	slices.Sort(marks)
	if s.Text = strings.Join(marks, ", "); s.Text == "" {
		s.Text = a.pages.Say(r, "appel.allpresent")
	}
	return s
}

// settle decides between two rolls with one tap.
func (a *audience) settle(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	if err := a.form(w, r); err != nil {
		return err
	}
	kept, err := preau.ParseID(r.PostFormValue("keep"))
	if err != nil {
		return preau.E(preau.Invalid, "the form does not say which roll to keep", "Reload the page and try again.", err)
	}
	id, err := preau.ParseID(r.PostFormValue("id-" + kept.String()))
	if err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Reload the page and try again.", err)
	}
	taken, err := a.Attendance.Settle(r.Context(), kept, id, who.Person, a.Clock.Now())
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/appel/"+taken.Lesson.String(), http.StatusSeeOther)
	return nil
}
