// Package directory knows who is at school: people, their roles, classes,
// who belongs to which, who teaches what and who answers for a pupil. It
// promises that applying the same roster twice changes nothing, that a person
// keeps one local id (pid) through all imports, name changes and changes of
// source, that whoever left the roster is closed and never deleted, that
// nobody is merged on a guess, and that lists come in the order a French
// reader expects.
//
// It refuses a roster that contradicts itself, one for another school, one so
// much shorter than what is known that it is surely cut (unless told), and
// one with doubts that nobody settled.
//
// Words: a source is where a roster came from; a key is a record's id there;
// closed means no longer at school; a doubt is a record that may be somebody
// already known. A pid is random and means nothing outside the box. The
// national pupil number (INE) serves to recognise people: no function of this
// package gives it back.
package directory

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Person is somebody of the school. Closed is zero while they are there.
type Person struct {
	ID     string // pid
	Title  string // « Mme », « M. » or nothing; adults only
	Given  string
	Family string
	Roles  []Role
	MEF    string // a pupil's formation, by its code
	Closed time.Time
}

// Name is how adults and lists call the person: « Lou Exemple ».
func (p Person) Name() string { return p.Given + " " + p.Family }

// Formal is how pupils and boards call an adult: « Mme Garnier ».
func (p Person) Formal() string {
	if p.Title == "" {
		return p.Name()
	}
	return p.Title + " " + p.Family
}

// Is reports whether the person has role r.
func (p Person) Is(r Role) bool {
	for _, have := range p.Roles {
		if have == r {
			return true
		}
	}
	return false
}

// Class is a division or a teaching group.
type Class struct {
	ID     string
	Name   string // « 6eA »
	Level  string // concept URI of the level, or nothing
	Group  bool   // a teaching group, not a division
	Pupils int    // enrolled now
}

// Directory reads and changes the tables of people.
type Directory struct{ db *sqlite.DB }

// Open brings the tables up to date.
func Open(ctx context.Context, db *sqlite.DB) (*Directory, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open directory migrations: %w", err)
	}
	if err := db.Migrate(ctx, "directory", sub); err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	return &Directory{db: db}, nil
}
