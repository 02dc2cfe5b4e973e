// Package plan keeps what people are to do, and says how far they are: courses,
// homework, selections, slide shows, training modules. It promises that a save
// never overwrites another's, that a plan assigned stays readable while it is
// being done, that how far somebody got follows from what the journal knows
// (it is never written down as a percentage), and that what an adult validates
// can be taken back and is then voided, not erased.
//
// It refuses trees without bounds, steps that are open before their gate, and
// grades: a plan knows done and not done.
//
// Words: a node is a block (it has children) or an activity (an item to open,
// or a meeting to be at); a gate is what keeps a node closed; a registration
// is a plan given to a class or to one person; a step is satisfied by the
// rule of its move-on, as cmi5 names them.
package plan

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Kind is what a plan is for.
type Kind string

// The kinds.
const (
	Course    Kind = "parcours"
	Homework  Kind = "devoir"
	Selection Kind = "selection" // somebody's own list, a pupil's too
	Slides    Kind = "diaporama" // shown step by step to a class
	Module    Kind = "module"    // training, with hours
)

// Plan is one of them, whole.
type Plan struct {
	ID      preau.ID
	Kind    Kind
	Title   string
	Owner   string // pid
	Nodes   []Node
	Version int // of the last save; a save names it
	Created time.Time
	Updated time.Time
	Closed  time.Time // zero while it is in use
}

// Registration gives a plan to a class or to a person.
type Registration struct {
	ID    preau.ID
	Plan  preau.ID
	Class string // or
	// Person is a pid; exactly one of both is set.
	Person string
	Tutor  string    // pid of the adult who follows
	Note   string    // what the tutor says of it
	Opens  time.Time // zero: now
	Due    time.Time // zero: none
	Ends   time.Time // zero: with the school year
	// Gate is the case whose agreement opens the plan; zero: none is needed.
	Gate preau.ID
	Made time.Time
}

// Fact is what the school knows of one person and one item.
type Fact struct {
	Begun, Done bool
	Best        *float64 // best score, 0 to 1
	Watched     time.Duration
	Updated     time.Time
}

// Config is what the box lends.
type Config struct {
	DB      *sqlite.DB
	Journal *journal.Journal
	// Facts tells, by item, what a person did; an item nobody opened may be
	// left out.
	Facts func(ctx context.Context, pid string, items []string) (map[string]Fact, error)
	// Agreed reports that a case was decided in favour; nil: no case is known,
	// and a gate stays closed.
	Agreed func(ctx context.Context, id preau.ID) (bool, error)
}

// Plans keeps the plans of one school.
type Plans struct{ config Config }

// Open brings the tables up to date.
func Open(ctx context.Context, c Config) (*Plans, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open plan migrations: %w", err)
	}
	if err := c.DB.Migrate(ctx, "plan", sub); err != nil {
		return nil, fmt.Errorf("open plans: %w", err)
	}
	return &Plans{c}, nil
}
