package catalogue

import (
	"context"
	"errors"
	"strings"

	"preau/media/blob"
	"preau/media/catalogue/holding"
)

// Chooser says which blobs this box is to hold of what its catalogue has.
type Chooser func(ctx context.Context) (func(blob.Digest) bool, error)

// Choose sets who chooses; without, everything is wanted.
func (c *Catalogue) Choose(ch Chooser) { c.choose.Store(&ch) }

func (c *Catalogue) chosen(ctx context.Context) (func(blob.Digest) bool, error) {
	if ch := c.choose.Load(); ch != nil {
		return (*ch)(ctx)
	}
	return func(blob.Digest) bool { return true }, nil
}

// Lapse ends the leases whose time is over and forgets what nothing keeps any
// more; not during a refresh, whose packs are of no generation yet.
func (c *Catalogue) Lapse(ctx context.Context) error {
	if !c.change.TryLock() {
		return nil
	}
	defer c.change.Unlock()
	return c.lapse(ctx)
}

func (c *Catalogue) lapse(ctx context.Context) error {
	return errors.Join(c.End(ctx), c.load(ctx), c.Purge(ctx, holding.Unused))
}

// Level finds a level by its URI or by its name in either language.
func (c *Catalogue) Level(name string) (uri string, ok bool) {
	taxons := c.view.Load().taxons
	if _, ok := taxons[name]; ok {
		return name, true
	}
	for uri, t := range taxons {
		if t.Vocabulary == levels && (strings.EqualFold(t.FR, name) || strings.EqualFold(t.EN, name)) {
			return uri, true
		}
	}
	return "", false
}

// levels is the vocabulary of levels in ScoLOMFR.
const levels = "022"
