package api

import (
	"errors"
	"net/http"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/internal/httpkit"
)

// registerBody is a roll as the page sends it. Whoever is not in marks was
// present.
type registerBody struct {
	ID       preau.ID            `json:"id"`
	Lesson   preau.ID            `json:"lesson"`
	Class    string              `json:"class,omitempty"` // checked against the lesson's
	At       time.Time           `json:"at"`
	Marks    map[string]markBody `json:"marks"`
	Corrects preau.ID            `json:"corrects,omitzero"`
	Offline  bool                `json:"offline,omitempty"`
}

type markBody struct {
	Mark    attendance.State `json:"mark"`
	Minutes int              `json:"minutes,omitempty"`
}

// registerAnswer is a register as it counts.
type registerAnswer struct {
	ID      preau.ID            `json:"id"`
	Lesson  preau.ID            `json:"lesson"`
	Teacher string              `json:"teacher"` // name
	At      time.Time           `json:"at"`
	Marks   map[string]markBody `json:"marks"`
	attendance.Counts
}

func (a *api) register(w http.ResponseWriter, r *http.Request) error {
	var b registerBody
	if err := httpkit.ReadJSON(w, r, 64<<10, &b); err != nil {
		return err
	}
	s, _ := a.Access.Session(r)
	lesson, err := a.Timetable.Start(r.Context(), b.Lesson)
	if err != nil {
		return err
	}
	if b.Class != "" && b.Class != lesson.Class {
		return preau.E(preau.Invalid, "this lesson is of another class", "Reload the page of the roll.", nil)
	}
	marks := map[string]attendance.Mark{}
	for pid, m := range b.Marks {
		marks[pid] = attendance.Mark{State: m.Mark, Minutes: m.Minutes}
	}
	taken, err := a.Attendance.Take(r.Context(), attendance.Register{
		ID: b.ID, Lesson: lesson.ID, Class: lesson.Class, Teacher: s.Person, Start: lesson.Start, At: b.At,
		Marks: marks, Replaces: b.Corrects, Offline: b.Offline,
	})
	if clash, ok := errors.AsType[*attendance.ClashError](err); ok {
		return a.clash(w, r, clash, err)
	}
	if err != nil {
		return err
	}
	return a.answer(w, r, taken)
}

// clash answers with the problem and both rolls, so that the page can show
// them side by side.
func (a *api) clash(w http.ResponseWriter, r *http.Request, c *attendance.ClashError, err error) error {
	p := httpkit.Problem{Kind: preau.Conflict.String(), Text: "somebody else has already taken this roll, with other marks",
		Remedy: preau.RemedyOf(err), ID: httpkit.ShortID()}
	a.Kit.Log.InfoContext(r.Context(), "registers clash", "id", p.ID, "lesson", c.Theirs.Lesson, "err", err)
	theirs, err := a.told(r, c.Theirs)
	if err != nil {
		return err
	}
	yours, err := a.told(r, c.Yours)
	if err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusConflict, map[string]any{"error": p, "theirs": theirs, "yours": yours})
}

func (a *api) reopen(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ReadJSON(w, r, 1<<10, &struct{}{}); err != nil {
		return err
	}
	id, err := preau.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	s, _ := a.Access.Session(r)
	taken, err := a.Attendance.Reopen(r.Context(), id, s.Person)
	if err != nil {
		return err
	}
	return a.answer(w, r, taken)
}

func (a *api) answer(w http.ResponseWriter, r *http.Request, t attendance.Taken) error {
	told, err := a.told(r, t)
	if err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusOK, told)
}

func (a *api) told(r *http.Request, t attendance.Taken) (registerAnswer, error) {
	teacher, err := a.Directory.Person(r.Context(), t.Teacher)
	if err != nil {
		return registerAnswer{}, err
	}
	marks := map[string]markBody{}
	for pid, m := range t.Marks {
		marks[pid] = markBody{Mark: m.State, Minutes: m.Minutes}
	}
	return registerAnswer{ID: t.ID, Lesson: t.Lesson, Teacher: teacher.Formal(), At: t.At, Marks: marks, Counts: t.Counts}, nil
}
