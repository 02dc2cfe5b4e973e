package directory

import (
	"cmp"
	"slices"
	"strings"

	"preau/internal/sqlite"
)

// Names finds people, classes and matières by what a source calls them,
// inside an import: see ApplyWith.
type Names struct {
	people, classes map[string]string // by key
	subjects        map[string]string // by code
	titles          map[string]string // folded name of an open class; empty for two of one name
	staff           map[string]string // sorted words of the name of somebody who works here; empty for two
}

// Resolve reads the names that source gives.
func Resolve(tx *sqlite.Tx, source string) (*Names, error) {
	n := &Names{people: map[string]string{}, classes: map[string]string{}, subjects: map[string]string{}, titles: map[string]string{}, staff: map[string]string{}}
	pair := func(into map[string]string) func(func(...any) error) error {
		return func(scan func(...any) error) error {
			var key, id string
			err := scan(&key, &id)
			into[key] = id
			return err
		}
	}
	if err := each(tx, pair(n.people), `SELECT key, pid FROM person_key WHERE source = ?`, source); err != nil {
		return nil, err
	}
	if err := each(tx, pair(n.classes), `SELECT key, class FROM class_key WHERE source = ?`, source); err != nil {
		return nil, err
	}
	if err := each(tx, pair(n.subjects), `SELECT code, name FROM subject`); err != nil {
		return nil, err
	}
	if err := n.byName(tx); err != nil {
		return nil, err
	}
	return n, each(tx, func(scan func(...any) error) error {
		var name, id string
		if err := scan(&name, &id); err != nil {
			return err
		}
		if _, twice := n.titles[Fold(name)]; twice {
			id = ""
		}
		n.titles[Fold(name)] = id
		return nil
	}, `SELECT name, id FROM class WHERE closed IS NULL`)
}

// byName lists who works here by the ways in which a timetable writes them:
// « GARNIER Claire », « Mme Garnier ».
func (n *Names) byName(tx *sqlite.Tx) error {
	return each(tx, func(scan func(...any) error) error {
		var pid, title, given, family string
		if err := scan(&pid, &title, &given, &family); err != nil {
			return err
		}
		for _, name := range []string{given + " " + family, title + " " + family, title + " " + given + " " + family} {
			if other, twice := n.staff[words(name)]; twice && other != pid {
				n.staff[words(name)] = ""
				continue
			}
			n.staff[words(name)] = pid
		}
		return nil
	}, `SELECT pid, title, given, family FROM person p WHERE closed IS NULL AND NOT EXISTS
		(SELECT 1 FROM person_role r WHERE r.pid = p.pid AND r.role IN ('National_elv', 'National_tut'))`)
}

// words are a name's, folded and sorted: it does not matter which comes first.
func words(name string) string {
	parts := strings.Fields(strings.ReplaceAll(name, ".", " "))
	for i, p := range parts {
		parts[i] = Fold(p)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// Person is the pid of a key, or of the one member of staff of that name, or
// nothing.
func (n *Names) Person(key string) string { return cmp.Or(n.people[key], n.staff[words(key)]) }

// Class is the id of a key, or of the one open class of that name, or
// nothing.
func (n *Names) Class(key string) string {
	if id := n.classes[key]; id != "" {
		return id
	}
	return n.titles[Fold(key)]
}

// Subject is what a matière is called: the code itself when nothing names it.
func (n *Names) Subject(code string) string { return cmp.Or(n.subjects[code], code) }
