// Package directory knows who is at school: people, their roles, classes and
// who belongs to which. It promises that applying the same roster twice
// changes nothing, that a person keeps one local id (pid) through all imports
// and name changes, that whoever left the roster is closed and never deleted,
// and that lists come in the order a French reader expects.
//
// It refuses a roster that contradicts itself, one for another school, and
// one so much shorter than what is known that it is surely cut (unless told).
//
// Words: a source is where a roster came from; a key is a record's id there;
// closed means no longer at school. A pid is random and means nothing outside
// the box; the national pupil number (INE) is not stored.
package directory

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Role is a person's function, by the code that the ministry's exchanges use.
type Role string

// The roles known here. Technician has no national code: he works for the
// authority, not for the school.
const (
	Pupil      Role = "National_elv"
	Teacher    Role = "National_ens"
	Principal  Role = "National_dir"
	Supervisor Role = "National_evs" // vie scolaire: CPE, assistants d'éducation
	Technician Role = "preau_tech"
)

func (r Role) valid() bool {
	switch r {
	case Pupil, Teacher, Principal, Supervisor, Technician:
		return true
	}
	return false
}

// School is the one establishment this box serves.
type School struct {
	UAI  preau.UAI
	Name string
}

// Person is somebody of the school. Closed is zero while they are there.
type Person struct {
	ID     string // pid
	Title  string // « Mme », « M. » or nothing; adults only
	Given  string
	Family string
	Roles  []Role
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
