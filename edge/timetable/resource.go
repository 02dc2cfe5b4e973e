package timetable

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"preau"
	"preau/internal/sqlite"
)

// Resource is what can be booked: a room, or a thing that moves.
type Resource struct {
	Name string
	Kind string // room, equipment
	// Planned tells that the timetable names it: it is renamed there.
	Planned bool
	Ahead   int // bookings to come
}

// maxResources is more than any school has.
const maxResources = 500

func (r Resource) check() error {
	bad := strings.TrimSpace(r.Name) != r.Name || r.Name == "" || len(r.Name) > maxText || !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, unicode.IsControl)
	if bad || r.Kind != ClashRoom && r.Kind != ClashEquipment {
		return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no room and no equipment", r.Name), "Give its name on one line, and say whether it is a room or equipment.", nil)
	}
	return nil
}

// AddResource names a room that the timetable does not, or a thing: from now
// on it can be booked. One that was closed opens again.
func (t *Timetable) AddResource(ctx context.Context, r Resource) error {
	if err := r.check(); err != nil {
		return err
	}
	return t.writeResources(ctx, "add a resource", func(tx *sqlite.Tx, known []Resource) error {
		if i := indexOf(known, r.Name); i >= 0 {
			return preau.E(preau.Conflict, known[i].Name+" is in the list already", "Give the new one another name, such as a number behind it.", nil)
		}
		if len(known) >= maxResources {
			return preau.E(preau.TooLarge, "there are more rooms and things than any school has", "Close some first.", nil)
		}
		_, all, err := named(tx)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(have string) bool { return strings.EqualFold(have, r.Name) }); i >= 0 {
			_, err = tx.Exec(`UPDATE resource SET gone = 0, kind = ? WHERE name = ?`, r.Kind, all[i])
			return err
		}
		_, err = tx.Exec(`INSERT INTO resource VALUES (?,?,0)`, r.Name, r.Kind)
		return err
	})
}

// RenameResource gives one another name; its bookings follow.
func (t *Timetable) RenameResource(ctx context.Context, name, to string) error {
	return t.writeResources(ctx, "rename a resource", func(tx *sqlite.Tx, known []Resource) error {
		i := indexOf(known, name)
		if i < 0 {
			return noResource(name)
		}
		was := known[i]
		if err := (Resource{Name: to, Kind: was.Kind}).check(); err != nil {
			return err
		}
		if was.Planned {
			return preau.E(preau.Conflict, was.Name+" is a room of the timetable", "Rename it in the timetable's software, then import the timetable again.", nil)
		}
		_, all, err := named(tx)
		if err != nil {
			return err
		}
		for _, have := range append(all, namesOf(known)...) {
			if strings.EqualFold(have, to) && have != was.Name { // a closed one has bookings too
				return preau.E(preau.Conflict, have+" is in the list already, or was and is closed", "Give it another name.", nil)
			}
		}
		if _, err := tx.Exec(`UPDATE resource SET name = ? WHERE name = ?`, to, was.Name); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE booking SET resource = ? WHERE resource = ?`, to, was.Name)
		return err
	})
}

// CloseResource takes one off the list: it can no longer be booked. Its
// bookings stay, and so do lessons in it.
func (t *Timetable) CloseResource(ctx context.Context, name string) error {
	return t.writeResources(ctx, "close a resource", func(tx *sqlite.Tx, known []Resource) error {
		i := indexOf(known, name)
		if i < 0 {
			return noResource(name)
		}
		_, err := tx.Exec(`INSERT INTO resource VALUES (?,?,1) ON CONFLICT (name) DO UPDATE SET gone = 1`, known[i].Name, known[i].Kind)
		return err
	})
}

func (t *Timetable) writeResources(ctx context.Context, what string, change func(tx *sqlite.Tx, known []Resource) error) error {
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error {
		known, err := t.resources(tx)
		if err != nil {
			return err
		}
		return change(tx, known)
	})
	if err != nil && preau.KindOf(err) == preau.Internal {
		return fmt.Errorf("%s: %w", what, err)
	}
	return err
}

func noResource(name string) error {
	return preau.E(preau.NotFound, fmt.Sprintf("%.40q is not in the list", name), "Reload the list: somebody may have renamed or closed it.", nil)
}

func indexOf(known []Resource, name string) int {
	return slices.IndexFunc(known, func(r Resource) bool { return strings.EqualFold(r.Name, name) })
}

func namesOf(known []Resource) (names []string) {
	for _, r := range known {
		names = append(names, r.Name)
	}
	return names
}

// Resources lists what can be booked, rooms first: what was named, and every
// room of the timetable that was not closed.
func (t *Timetable) Resources(ctx context.Context) (found []Resource, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = t.resources(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read resources: %w", err)
	}
	return found, nil
}

func (t *Timetable) resources(tx *sqlite.Tx) (found []Resource, err error) {
	found, all, err := named(tx)
	if err != nil {
		return nil, err
	}
	err = each(tx, func(scan func(...any) error) error {
		r := Resource{Kind: ClashRoom, Planned: true}
		err := scan(&r.Name)
		if i := indexOf(found, r.Name); i >= 0 {
			found[i].Planned = true
		} else if !slices.ContainsFunc(all, func(have string) bool { return strings.EqualFold(have, r.Name) }) {
			found = append(found, r)
		}
		return err
	}, `SELECT room FROM slot WHERE room <> '' UNION SELECT room FROM event WHERE room <> ''`)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b Resource) int { return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return found, each(tx, func(scan func(...any) error) error {
		var name string
		var n int
		err := scan(&name, &n)
		if i := indexOf(found, name); i >= 0 {
			found[i].Ahead += n
		}
		return err
	}, `SELECT resource, count(*) FROM booking WHERE cancelled = 0 AND ends > ? AND starts > ? GROUP BY resource`, tx.Now.UnixMilli(), tx.Now.Add(-maxBooking).UnixMilli())
}

// named reads what people named: what is open, and the names of all.
func named(tx *sqlite.Tx) (open []Resource, all []string, err error) {
	err = each(tx, func(scan func(...any) error) error {
		var r Resource
		var gone bool
		err := scan(&r.Name, &r.Kind, &gone)
		all = append(all, r.Name)
		if !gone {
			open = append(open, r)
		}
		return err
	}, `SELECT name, kind, gone FROM resource`)
	return open, all, err
}
