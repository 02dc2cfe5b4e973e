package visitor

import (
	"net/http"

	"preau"
	"preau/edge/directory"
	"preau/edge/timetable"
)

// Lesson is the one that a page's path names.
func Lesson(t *timetable.Timetable, r *http.Request) (timetable.Lesson, error) {
	id, err := preau.ParseID(r.PathValue("lesson"))
	if err != nil {
		return timetable.Lesson{}, preau.E(preau.NotFound, "no such lesson", "Go back to the day's lessons.", err)
	}
	return t.Lesson(r.Context(), id)
}

// Class is that lesson with its class.
func Class(t *timetable.Timetable, d *directory.Directory, r *http.Request) (l timetable.Lesson, c directory.Class, err error) {
	if l, err = Lesson(t, r); err != nil {
		return l, c, err
	}
	c, err = d.Class(r.Context(), l.Class)
	return l, c, err
}
