package tableau

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"preau"
	"preau/edge/timetable"
	"preau/edge/web"
)

// idle is what a board shows between two lessons, and asks again by itself.
// It names rooms, classes and subjects, nobody.
type idle struct {
	Build string `json:"build"` // of the page; a board that has another reloads
	Zone  string `json:"zone"`  // whose hour it is
	Date  string `json:"date"`
	Place string `json:"place"`
	Next  string `json:"next"`
	Rest  bool   `json:"rest"` // nobody is there: the screen may dim
}

func (a *audience) page(w http.ResponseWriter, r *http.Request) error {
	now, err := a.idle(r)
	if err != nil {
		return err
	}
	return a.pages.Render(w, r, http.StatusOK, "tableau", now)
}

func (a *audience) state(w http.ResponseWriter, r *http.Request) error {
	now, err := a.idle(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(now)
}

func (a *audience) idle(r *http.Request) (v idle, err error) {
	now := a.Clock.Now().In(a.Zone)
	v = idle{Build: a.build, Zone: a.Zone.String(), Date: web.LongDate(web.Language(r), now), Place: "Préau"}
	lessons, err := a.Timetable.All(r.Context(), now)
	if err != nil {
		return v, err
	}
	v.Rest = rests(now, lessons, a.Timetable.Closed(now) != "")
	b, known, err := a.Boards.Board(r)
	if err != nil || !known || b.Place == "" {
		return v, err
	}
	v.Place = a.placeName(r, b.Place)
	if b.IsRemembered {
		v.Next = a.nextText(r, now, nextIn(lessons, b.Place, now))
	}
	return v, nil
}

// placeName is "Salle 204" for a room that the timetable calls 204.
func (a *audience) placeName(r *http.Request, place string) string {
	if c := place[0]; c >= '0' && c <= '9' {
		return a.pages.Say(r, "tableau.room", place)
	}
	return place
}

func (a *audience) nextText(r *http.Request, now time.Time, l *timetable.Lesson) string {
	if l == nil {
		return a.pages.Say(r, "tableau.nonext")
	}
	parts := []string{hour(web.Language(r), l.Start.In(a.Zone))}
	if class := a.className(r.Context(), l.Class); class != "" {
		parts = append(parts, class)
	}
	if l.Subject != "" {
		parts = append(parts, l.Subject)
	}
	key := "tableau.next"
	if !l.Start.After(now) {
		key = "tableau.current"
	}
	return a.pages.Say(r, key, strings.Join(parts, " · "))
}

// className is empty for a class that is not there any more.
func (a *audience) className(ctx context.Context, id string) string {
	c, err := a.Directory.Class(ctx, id)
	if err != nil {
		if preau.KindOf(err) != preau.NotFound {
			a.Log.Warn("class of a lesson not read", "class", id, "err", err)
		}
		return ""
	}
	return c.Name
}

// hour is written as people say it: « 10 h 05 ».
func hour(lang string, t time.Time) string {
	if lang != "fr" {
		return t.Format("15:04")
	}
	return t.Format("15\u202fh\u202f04")
}

// nextIn is the lesson of a room that is on, else the next one of the day.
func nextIn(lessons []timetable.Lesson, place string, now time.Time) (next *timetable.Lesson) {
	for i, l := range lessons {
		if samePlace(l.Room, place) && l.End.After(now) && (next == nil || l.Start.Before(next.Start)) {
			next = &lessons[i]
		}
	}
	return next
}

const (
	margin = time.Hour // before the day's first lesson and after its last
	opens  = 7         // hours of a day without a timetable
	closes = 19
)

// rests reports whether the school is likely to be empty.
func rests(now time.Time, lessons []timetable.Lesson, closed bool) bool {
	if len(lessons) == 0 {
		return closed || now.Weekday() == time.Sunday || now.Hour() < opens || now.Hour() >= closes
	}
	first, last := lessons[0].Start, lessons[0].End
	for _, l := range lessons {
		if l.Start.Before(first) {
			first = l.Start
		}
		if l.End.After(last) {
			last = l.End
		}
	}
	return now.Before(first.Add(-margin)) || now.After(last.Add(margin))
}
