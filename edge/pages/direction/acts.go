package direction

import (
	"net/http"
	"strconv"

	"preau"
	"preau/edge/attendance"
	"preau/edge/attendance/report"
	"preau/edge/web"
)

// justify gives a half-day its reason.
func (o *office) justify(w http.ResponseWriter, r *http.Request) error {
	who, err := o.who(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	half := attendance.Half{Day: r.PostFormValue("day"), Afternoon: r.PostFormValue("half") == "1"}
	if err := o.Attendance.Justify(r.Context(), who.Person, r.PostFormValue("pupil"), half, r.PostFormValue("reason")); err != nil {
		return err
	}
	return back(w, r)
}

// settle decides between two rolls.
func (o *office) settle(w http.ResponseWriter, r *http.Request) error {
	who, err := o.who(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
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
	if _, err := o.Attendance.Settle(r.Context(), kept, id, who.Person, o.Clock.Now()); err != nil {
		return err
	}
	return back(w, r)
}

type pupilView struct {
	ID, Name, Class        string
	Justified, Unjustified int
	Missed                 []missedView
	Reasons                []attendance.Reason
	Guardians              []string
	Path                   string
}

type missedView struct {
	halfView
	Date    string
	Lessons int
}

// pupil is one pupil's year.
func (o *office) pupil(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), o.now()
	p, err := o.Directory.Person(ctx, r.PathValue("pupil"))
	if err != nil {
		return err
	}
	v := pupilView{ID: p.ID, Name: p.Name(), Reasons: attendance.Reasons(), Path: r.URL.Path}
	if classes, err := o.Directory.ClassesOf(ctx, p.ID); err == nil && len(classes) > 0 {
		v.Class = classes[0].Name
	}
	from, to := report.SchoolYear(now)
	missed, err := o.Attendance.Missed(ctx, p.ID, from, to)
	if err != nil {
		return err
	}
	for i := len(missed) - 1; i >= 0; i-- { // the newest first
		m := missed[i]
		if m.Legitimate() {
			v.Justified++
		} else {
			v.Unjustified++
		}
		v.Missed = append(v.Missed, missedView{half(m), web.LongDate(web.Language(r), m.Date), m.Lessons})
	}
	guardians, err := o.Directory.GuardiansOf(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, g := range guardians {
		line := g.Name()
		if g.Phone != "" {
			line += " · " + g.Phone
		}
		v.Guardians = append(v.Guardians, line)
	}
	return o.pages.Render(w, r, http.StatusOK, "eleve", v)
}

type rollView struct {
	Lesson, Class, Hour, By, NewID, Corrects string
	Pupils                                   []markView
	States                                   []attendance.State
}

type markView struct {
	ID, Name string
	State    attendance.State
	Minutes  int
}

// states are the law's words, all of them, as vie scolaire needs them.
var states = []attendance.State{attendance.Present, attendance.Absent, attendance.Late, attendance.Left, attendance.Infirmary, attendance.Exempted, attendance.Excluded}

// roll shows a register to correct.
func (o *office) roll(w http.ResponseWriter, r *http.Request) error {
	t, err := o.taken(r)
	if err != nil {
		return err
	}
	n := o.names(r)
	v := rollView{Lesson: t.Lesson.String(), Class: n.classOf(t.Class), Hour: hour(t.Start.In(o.Zone)), By: n.of(t.Teacher), NewID: preau.NewID().String(), Corrects: t.ID.String(), States: states}
	pupils, err := o.Directory.Pupils(r.Context(), t.Class)
	if err != nil {
		return err
	}
	for _, p := range pupils {
		m := t.Marks[p.ID]
		if m.State == "" {
			m.State = attendance.Present
		}
		v.Pupils = append(v.Pupils, markView{p.ID, p.Name(), m.State, m.Minutes})
	}
	return o.pages.Render(w, r, http.StatusOK, "appel", v)
}

func (o *office) taken(r *http.Request) (attendance.Taken, error) {
	id, err := preau.ParseID(r.PathValue("lesson"))
	if err != nil {
		return attendance.Taken{}, preau.E(preau.NotFound, "no such lesson", "Go back to the day.", err)
	}
	t, _, ok, err := o.Attendance.Of(r.Context(), id)
	if err == nil && !ok {
		err = preau.E(preau.NotFound, "this lesson has no roll yet", "Go back to the day.", nil)
	}
	return t, err
}

// correct records the roll as vie scolaire knows it: a pupil marked absent who
// came late, who is at the infirmary…
func (o *office) correct(w http.ResponseWriter, r *http.Request) error {
	who, err := o.who(r)
	if err != nil {
		return err
	}
	t, err := o.taken(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	reg := attendance.Register{Lesson: t.Lesson, Class: t.Class, Teacher: who.Person, Start: t.Start, At: o.Clock.Now(), Marks: map[string]attendance.Mark{}}
	if reg.ID, err = preau.ParseID(r.PostFormValue("id")); err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Reload the page and try again.", err)
	}
	if reg.Replaces, err = preau.ParseID(r.PostFormValue("corrects")); err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Reload the page and try again.", err)
	}
	pupils, err := o.Directory.Pupils(r.Context(), t.Class)
	if err != nil {
		return err
	}
	for _, p := range pupils {
		state := attendance.State(r.PostFormValue("m-" + p.ID))
		if state == "" || state == attendance.Present {
			continue
		}
		m := attendance.Mark{State: state}
		if minutes := r.PostFormValue("t-" + p.ID); minutes != "" {
			if m.Minutes, err = strconv.Atoi(minutes); err != nil {
				return preau.E(preau.Invalid, "a number of minutes is not one", "Correct it and send again.", err)
			}
		}
		reg.Marks[p.ID] = m
	}
	if _, err := o.Attendance.Take(r.Context(), reg); err != nil {
		return err
	}
	http.Redirect(w, r, "/direction/", http.StatusSeeOther)
	return nil
}

type registersView struct {
	From, To string
	Classes  []classView
	Signed   bool
}

type classView struct{ ID, Name string }

// registers lists the classes whose register can be taken away.
func (o *office) registers(w http.ResponseWriter, r *http.Request) error {
	from, to := report.SchoolYear(o.now())
	v := registersView{From: web.LongDate(web.Language(r), from) + from.Format(" 2006"), To: web.LongDate(web.Language(r), to.AddDate(0, 0, -1)) + to.Format(" 2006"), Signed: o.Signer.Key != nil}
	classes, err := o.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range classes {
		v.Classes = append(v.Classes, classView{c.ID, c.Name})
	}
	return o.pages.Render(w, r, http.StatusOK, "registre", v)
}

// register is the signed archive of one class.
func (o *office) register(w http.ResponseWriter, r *http.Request) error {
	from, to := report.SchoolYear(o.now())
	y, err := report.Build(r.Context(), o.Attendance, o.Directory, r.PathValue("class"), from, to, o.Clock.Now())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", `attachment; filename="registre-`+from.Format("2006")+`.zip"`)
	return report.WriteArchive(w, y, o.Zone, o.Signer)
}
