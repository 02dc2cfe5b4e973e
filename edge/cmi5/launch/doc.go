// Package launch gives cmi5 courses to pupils and launches their AUs, as the
// specification says (sections 6, 8, 9 and 10). It promises that a launch is
// said before its URL exists, that the fetch URL opens once, that what an AU
// says is held to the rules of edge/cmi5 in the transaction that stores it,
// and that what follows from it (satisfied, abandoned, waived) is in the
// journal exactly once, in the same transaction.
//
// It refuses launches of courses that were not given, modes that would judge
// what is judged already, and whatever is said after a session ended: the
// wait that section 9.3.8 leaves to us is none.
//
// It has its own registrations rather than those of edge/plan: a plan is made
// of items that the catalogue knows and of rules of our own; a course comes
// whole from its publisher, and its registration is the UUID in every
// statement.
//
// Words: an assignment gives a course to a class or a person; a registration
// is one person's enrolment in a course; a session is one launch, from
// launched to terminated or abandoned; a unit is how far a registration is
// with one AU.
package launch

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Life is how long a session may last; what is left open longer is abandoned.
const Life = 12 * time.Hour

// Config is what the box lends.
type Config struct {
	DB      *sqlite.DB
	Journal *journal.Journal
	Courses *cmi5.Courses
	Records *record.Store
	Keys    *keys.Keys
	Clock   preau.Clock
	Home    string // home page of this school's accounts, as record knows it
	Log     *slog.Logger
}

// Launches keeps assignments, registrations and sessions.
type Launches struct{ Config }

// Open brings the tables up to date.
func Open(ctx context.Context, c Config) (*Launches, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open launch migrations: %w", err)
	}
	if err := c.DB.Migrate(ctx, "cmi5 launch", sub); err != nil {
		return nil, fmt.Errorf("open launches: %w", err)
	}
	return &Launches{c}, nil
}

// Actor is a person as statements name them: an account of the school, by the
// local id, without a name.
func (l *Launches) Actor(pid string) xapi.Agent {
	return xapi.Agent{Account: xapi.Account{HomePage: l.Home, Name: pid}}
}

// The activities of a course: never the publisher's ids (8.1, 9.3.9), and the
// same for every registration.
func (l *Launches) activity(course, kind, publisher string) string {
	if kind == kindCourse {
		return l.Home + "/cours/" + course
	}
	sum := sha256.Sum256([]byte(publisher))
	return l.Home + "/cours/" + course + "/" + kind + "/" + hex.EncodeToString(sum[:8])
}

const (
	kindCourse = "course"
	kindBlock  = "block"
	kindAU     = "au"
)

// Title is that of the AU behind an activity of statements.
func (l *Launches) Title(ctx context.Context, activity, lang string) (string, bool) {
	rest, ours := strings.CutPrefix(activity, l.Home+"/cours/")
	id, _, _ := strings.Cut(rest, "/")
	if !ours {
		return "", false
	}
	var c *course.Course
	err := l.DB.Read(ctx, func(tx *sqlite.Tx) (err error) {
		c, err = cmi5.CourseIn(tx, id)
		return err
	})
	if err != nil {
		return "", false
	}
	for _, au := range c.AUs() {
		if l.activity(id, kindAU, au.ID) == activity {
			return c.Title.In(lang) + " : " + au.Title.In(lang), true
		}
	}
	return "", false
}
