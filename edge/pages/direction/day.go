package direction

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/timetable"
	"preau/edge/web"
)

type dayView struct {
	Date           string
	Version        uint64
	Done, Expected int // rolls of lessons that have begun
	Absent, Late   int // pupils, at the last roll of each
	Waiting        int // half-days without a reason
	Missing        []lessonView
	Absents        []absentView
	Lates          []lateView
	Alerts         []alertView
	Clashes        []clashView
	Notices        int
	Untold         int // absents with nobody to tell
	Noon           []noonView
	NoonAll        int
	Reasons        []attendance.Reason
	Rolls          []lessonView // done, to look at or correct
}

type lessonView struct{ ID, Hour, Class, Subject, Teacher, Room, Text string }

// absentView is a pupil absent today, by half-day.
type absentView struct {
	ID, Name, Class string
	Hours           string // « 8:00, 9:00 »
	Halves          []halfView
	Told            bool
	Back            bool // there again since
}

type halfView struct {
	Day              string
	Afternoon        bool
	Reason           string
	Legitimate, Asks bool
}

type lateView struct {
	ID, Name, Class, Hour, Text string
}

type alertView struct {
	ID, Name string
	HalfDays int
	IsSevere bool
}

type clashView struct {
	Class, Hour string
	Lesson      string
	Sides       []sideView
}

type sideView struct {
	Register, NewID, By, At, Text string
}

type noonView struct {
	Class string
	Count int
	Away  []string
}

// day is the page of the morning: what is missing first.
func (o *office) day(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), o.now()
	v := dayView{Date: web.LongDate(web.Language(r), now), Version: o.Attendance.Version(), Reasons: attendance.Reasons()}
	lessons, err := o.Timetable.All(ctx, now)
	if err != nil {
		return err
	}
	rolls, err := o.Attendance.Day(ctx, now)
	if err != nil {
		return err
	}
	n := o.names(r)
	o.rolls(r, &v, n, lessons, rolls, now)
	if err := o.absents(r, &v, n, rolls, now); err != nil {
		return err
	}
	if err := o.alerts(r, &v, n, now); err != nil {
		return err
	}
	if err := o.clashes(r, &v, n, now); err != nil {
		return err
	}
	if err := o.noon(r, &v, n, rolls, now); err != nil {
		return err
	}
	return o.pages.Render(w, r, http.StatusOK, "jour", v)
}

// rolls fills which are done and which are missing.
func (o *office) rolls(r *http.Request, v *dayView, n *names, lessons []timetable.Lesson, rolls []attendance.Taken, now time.Time) {
	done := map[preau.ID]attendance.Taken{}
	for _, t := range rolls {
		done[t.Lesson] = t
	}
	seen := map[preau.ID]bool{}
	for _, l := range lessons {
		seen[l.ID] = true
		if l.Cancelled || l.Start.After(now) {
			continue
		}
		v.Expected++
		line := lessonView{l.ID.String(), hour(l.Start.In(o.Zone)), n.classOf(l.Class), l.Subject, n.of(l.Teacher), l.Room, ""}
		if t, ok := done[l.ID]; ok {
			v.Done++
			line.Text = o.sum(r, t)
			v.Rolls = append(v.Rolls, line)
		} else {
			v.Missing = append(v.Missing, line)
		}
	}
	for _, t := range rolls { // of lessons that no timetable knows
		if !seen[t.Lesson] {
			v.Done++
			v.Expected++
			v.Rolls = append(v.Rolls, lessonView{t.Lesson.String(), hour(t.Start.In(o.Zone)), n.classOf(t.Class), "", n.of(t.Teacher), "", o.sum(r, t)})
		}
	}
}

func (o *office) sum(r *http.Request, t attendance.Taken) string {
	if t.Absent+t.Late == 0 {
		return o.pages.Say(r, "jour.all")
	}
	return o.pages.Say(r, "jour.absents", t.Absent) + ", " + o.pages.Say(r, "jour.lates", t.Late)
}

// absents fills who was not there, by pupil.
func (o *office) absents(r *http.Request, v *dayView, n *names, rolls []attendance.Taken, now time.Time) error {
	type line struct {
		hours []string
		class string
		last  attendance.State
	}
	people, order := map[string]*line{}, []string{}
	for _, t := range rolls { // in the order of lessons
		for pid, l := range people {
			if l.class == t.Class {
				l.last = t.Marks[pid].State
			}
		}
		for _, pid := range sorted(t.Marks) {
			m := t.Marks[pid]
			switch m.State {
			case attendance.Absent:
				l := people[pid]
				if l == nil {
					l = &line{class: t.Class}
					people[pid] = l
					order = append(order, pid)
				}
				l.hours, l.last = append(l.hours, hour(t.Start.In(o.Zone))), m.State
			default:
				text := o.pages.Say(r, "etat."+string(m.State))
				if m.Minutes > 0 {
					text += " · " + o.pages.Say(r, "unit.minutes", m.Minutes)
				}
				v.Lates = append(v.Lates, lateView{pid, n.of(pid), n.classOf(t.Class), hour(t.Start.In(o.Zone)), text})
				if m.State == attendance.Late {
					v.Late++
				}
			}
		}
	}
	told, err := o.told(r, v, now)
	if err != nil {
		return err
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, o.Zone)
	for _, pid := range order {
		l := people[pid]
		a := absentView{ID: pid, Name: n.of(pid), Class: n.classOf(l.class), Hours: strings.Join(l.hours, ", "), Told: told[pid], Back: l.last != attendance.Absent}
		missed, err := o.Attendance.Missed(r.Context(), pid, midnight, midnight.AddDate(0, 0, 1))
		if err != nil {
			return err
		}
		for _, m := range missed {
			h := half(m)
			if h.Asks {
				v.Waiting++
			}
			a.Halves = append(a.Halves, h)
		}
		if !a.Told {
			v.Untold++
		}
		v.Absents = append(v.Absents, a)
	}
	slices.SortStableFunc(v.Absents, func(a, b absentView) int { return strings.Compare(a.Class, b.Class) })
	v.Absent = len(v.Absents)
	return nil
}

func half(m attendance.Justified) halfView {
	return halfView{Day: m.Date.Format(time.DateOnly), Afternoon: m.Afternoon, Reason: m.Reason, Legitimate: m.Legitimate(), Asks: m.Reason == ""}
}

// told are the pupils whose absence waits to be told, or was.
func (o *office) told(r *http.Request, v *dayView, now time.Time) (map[string]bool, error) {
	notices, err := o.Attendance.Notices(r.Context(), now)
	if err != nil {
		return nil, err
	}
	told := map[string]bool{}
	for _, m := range notices {
		if !m.TakenBack {
			told[m.Person] = true
			v.Notices++
		}
	}
	return told, nil
}

func (o *office) alerts(r *http.Request, v *dayView, n *names, now time.Time) error {
	classes, err := o.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	var pids []string
	for _, c := range classes {
		pupils, err := o.Directory.Pupils(r.Context(), c.ID)
		if err != nil {
			return err
		}
		for _, p := range pupils {
			n.known[p.ID] = p
			pids = append(pids, p.ID)
		}
	}
	found, err := o.Attendance.Alerts(r.Context(), pids, now)
	if err != nil {
		return err
	}
	for _, a := range found {
		v.Alerts = append(v.Alerts, alertView{a.Person, n.of(a.Person), a.HalfDays, a.Level == attendance.SecondAlert})
	}
	return nil
}

func (o *office) clashes(r *http.Request, v *dayView, n *names, now time.Time) error {
	found, err := o.Attendance.Clashes(r.Context(), now.AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	for _, c := range found {
		view := clashView{Class: n.classOf(c.Current.Class), Hour: hour(c.Current.Start.In(o.Zone)), Lesson: c.Current.Lesson.String()}
		for _, t := range []attendance.Taken{c.Current, c.Other} {
			var marks []string
			for _, pid := range sorted(t.Marks) {
				marks = append(marks, n.of(pid)+" ("+o.pages.Say(r, "etat."+string(t.Marks[pid].State))+")")
			}
			text := strings.Join(marks, ", ")
			if text == "" {
				text = o.pages.Say(r, "jour.all")
			}
			view.Sides = append(view.Sides, sideView{t.ID.String(), preau.NewID().String(), n.of(t.Teacher), hour(t.At.In(o.Zone)), text})
		}
		v.Clashes = append(v.Clashes, view)
	}
	return nil
}

// noon counts who is there for lunch: the list of each class without those
// absent at its last roll of the morning.
func (o *office) noon(r *http.Request, v *dayView, n *names, rolls []attendance.Taken, now time.Time) error {
	last := map[string]attendance.Taken{}
	for _, t := range rolls {
		if t.Start.In(o.Zone).Hour() < 13 {
			last[t.Class] = t
		}
	}
	classes, err := o.Directory.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range classes {
		t, ok := last[c.ID]
		if !ok {
			continue
		}
		line := noonView{Class: c.Name, Count: c.Pupils}
		for _, pid := range sorted(t.Marks) {
			if s := t.Marks[pid].State; s == attendance.Absent || s == attendance.Left {
				line.Away = append(line.Away, n.of(pid))
				line.Count--
			}
		}
		v.NoonAll += line.Count
		v.Noon = append(v.Noon, line)
	}
	return nil
}

func sorted(marks map[string]attendance.Mark) []string {
	pids := make([]string, 0, len(marks))
	for pid := range marks {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	return pids
}

func hour(t time.Time) string { return t.Format("15:04") }
