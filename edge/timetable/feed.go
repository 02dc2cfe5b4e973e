package timetable

import (
	"context"
	"strings"
	"time"

	"preau/edge/timetable/ical"
)

// Labels put words to ids in a feed.
type Labels struct {
	Class, Person func(id string) string
	Cancelled     string // what comes before a cancelled lesson's subject
}

// Feed is the calendar of a class, a teacher or a room: the lessons of some
// days as they are now. It holds no pupil and no cahier: a feed's address gets
// around.
func (t *Timetable) Feed(ctx context.Context, name string, from time.Time, days int, f Filter, say Labels) (*ical.Calendar, error) {
	lessons, err := t.Agenda(ctx, from, days, f)
	if err != nil {
		return nil, err
	}
	c := &ical.Calendar{Name: name}
	for _, l := range lessons {
		var staff []string
		for _, id := range l.Staff() {
			staff = append(staff, say.Person(id))
		}
		e := ical.Event{UID: l.ID.String() + "@preau", Start: l.Start, End: l.End, Stamp: t.midnight(from), Location: l.Room, Cancelled: l.Cancelled,
			Summary: strings.TrimSpace(l.Subject + " " + say.Class(l.Class)), Description: strings.Join(staff, ", "), Categories: []string{say.Class(l.Class)}}
		if l.Cancelled {
			e.Sequence, e.Summary = 1, strings.TrimSpace(say.Cancelled+" "+e.Summary)
		} else if l.Replaces != "" || l.Reason != "" {
			e.Sequence = 1
		}
		c.Events = append(c.Events, e)
	}
	return c, nil
}
