// Package attendance keeps the registers that the code de l’éducation asks
// of every lesson (R131-5). It promises that a register is durable before it
// is acknowledged, that the empty one (nobody missing) is recorded like any
// other, that the same register sent twice counts once, that a correction
// voids and never edits, and that when two people take the same roll
// differently both versions are kept and shown.
//
// It refuses marks for people who are not on the list, reasons that are not a
// category of the list (never anything about health), and rolls older than a
// month.
//
// Words: a register is one taking of one lesson's roll; a mark is how a pupil
// was not simply present; a clash is a second register that disagrees; a
// reason is why a half-day was missed, given apart from the roll; a notice is
// what waits to be told to a responsible person.
package attendance

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// State is how a pupil was at the lesson.
type State string

// The states. Present needs no mark.
const (
	Present   State = "present"
	Absent    State = "absent"
	Late      State = "late"
	Left      State = "left" // before the end
	Infirmary State = "infirmary"
	Exempted  State = "exempted"
	Excluded  State = "excluded" // sent out
)

// verb is the statement a state makes; empty for Present and for what is no
// state.
func (s State) verb() string {
	switch s {
	case Absent:
		return journal.VerbAbsent
	case Late:
		return journal.VerbLate
	case Left:
		return journal.VerbLeft
	case Infirmary:
		return journal.VerbInfirmary
	case Exempted:
		return journal.VerbExempted
	case Excluded:
		return journal.VerbExcluded
	}
	return ""
}

// Mark is one pupil's state; Minutes is how late, or how long before the end.
type Mark struct {
	State   State `json:"state"`
	Minutes int   `json:"minutes,omitempty"`
}

// Register is one taking of a lesson's roll.
type Register struct {
	ID       preau.ID // made by the tablet
	Lesson   preau.ID
	Class    string
	Teacher  string          // pid of who took it; set by the server
	Start    time.Time       // when the lesson began; set by the server
	At       time.Time       // when the roll was taken
	Marks    map[string]Mark // by pid; whoever is missing here was present
	Replaces preau.ID        // the register this one corrects, or zero
	Offline  bool            // taken while the box was out of reach
}

// Counts sums a register up.
type Counts struct {
	Expected int `json:"expected"`
	Present  int `json:"present"`
	Absent   int `json:"absent"`
	Late     int `json:"late"`
	Left     int `json:"left"`
	Other    int `json:"other"` // infirmary, exempted, excluded: not in class, not absent
}

func count(expected int, marks map[string]Mark) Counts {
	c := Counts{Expected: expected, Present: expected}
	for _, m := range marks {
		switch m.State {
		case Present:
			continue
		case Absent:
			c.Absent++
			c.Present--
		case Late:
			c.Late++ // present in the end
		case Left:
			c.Left++ // present at the start
		default:
			c.Other++
			c.Present--
		}
	}
	return c
}

// Attendance keeps the registers of one school.
type Attendance struct {
	db      *sqlite.DB
	journal *journal.Journal
	pupils  func(ctx context.Context, class string) ([]string, error)
	zone    *time.Location

	guardians func(ctx context.Context, pid string) ([]string, error)
	version   atomic.Uint64
}

// Open brings the tables up to date. pupils lists the pids of a class; zone
// is the school's, for half-days.
func Open(ctx context.Context, db *sqlite.DB, j *journal.Journal, pupils func(context.Context, string) ([]string, error), zone *time.Location) (*Attendance, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open attendance migrations: %w", err)
	}
	if err := db.Migrate(ctx, "attendance", sub); err != nil {
		return nil, fmt.Errorf("open attendance: %w", err)
	}
	return &Attendance{db: db, journal: j, pupils: pupils, zone: zone}, nil
}
