package prof

import (
	"net/http"
	"slices"

	"preau"
	"preau/edge/live"
)

// Rooms are the classes in session.
type Rooms interface{ Rooms() []live.Room }

// inviteView is a class in session that the teacher was invited into.
type inviteView struct {
	Lesson, Class string
	By            string // who else teaches it; empty: it was handed over
}

// whatNext decides what the page offers first for each lesson, and names the
// one that is next: under way, else about to come.
func whatNext(lessons []lessonView) {
	next := slices.IndexFunc(lessons, func(l lessonView) bool { return l.Now })
	if next < 0 {
		next = slices.IndexFunc(lessons, func(l lessonView) bool { return !l.Past })
	}
	for i := range lessons {
		l := &lessons[i]
		l.Next = i == next
		switch {
		case l.Open:
			l.Do = "back"
		case l.Register != "":
			l.Do = "open"
		default:
			l.Do = "roll"
		}
	}
}

// inSession marks the lessons whose class is open, and lists the classes of
// others that the teacher is in.
func (a *audience) inSession(r *http.Request, teacher string, lessons []lessonView) (invites []inviteView, err error) {
	for _, room := range a.Rooms.Rooms() {
		if !slices.Contains(room.Teachers, teacher) {
			continue
		}
		if at := slices.IndexFunc(lessons, func(l lessonView) bool { return l.ID == room.ID }); at >= 0 {
			lessons[at].Open = true
			continue
		}
		c, err := a.Directory.Class(r.Context(), room.Group)
		if err != nil && preau.KindOf(err) == preau.NotFound {
			continue // a class closed during its lesson
		}
		if err != nil {
			return nil, err
		}
		v := inviteView{Lesson: room.ID, Class: c.Name}
		if other := slices.IndexFunc(room.Teachers, func(p string) bool { return p != teacher }); other >= 0 {
			if p, err := a.Directory.Person(r.Context(), room.Teachers[other]); err == nil {
				v.By = p.Formal()
			}
		}
		invites = append(invites, v)
	}
	return invites, nil
}
