// Package access decides who is who and who may do what. It promises that a
// route nobody declared is closed, that no secret is stored in a form that
// can be read back, that a pupil's code cannot be found by trying in a school
// day by one tablet or by thirty, that guessing locks out neither a class nor
// a teacher, and that signing out leaves nothing usable behind.
//
// It refuses default passwords, secrets chosen by people, and a role named by
// the client.
//
// Words: a code is four of ten pictures; a passphrase is five common words; a
// token is 256 random bits in a cookie; a device is a browser that keeps a
// cookie of its own and is known once somebody signed in on it. DESIGN.md
// beside this file has the reasons and the figures.
package access

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"preau"
	"preau/edge/access/tries"
	"preau/edge/directory"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Role is what a session may do. A person has one, by the strongest function
// the directory gives; a board is nobody.
type Role string

// The roles.
const (
	Pupil      Role = "pupil"
	Teacher    Role = "teacher"
	Principal  Role = "principal" // and vie scolaire
	Technician Role = "technician"
	Board      Role = "board"
)

// Home is where a role's day begins.
func (r Role) Home() string {
	switch r {
	case Teacher:
		return "/prof/"
	case Principal:
		return "/direction/"
	case Technician:
		return "/technicien/"
	}
	return "/"
}

// Session is who is behind a request.
type Session struct {
	ID     string // public name of the session; opens nothing
	Person string // pid; empty for a board
	Role   Role
	Name   string // « Lou Exemple », « Mme Garnier », « Salle 204 »
	Group  string // a pupil's class
	Device string // a board's device, or the browser it was opened on
}

// Deps are what the box lends.
type Deps struct {
	DB        *sqlite.DB
	Directory *directory.Directory
	Clock     preau.Clock
	Log       *slog.Logger
	// Secret is the box's own secret, at least 32 bytes, kept outside the
	// database: without it a copy of the database says nothing of the codes.
	Secret []byte
}

// Access holds the tables of credentials and sessions.
type Access struct {
	db    *sqlite.DB
	dir   *directory.Directory
	clock preau.Clock
	log   *slog.Logger
	key   []byte // of the codes, derived from the box's secret
	tries *tries.Limiter
	slow  chan struct{} // bounds the memory that passphrases take
	cache *cache
	ends  []func(tx *sqlite.Tx, pid string) error // see OnEnd
}

// Open brings the tables up to date.
func Open(ctx context.Context, d Deps) (*Access, error) {
	if len(d.Secret) < 32 {
		return nil, preau.E(preau.Invalid, "the box's secret is shorter than 32 bytes", "Provision the box again.", nil)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open access migrations: %w", err)
	}
	if err := d.DB.Migrate(ctx, "access", sub); err != nil {
		return nil, fmt.Errorf("open access: %w", err)
	}
	key, err := hkdf.Key(sha256.New, d.Secret, nil, "preau pupil codes v1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of codes: %w", err)
	}
	return &Access{db: d.DB, dir: d.Directory, clock: d.Clock, log: d.Log, key: key,
		tries: tries.New(d.Clock), slow: make(chan struct{}, 2), cache: newCache(d.Clock)}, nil
}

// roleOf is the one role of a person. Whoever is a pupil is only that.
func roleOf(p directory.Person) (Role, bool) {
	switch {
	case p.Is(directory.Pupil):
		return Pupil, true
	case p.Is(directory.Principal), p.Is(directory.Supervisor):
		return Principal, true
	case p.Is(directory.Teacher):
		return Teacher, true
	case p.Is(directory.Technician):
		return Technician, true
	}
	return "", false
}

func nameOf(p directory.Person, role Role) string {
	if role == Pupil {
		return p.Name()
	}
	return p.Formal()
}
