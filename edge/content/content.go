// Package content joins the shelf to the school: plans say what is needed
// soon, a lesson holds what it opened, and commands and the technician's page
// decide what the box keeps. It promises that whoever waits is told how far it
// is; it refuses to fetch, which package supply does.
package content

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/plan"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/shelf"
)

// Deps are what the box lends.
type Deps struct {
	DB    *sqlite.DB
	Items *catalogue.Catalogue
	Blobs *blob.Store
	Plans *plan.Plans
	Clock preau.Clock
	Zone  *time.Location
	Log   *slog.Logger
	Floor uint64
	// Others tells which blobs something else than the catalogue keeps.
	Others func(ctx context.Context) ([]blob.Digest, error)
	Rooms  func() int // classes in session
	Wake   func()     // something is wanted that was not
}

// Content is what the box keeps, for people.
type Content struct {
	*shelf.Shelf
	deps Deps

	mu     sync.Mutex
	coming coming
}

// soon is how far ahead plans say what is needed.
const soon = 14 * 24 * time.Hour

// Open opens the shelf.
func Open(ctx context.Context, deps Deps) (*Content, error) {
	c := &Content{deps: deps}
	var err error
	c.Shelf, err = shelf.Open(ctx, shelf.Config{
		DB: deps.DB, Items: deps.Items, Blobs: deps.Blobs, Clock: deps.Clock, Log: deps.Log, Floor: deps.Floor,
		Needs: c.needs, Others: deps.Others, Busy: func() bool { return deps.Rooms() > 0 }, Wake: deps.Wake,
	})
	return c, err
}

func (c *Content) needs(ctx context.Context) (list []shelf.Need, err error) {
	now := c.deps.Clock.Now()
	upcoming, err := c.deps.Plans.Upcoming(ctx, now, now.Add(soon))
	for _, u := range upcoming {
		list = append(list, shelf.Need{Item: u.Item, At: u.At})
	}
	return list, err
}

// lesson is the longest that what was opened in one is held; the last of a
// day's is over by then.
const lesson = 4 * time.Hour

// Opened holds what a lesson opened, in the transaction that opens it.
func (c *Content) Opened(tx *sqlite.Tx, l live.Launch) error {
	return c.deps.Items.HoldIn(tx, "lesson "+l.Room, l.Item, tx.Now.Add(lesson))
}

// Ended lets go of it.
func (c *Content) Ended(tx *sqlite.Tx, room string) error {
	return c.deps.Items.ReleaseIn(tx, "lesson "+room)
}

// coming is the last that was said of a fetch.
type coming struct {
	preau.Progress
	at time.Time
}

// Report takes the progress of a fetch.
func (c *Content) Report(p preau.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coming = coming{p, time.Now()}
}

// quiet is after how long without news nothing is being fetched.
const quiet = 15 * time.Second

// Fetching tells what is being fetched; false: nothing is.
func (c *Content) Fetching() (preau.Progress, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.coming.Progress
	if at.Rate > 0 {
		at.ETA = float64(at.Bytes-at.BytesDone) / at.Rate
	}
	return at, !c.coming.at.IsZero() && time.Since(c.coming.at) < quiet && at.FilesDone < at.Files
}
