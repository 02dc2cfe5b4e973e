// Package progress knows how far each pupil got. It promises that progress is
// computed here from the segments that were played, whatever the tablet
// claims; that posts may come twice, late or in any order and lead to the
// same state; that each is in the journal, as statements of the xAPI video
// profile, in the same transaction; and that a thing completed stays so.
//
// It refuses posts without bounds, and a percentage from outside.
//
// Words: a post is what a tablet sends every few seconds; a segment is a part
// of a film played without a jump; a registration is one opening of an item;
// covered is the union of segments, watched their sum.
package progress

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Threshold is the part of a film that completes it: the last seconds are
// often credits.
const Threshold = 0.95

// Config tunes a Progress. The zero value is what a school wants.
type Config struct {
	Threshold float64 // 0 means Threshold
	// Length is the length of an item by its notice, when it has one: a
	// tablet that claims a shorter film completes nothing by it.
	Length func(ctx context.Context, item string) (length time.Duration, ok bool)
	Zone   *time.Location // the school's; nil means UTC
}

// Progress keeps the tables of who did what.
type Progress struct {
	db      *sqlite.DB
	journal *journal.Journal
	config  Config
}

// Open brings the tables up to date.
func Open(ctx context.Context, db *sqlite.DB, j *journal.Journal, c Config) (*Progress, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open progress migrations: %w", err)
	}
	if err := db.Migrate(ctx, "progress", sub); err != nil {
		return nil, fmt.Errorf("open progress: %w", err)
	}
	if c.Threshold <= 0 || c.Threshold > 1 {
		c.Threshold = Threshold
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	return &Progress{db: db, journal: j, config: c}, nil
}

// Who is the person behind a post, as the session says.
type Who struct {
	Person string // pid
	Group  string // class
}

// Entry is how far somebody got with an item.
type Entry struct {
	Person       string
	Item, Kind   string
	Registration string
	Progress     float64 // 0 to 1
	Position     time.Duration
	Length       time.Duration
	Watched      time.Duration
	Segments     []Segment // covered so far, in order
	Started      time.Time
	Updated      time.Time
	Done         bool
	Tries, Wrong int      // answers; wrong ones in a row
	Best         *float64 // best score, 0 to 1
}
