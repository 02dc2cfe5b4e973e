package supply

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"preau/edge/timetable"
	"preau/edge/timetable/holidays"
	"preau/internal/httpkit"
	"preau/sync/budget"
)

// The hours of a school whose timetable nobody gave the box.
const usualFrom, usualUntil = 8, 17

// day tells the budget what a day is at this school. The calendar's file is
// read anew, so that next year's holidays need no restart.
func (s *Supply) day(ctx context.Context, t time.Time) (d budget.Day, err error) {
	lessons, err := s.Timetable.All(ctx, t)
	if err != nil {
		return d, err
	}
	for _, l := range lessons {
		if d.From.IsZero() || l.Start.Before(d.From) {
			d.From = l.Start
		}
		if l.End.After(d.Until) {
			d.Until = l.End
		}
	}
	if d.Lessons() || s.Config.UAI == "" {
		return d, nil
	}
	calendar, err := holidays.Open(s.Config.UAI, s.Config.Zone, s.Calendar)
	if err != nil {
		return d, err
	}
	if why, closed := calendar.Closed(t); closed {
		d.Free = why
		return d, nil
	}
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return d, nil
	}
	monday := t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	week, err := s.Timetable.Agenda(ctx, monday, 7, timetable.Filter{})
	if err != nil || len(week) > 0 {
		return d, err // this school has no lessons on that day
	}
	at := func(hour int) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, t.Location()) }
	return budget.Day{From: at(usualFrom), Until: at(usualUntil)}, nil
}

// films knows whether films are being served: some are under way, or one was
// asked for a moment ago, since players ask piece by piece.
type films struct {
	under atomic.Int64
	last  atomic.Int64 // when one ended, in milliseconds since 1970
}

const moment = 10 * time.Second

// begin counts one more under way, until it is over.
func (f *films) begin() (over func()) {
	f.under.Add(1)
	return func() {
		f.last.Store(time.Now().UnixMilli())
		f.under.Add(-1)
	}
}

func (f *films) playing() bool {
	return f.under.Load() > 0 || time.Since(time.UnixMilli(f.last.Load())) < moment
}

// Films is next, whose answers are a class's films when isFilm says so: the
// background gives way to them.
func (s *Supply) Films(next httpkit.Handler, isFilm func(r *http.Request) bool) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if isFilm(r) {
			defer s.films.begin()()
		}
		return next(w, r)
	}
}

// Pieces is counted, told too of answers that pass by Films: a piece of a file
// is a player's.
func (s *Supply) Pieces(counted func(status int)) func(status int) (over func()) {
	return func(status int) func() {
		counted(status)
		if status != http.StatusPartialContent {
			return nil
		}
		return s.films.begin()
	}
}

// class reports whether a class uses the box.
func (s *Supply) class() bool { return s.films.playing() || s.Rooms() }
