package catalogue

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/index"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The shapes that callers meet, so that they need not import notice.
type (
	// Asset is one file of an item, in its published form.
	Asset = notice.Asset
	// Notice is an item as its publisher signed it.
	Notice = notice.Item
	// Want is a blob that is not here.
	Want = holding.Want
	// Use is one use of a blob.
	Use = holding.Use
	// Holder says which blobs are on the disk, verified: a *blob.Store.
	Holder = holding.Holder
)

// Item is a notice as this box can offer it.
type Item struct {
	Notice
	// Available: what opens first is here, with all its files.
	Available bool `json:"available"`
	// Missing lists the digests of assets that are not here yet.
	Missing []string `json:"missing,omitempty"`
	// Coming: it is not here, and available all the same (Through).
	Coming bool `json:"coming,omitempty"`

	row int64 // its version
}

// Config is what a catalogue needs.
type Config struct {
	DB    *sqlite.DB
	Clock preau.Clock
	Held  Holder
	// Root is the pinned root.json that provisioning gave. Without it the
	// catalogue serves what it has and refuses to refresh.
	Root []byte
	Log  *slog.Logger
}

// Catalogue is the box's catalogue. Its methods may be called from any
// goroutine; Refresh and Settle exclude each other.
type Catalogue struct {
	*holding.Keeper // what is kept, and what keeps it

	db    *sqlite.DB
	clock preau.Clock
	held  Holder
	trust *trust.Client // nil without a pinned root
	log   *slog.Logger

	change sync.Mutex // held by whoever changes generations
	view   atomic.Pointer[view]
	trees  treeCache

	choose atomic.Pointer[Chooser]
	index  index.Index
}

// view is what readers need of the current generation besides its rows.
type view struct {
	generation int64 // 0: none yet
	whole      bool
	taxons     notice.Taxons
	open       map[string]int64 // items that a lesson has open in an earlier version: its row
}

// Open brings the tables up to date and loads the current generation.
func Open(ctx context.Context, cfg Config) (*Catalogue, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	if err := cfg.DB.Migrate(ctx, "catalogue", sub); err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	c := &Catalogue{Keeper: holding.New(cfg.DB, cfg.Held), db: cfg.DB, clock: cfg.Clock, held: cfg.Held, log: cfg.Log}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if len(cfg.Root) > 0 {
		if c.trust, err = trust.Open(ctx, trust.Config{DB: cfg.DB, Clock: cfg.Clock, Root: cfg.Root, Log: c.log}); err != nil {
			return nil, fmt.Errorf("open catalogue: %w", err)
		}
	}
	if err := c.load(ctx); err != nil {
		return nil, fmt.Errorf("load the current catalogue: %w", err)
	}
	return c, nil
}

// today is the date by which validity is judged. A box that woke in the past
// goes by the last date at which the catalogue was known to be good.
func (c *Catalogue) today() string {
	now := c.clock.Now()
	if c.trust != nil {
		if floor := c.trust.Floor(); now.Before(floor) {
			now = floor
		}
	}
	return now.Format(time.DateOnly)
}

// Label is a concept's name in lang; for one that the vocabulary does not
// know, the end of its URI.
func (c *Catalogue) Label(uri, lang string) string { return label(c.view.Load().taxons, uri, lang) }

func label(taxons notice.Taxons, uri, lang string) string {
	if t, ok := taxons[uri]; ok {
		return t.Label(lang)
	}
	for i := len(uri) - 1; i >= 0; i-- {
		if uri[i] == '/' || uri[i] == '#' {
			return uri[i+1:]
		}
	}
	return uri
}
