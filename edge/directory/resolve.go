package directory

import (
	"cmp"

	"preau/internal/sqlite"
)

// Names finds people, classes and matières by what a source calls them,
// inside an import: see ApplyWith.
type Names struct {
	people, classes map[string]string // by key
	subjects        map[string]string // by code
	titles          map[string]string // folded name of an open class; empty for two of one name
}

// Resolve reads the names that source gives.
func Resolve(tx *sqlite.Tx, source string) (*Names, error) {
	n := &Names{people: map[string]string{}, classes: map[string]string{}, subjects: map[string]string{}, titles: map[string]string{}}
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

// Person is the pid of a key, or nothing.
func (n *Names) Person(key string) string { return n.people[key] }

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
