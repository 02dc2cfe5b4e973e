// Package shelf decides what a box keeps of its catalogue. It promises that
// with room for everything everything is kept; that otherwise what was pinned,
// what a lesson has open and what a class needs soon come first, then what was
// wished for, then what is used; that what leaves says so at once; that a plan
// is told before a byte is fetched; and that what the disk loses is found, set
// aside and asked for again. It refuses to remove what something else keeps,
// and to know schools or people: ids and days are all it sees.
//
// Words. Wish: what somebody asked the box to hold, in which parts and how
// much they want it. Pin: what never leaves. Need: an item that a class opens
// soon. Quota: bytes that content may take. Floor: bytes of the disk that
// content leaves to the journal. Layout: which blobs are worth their room.
package shelf

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Need is an item that is opened soon.
type Need struct {
	Item string
	At   time.Time // the earlier, the sooner it comes
}

// Config is what the box lends. The functions may be nil.
type Config struct {
	DB    *sqlite.DB
	Items *catalogue.Catalogue
	Blobs *blob.Store
	Clock preau.Clock
	Log   *slog.Logger
	Floor uint64
	// Needs tells what lessons and homework open soon.
	Needs func(ctx context.Context) ([]Need, error)
	// Others tells which blobs something else than the catalogue keeps.
	Others func(ctx context.Context) ([]blob.Digest, error)
	// Busy reports that a class is in session: what can wait, waits.
	Busy func() bool
	// Wake is called when something is wanted that was not.
	Wake func()
	// Free tells the bytes that the disk has left; nil: the real ones.
	Free func() (uint64, error)
}

// Shelf keeps the choice. Its methods may be called from any goroutine.
type Shelf struct {
	Config

	mu     sync.Mutex
	recent map[blob.Digest]*recent // what was asked for lately
	fresh  *layout                 // nil: to be laid out again

	pass passes // of the scrub
}

// Open brings the tables up to date, and makes the catalogue ask the shelf.
func Open(ctx context.Context, cfg Config) (*Shelf, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	if err := cfg.DB.Migrate(ctx, "shelf", sub); err != nil {
		return nil, fmt.Errorf("open shelf: %w", err)
	}
	if cfg.Free == nil {
		cfg.Free = cfg.Blobs.Free
	}
	s := &Shelf{Config: cfg, recent: map[blob.Digest]*recent{}}
	s.pass.free = make(chan struct{}, 1)
	cfg.Items.Choose(s.choose)
	return s, nil
}

// keepEvery is how often uses are written down and leases looked at.
const keepEvery = 10 * time.Minute

// Serve keeps house until ctx ends: uses are written down, what is open is
// held, and the disk is read through in its quiet hours.
func (s *Shelf) Serve(ctx context.Context) error {
	var scrub sync.WaitGroup
	scrub.Go(func() { s.scrubQuietly(ctx) })
	defer scrub.Wait()
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := s.Flush(last); err != nil {
				s.Log.Warn("last uses of content not noted", "err", err)
			}
			return nil
		case <-tick.C:
		}
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("last uses of content not noted", "err", err)
		}
		if err := s.Items.Lapse(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("what lessons had open not let go", "err", err)
		}
		if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("what is gone not forgotten", "err", err)
		}
	}
}

// stale makes the next question lay out anew.
func (s *Shelf) stale() {
	s.mu.Lock()
	s.fresh = nil
	s.mu.Unlock()
}

// changed is stale, and wakes who fetches.
func (s *Shelf) changed() {
	s.stale()
	if s.Wake != nil {
		s.Wake()
	}
}
