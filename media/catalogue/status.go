package catalogue

import (
	"context"

	"preau/media/catalogue/holding"
	"preau/media/catalogue/trust"
)

// Status is where the catalogue stands, for people and for preau doctor.
type Status struct {
	Generation   Generation        `json:"generation"`
	Previous     Generation        `json:"previous"`       // what a rollback returns to; id 0: nothing
	Back         *Back             `json:"back,omitempty"` // a rollback is in force
	Staged       bool              `json:"staged"`         // a newer one waits for its blobs
	Missing      int               `json:"missing"`        // blobs wanted and not held
	MissingBytes int64             `json:"missing_bytes"`  // their size
	Trust        trust.Status      `json:"trust"`
	Pinned       bool              `json:"pinned"` // the box has a root to trust
	Refused      []holding.Refused `json:"refused,omitempty"`
}

// Status counts what is missing; on a large catalogue that takes a moment.
func (c *Catalogue) Status(ctx context.Context) (Status, error) {
	var s Status
	var err error
	if s.Generation, err = c.Current(ctx); err != nil {
		return Status{}, err
	}
	if s.Previous, err = c.generation(ctx, "previous"); err != nil {
		return Status{}, err
	}
	back, err := c.back(ctx)
	if err != nil {
		return Status{}, err
	}
	if !back.Since.IsZero() {
		s.Back = &back
	}
	staged, err := c.Staged(ctx)
	if err != nil {
		return Status{}, err
	}
	s.Staged = staged != 0
	wanted, err := c.Wanted(ctx, 0)
	if err != nil {
		return Status{}, err
	}
	s.Missing = len(wanted)
	for _, w := range wanted {
		s.MissingBytes += w.Size
	}
	if s.Refused, err = c.Refusals(ctx); err != nil {
		return Status{}, err
	}
	if c.trust != nil {
		s.Pinned = true
		if s.Trust, err = c.trust.Status(ctx); err != nil {
			return Status{}, err
		}
	}
	return s, nil
}
