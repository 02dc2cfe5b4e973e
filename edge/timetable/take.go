package timetable

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/roster/source"
	"preau/internal/sqlite"
)

// Names finds the ids of a source's keys; an unknown key has none. Subject
// says what a matière is called.
type Names struct{ Person, Class, Subject func(key string) string }

// Take makes the timetable agree with what a file tells, within the caller's
// transaction: the import of people. Weekly lessons replace those of the
// source; dated ones are known by their UID and day, and one that the file no
// longer holds goes, from now on. Lessons already started stay.
func (t *Timetable) Take(tx *sqlite.Tx, table *source.Timetable, names Names) (c source.TimetableChange, err error) {
	if len(table.Slots) > 0 || len(table.Alternances) > 0 {
		if err = t.takeWeek(tx, table, names, &c); err != nil {
			return c, err
		}
	}
	if len(table.Events) > 0 || len(table.Slots) == 0 && len(table.Alternances) == 0 {
		err = t.takeEvents(tx, table, names, &c)
	}
	return c, err
}

func (t *Timetable) takeWeek(tx *sqlite.Tx, table *source.Timetable, names Names, c *source.TimetableChange) error {
	var w Week
	for _, a := range table.Alternances {
		w.Alternances = append(w.Alternances, Alternance{Code: a.Code, Name: a.Name, Weeks: a.Weeks})
	}
	for _, s := range table.Slots {
		staff := people(s.Teachers, names)
		class := names.Class(s.Class)
		if class == "" || len(staff) == 0 {
			c.Unknown++
			continue
		}
		subject := s.Name
		if subject == "" {
			subject = names.Subject(s.Subject)
		}
		w.Slots = append(w.Slots, Slot{Key: slotKey(s), Class: class, Teacher: staff[0], Others: staff[1:], Subject: subject, Room: s.Room,
			Weekday: s.Day, From: s.Start, Minutes: s.Minutes, Alternance: s.Alternance})
	}
	if err := w.check(table.Source); err != nil {
		return err
	}
	before, err := t.slots(tx, [7]bool{true, true, true, true, true, true, true})
	if err != nil {
		return err
	}
	have := map[string]string{}
	for _, day := range before.slots {
		for _, s := range day {
			if s.source == table.Source {
				have[s.Key] = fmt.Sprint(s.Slot)
			}
		}
	}
	for _, s := range w.Slots {
		was, known := have[s.Key]
		switch {
		case !known:
			c.Added++
		case was != fmt.Sprint(s):
			c.Changed++
		}
		delete(have, s.Key)
	}
	c.Removed += len(have)
	c.Changed += changedWeeks(table.Source, w, before)
	return t.applyWeek(tx, table.Source, w)
}

// changedWeeks counts the alternations whose weeks are not what they were. A
// new one is counted by its lessons.
func changedWeeks(source string, w Week, before weekly) (n int) {
	was, is := map[string]map[string]bool{}, map[string]map[string]bool{}
	put := func(in map[string]map[string]bool, code, monday string) {
		if in[code] == nil {
			in[code] = map[string]bool{}
		}
		in[code][monday] = true
	}
	for at := range before.given {
		if at.source == source {
			put(was, at.code, at.monday)
		}
	}
	for _, a := range w.Alternances {
		for _, monday := range a.Weeks {
			put(is, a.Code, monday.Format(time.DateOnly))
		}
	}
	for code, weeks := range was {
		if !maps.Equal(weeks, is[code]) {
			n++
		}
	}
	return n
}

// slotKey names a lesson of a file that gives it no name: what it is and when
// it is given. Its teachers and room may change and it stays the same lesson.
func slotKey(s source.Slot) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d\x00%d\x00%s\x00%s", s.Class, s.Subject, s.Day, s.Start, s.Minutes, s.Alternance, firstOf(s.Teachers)))
	return hex.EncodeToString(sum[:12])
}

func firstOf(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return slices.Min(keys)
}

// people are the known ones, in an order that does not hang on the file's.
func people(keys []string, names Names) (ids []string) {
	for _, k := range keys {
		if id := names.Person(k); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), maxOthers)]
}

const maxEvents = 50_000

func (t *Timetable) takeEvents(tx *sqlite.Tx, table *source.Timetable, names Names, c *source.TimetableChange) error {
	if table.Source == "" || len(table.Events) > maxEvents {
		return preau.E(preau.TooLarge, "the calendar has no source, or more lessons than any school", "Export one school year.", nil)
	}
	have := map[string]string{} // by UID and occurrence
	err := each(tx, func(scan func(...any) error) error {
		var uid, rec, class, teacher, others, subject, room string
		var starts, ends, cancelled int64
		err := scan(&uid, &rec, &class, &teacher, &others, &subject, &room, &starts, &ends, &cancelled)
		have[uid+"\x00"+rec] = fmt.Sprint(class, "\x00", teacher, "\x00", others, "\x00", subject, "\x00", room, starts, ends, cancelled)
		return err
	}, `SELECT uid, recurrence, class, teacher, others, subject, room, starts, ends, cancelled FROM event WHERE source = ? AND ends > ?`,
		table.Source, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	for _, e := range table.Events {
		if err := t.takeEvent(tx, table.Source, e, names, have, c); err != nil {
			return err
		}
	}
	for gone := range have {
		uid, rec, _ := strings.Cut(gone, "\x00")
		if _, err := tx.Exec(`DELETE FROM event WHERE source = ? AND uid = ? AND recurrence = ?`, table.Source, uid, rec); err != nil {
			return err
		}
		c.Removed++
	}
	return nil
}

func (t *Timetable) takeEvent(tx *sqlite.Tx, source string, e source.Event, names Names, have map[string]string, c *source.TimetableChange) error {
	staff, class := people(e.Teachers, names), ""
	if e.Class != "" {
		class = names.Class(e.Class)
	}
	if len(staff) == 0 || class == "" {
		c.Unknown++
		return nil
	}
	if e.UID == "" || len(e.UID)+len(e.Recurrence) > 500 || strings.Contains(e.UID, "\x00") || !e.Start.Before(e.End) || e.End.Sub(e.Start) > 24*time.Hour || len(e.Name) > maxText || len(e.Room) > maxText {
		return preau.E(preau.Invalid, fmt.Sprintf("lesson %.40q of the calendar is not a lesson", e.UID), "Correct its hours in the source.", nil)
	}
	uid, rec := e.UID, e.Recurrence
	others := strings.Join(staff[1:], " ")
	cancelled := int64(0)
	if e.Cancelled {
		cancelled = 1
	}
	now := fmt.Sprint(class, "\x00", staff[0], "\x00", others, "\x00", e.Name, "\x00", e.Room, e.Start.UnixMilli(), e.End.UnixMilli(), cancelled)
	was, known := have[uid+"\x00"+rec]
	delete(have, uid+"\x00"+rec)
	if was == now {
		return nil
	}
	if known {
		c.Changed++
	} else if e.End.After(tx.Now) {
		c.Added++
	} else {
		return nil // past lessons are what was done, not what a file says
	}
	_, err := tx.Exec(`INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (source, uid, recurrence) DO UPDATE SET class = excluded.class,
		teacher = excluded.teacher, others = excluded.others, subject = excluded.subject, room = excluded.room, starts = excluded.starts,
		ends = excluded.ends, cancelled = excluded.cancelled`,
		source, uid, rec, class, staff[0], others, e.Name, e.Room, e.Start.UnixMilli(), e.End.UnixMilli(), cancelled)
	return err
}

// events lists lessons that calendars date.
func (t *Timetable) events(tx *sqlite.Tx, where string, args ...any) (lessons []Lesson, err error) {
	err = each(tx, func(scan func(...any) error) error {
		l := Lesson{Planned: true}
		var src, uid, rec, others string
		var starts, ends int64
		if err := scan(&src, &uid, &rec, &l.Class, &l.Teacher, &others, &l.Subject, &l.Room, &starts, &ends, &l.Cancelled); err != nil {
			return err
		}
		l.ID, l.Others = idOf(src, uid, rec), strings.Fields(others)
		l.Start, l.End = time.UnixMilli(starts).In(t.zone), time.UnixMilli(ends).In(t.zone)
		lessons = append(lessons, l)
		return nil
	}, `SELECT source, uid, recurrence, class, teacher, others, subject, room, starts, ends, cancelled FROM event WHERE `+where, args...)
	return lessons, err
}
