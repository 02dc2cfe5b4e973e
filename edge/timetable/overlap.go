package timetable

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// What is taken twice.
const (
	ClashRoom      = "room"
	ClashEquipment = "equipment"
	ClashStaff     = "staff"
	ClashClass     = "class"
)

// Clash is one thing, place or person planned twice at one time.
type Clash struct {
	What   string // room, equipment, staff, class
	Name   string // of the room or thing; the id of the person or class
	Lesson Lesson // that has it, or
	Booked Booking
	Start  time.Time // of what has it
	End    time.Time
}

// Clashes is the cause of a refusal: who and what is planned twice. Pages put
// names to its ids.
type Clashes []Clash

// Error describes the first one by what the timetable knows.
func (c Clashes) Error() string {
	first := c[0]
	with := first.Booked.Purpose
	if first.Lesson.ID != (preau.ID{}) {
		with = strings.TrimSpace(first.Lesson.Subject + " " + first.Lesson.Room)
	}
	return fmt.Sprintf("%s %s is taken from %s to %s (%s)", first.What, first.Name, first.Start.Format("2006-01-02 15:04"), first.End.Format("15:04"), with)
}

// want is what somebody asks for: a lesson, or a booking.
type want struct {
	lesson Lesson
	booked Booking
}

func (w want) start() time.Time { return earliest(w.lesson.Start, w.booked.Start) }
func (w want) end() time.Time   { return earliest(w.lesson.End, w.booked.End) }

// earliest is the one of the two that is set.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

type kinFunc func(class string) ([]string, error)

// kinOf answers with the class itself first.
func kinOf(ctx context.Context, of func(context.Context, string) ([]string, error)) kinFunc {
	return func(class string) ([]string, error) {
		if of == nil || class == "" {
			return []string{class}, nil
		}
		others, err := of(ctx, class)
		if err != nil {
			return nil, fmt.Errorf("read the groups of a class: %w", err)
		}
		return append([]string{class}, others...), nil
	}
}

// Free says what a booking would clash with, and changes nothing.
func (t *Timetable) Free(ctx context.Context, b Booking) (found Clashes, err error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	kin := kinOf(ctx, t.kin)
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = t.clashes(tx, kin, want{booked: b})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for clashes: %w", err)
	}
	return found, nil
}

func (t *Timetable) refuseClash(tx *sqlite.Tx, kin kinFunc, w want) error {
	found, err := t.clashes(tx, kin, w)
	if err != nil || len(found) == 0 {
		return err
	}
	return preau.E(preau.Conflict, found.Error(), "Choose another hour, room or person; what is planned already stays.", found)
}

// clashes compares what is wanted with all lessons and bookings of its time.
func (t *Timetable) clashes(tx *sqlite.Tx, kin kinFunc, w want) (found Clashes, err error) {
	start, end := w.start(), w.end()
	classes, err := kin(w.lesson.Class + w.booked.Class)
	if err != nil {
		return nil, err
	}
	day := start.In(t.zone).AddDate(0, 0, -1) // a lesson may run past midnight
	lessons, err := t.between(tx, day, 3, func(l Lesson) bool {
		return !l.Cancelled && l.ID != w.lesson.ID && l.Start.Before(end) && start.Before(l.End)
	})
	if err != nil {
		return nil, err
	}
	for _, l := range lessons {
		if w.ours(l) {
			continue
		}
		for _, c := range w.against(l.Class, l.Staff(), []string{l.Room}, classes) {
			c.Lesson, c.Start, c.End = l, l.Start, l.End
			found = append(found, c)
		}
	}
	bookings, err := t.bookings(tx, `cancelled = 0 AND starts < ? AND ends > ? AND starts > ?`, end.UnixMilli(), start.UnixMilli(), start.Add(-maxBooking).UnixMilli())
	if err != nil {
		return nil, err
	}
	for _, b := range bookings {
		if b.ID == w.booked.ID || own(w, b) {
			continue
		}
		for _, c := range w.against(b.Class, []string{b.Teacher}, b.Resources, classes) {
			c.Booked, c.Start, c.End = b, b.Start, b.End
			found = append(found, c)
		}
	}
	return found, t.kinds(tx, found)
}

// own tells that a booking is for the very lesson: a teacher books the room
// to which the lesson then moves.
func own(w want, b Booking) bool {
	return w.lesson.ID != (preau.ID{}) && b.Teacher == w.lesson.Teacher && b.Class == w.lesson.Class
}

func (w want) against(class string, staff, things, classes []string) (found Clashes) {
	if w.booked.Teacher != "" {
		// A booking is for a lesson that the teacher has with the class at that
		// time anyway: only things clash.
		for _, name := range w.booked.Resources {
			if slices.ContainsFunc(things, func(have string) bool { return have != "" && strings.EqualFold(have, name) }) {
				found = append(found, Clash{What: ClashRoom, Name: name})
			}
		}
		return found
	}
	if room := w.lesson.Room; room != "" && slices.ContainsFunc(things, func(have string) bool { return strings.EqualFold(have, room) }) {
		found = append(found, Clash{What: ClashRoom, Name: room})
	}
	for _, who := range w.lesson.Staff() {
		if who != "" && slices.Contains(staff, who) {
			found = append(found, Clash{What: ClashStaff, Name: who})
		}
	}
	if class != "" && slices.Contains(classes, class) {
		found = append(found, Clash{What: ClashClass, Name: class})
	}
	return found
}

// ours tells that the lesson which has the room is the one it is booked for.
// Another booking never is: even the same teacher's would count a thing twice.
func (w want) ours(l Lesson) bool {
	return w.booked.Class != "" && l.Class == w.booked.Class && slices.Contains(l.Staff(), w.booked.Teacher)
}

// kinds tells equipment from rooms.
func (t *Timetable) kinds(tx *sqlite.Tx, found Clashes) error {
	if len(found) == 0 {
		return nil
	}
	resources, err := t.resources(tx)
	if err != nil {
		return err
	}
	for i, c := range found {
		if j := slices.IndexFunc(resources, func(r Resource) bool { return strings.EqualFold(r.Name, c.Name) }); j >= 0 && c.What == ClashRoom {
			found[i].What = resources[j].Kind
		}
	}
	return nil
}
