package timetable

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Booking holds rooms and things for somebody for a time.
type Booking struct {
	ID         preau.ID
	Resources  []string
	Teacher    string // pid
	Class      string // or none
	Purpose    string
	Start, End time.Time
	By         string // pid of who booked
}

const maxBooking = 12 * time.Hour

func (b Booking) check() error {
	if b.Teacher == "" || len(b.Resources) == 0 || len(b.Resources) > 20 || len(b.Purpose) > maxText || !b.Start.Before(b.End) || b.End.Sub(b.Start) > maxBooking {
		return preau.E(preau.Invalid, "a booking needs a person, a room or a thing, and some hours", "Choose what to book, and from when to when.", nil)
	}
	for _, r := range b.Resources {
		if strings.TrimSpace(r) == "" || len(r) > maxText {
			return preau.E(preau.Invalid, "a booked thing has no name", "Choose it in the list.", nil)
		}
	}
	return nil
}

// Book holds everything the booking names, or nothing: a double booking is
// refused with who and what has it (Clashes).
func (t *Timetable) Book(ctx context.Context, b Booking) (Booking, error) {
	if err := b.check(); err != nil {
		return b, err
	}
	b.ID = preau.NewID()
	kin := kinOf(ctx, t.kin)
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error {
		known, err := t.resources(tx)
		if err != nil {
			return err
		}
		for i, name := range b.Resources {
			j := slices.IndexFunc(known, func(r Resource) bool { return strings.EqualFold(r.Name, name) })
			if j < 0 {
				return preau.E(preau.NotFound, fmt.Sprintf("%.40q cannot be booked here", name), "Choose it in the list.", nil)
			}
			b.Resources[i] = known[j].Name
		}
		if err := t.refuseClash(tx, kin, want{booked: b}); err != nil {
			return err
		}
		for _, name := range b.Resources {
			if _, err := tx.Exec(`INSERT INTO booking VALUES (?,?,?,?,?,?,?,?,?,0)`, b.ID[:], name, b.Teacher, b.Class, b.Purpose,
				b.Start.UnixMilli(), b.End.UnixMilli(), b.By, tx.Now.UnixMilli()); err != nil {
				return err
			}
		}
		return t.say(tx, b.By, journal.VerbSaved, "booking", b.ID, map[string]any{"resources": b.Resources, "group": b.Class,
			"starts": b.Start.UTC().Format(time.RFC3339), "ends": b.End.UTC().Format(time.RFC3339)})
	})
	if preau.KindOf(err) == preau.Conflict || preau.KindOf(err) == preau.NotFound {
		return b, err
	}
	if err != nil {
		return b, fmt.Errorf("book: %w", err)
	}
	return b, nil
}

// Unbook frees what a booking held. Only whoever it is for or who made it
// may.
func (t *Timetable) Unbook(ctx context.Context, id preau.ID, by string) error {
	return t.unbook(ctx, id, by, by)
}

// UnbookAny is Unbook for the principal's office: whosever it is.
func (t *Timetable) UnbookAny(ctx context.Context, id preau.ID, by string) error {
	return t.unbook(ctx, id, by, "")
}

func (t *Timetable) unbook(ctx context.Context, id preau.ID, by, whose string) error {
	gone := preau.E(preau.NotFound, "no such booking of yours", "It may have been cancelled already: look at the list.", nil)
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error {
		done, err := tx.Exec(`UPDATE booking SET cancelled = ? WHERE id = ? AND cancelled = 0 AND (? = '' OR teacher = ? OR by = ?)`, tx.Now.UnixMilli(), id[:], whose, whose, whose)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, gone)
		}
		return t.say(tx, by, journal.VerbWithdrawn, "booking", id, map[string]any{})
	})
	if err != nil && preau.KindOf(err) != preau.NotFound {
		return fmt.Errorf("cancel booking: %w", err)
	}
	return err
}

// Bookings lists what is booked in some days, in order.
func (t *Timetable) Bookings(ctx context.Context, from time.Time, days int) (found []Booking, err error) {
	if days < 1 || days > maxDays {
		return nil, preau.E(preau.Invalid, "bookings are listed for a day to a year", "Ask for fewer days.", nil)
	}
	first := t.midnight(from.In(t.zone))
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = t.bookings(tx, `cancelled = 0 AND starts >= ? AND starts < ?`, first.UnixMilli(), first.AddDate(0, 0, days).UnixMilli())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read bookings: %w", err)
	}
	return found, nil
}

func (t *Timetable) bookings(tx *sqlite.Tx, where string, args ...any) (found []Booking, err error) {
	err = each(tx, func(scan func(...any) error) error {
		var b Booking
		var id []byte
		var name string
		var starts, ends int64
		if err := scan(&id, &name, &b.Teacher, &b.Class, &b.Purpose, &starts, &ends, &b.By); err != nil {
			return err
		}
		copy(b.ID[:], id)
		if n := len(found); n > 0 && found[n-1].ID == b.ID {
			found[n-1].Resources = append(found[n-1].Resources, name)
			return nil
		}
		b.Resources = []string{name}
		b.Start, b.End = time.UnixMilli(starts).In(t.zone), time.UnixMilli(ends).In(t.zone)
		found = append(found, b)
		return nil
	}, `SELECT id, resource, teacher, class, purpose, starts, ends, by FROM booking WHERE `+where+` ORDER BY starts, id, resource`, args...)
	return found, err
}
