package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"preau"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/sync/journal"
)

// How often the origin is asked: soon after a failure, rarely when all is
// well (see trouble.wait). A catalogue changes at night.
const (
	refreshEvery = 15 * time.Minute
	retryEvery   = 20 * time.Second
	batch        = 200 // blobs wanted at a time
)

// Deps are what a Refresher works on.
type Deps struct {
	Items   *catalogue.Catalogue
	Blobs   *blob.Store
	Journal *journal.Journal
	Clock   preau.Clock
	Log     *slog.Logger
	URL     string // the origin; empty: none is configured
	Data    string // folder of the box, where the problem is noted
}

// Refresher keeps the catalogue fresh and its blobs here.
type Refresher struct {
	Deps
	source  catalogue.Source // nil: no origin is configured
	origin  fetch.Source
	trouble *trouble
}

// New makes one; Serve runs it.
func New(deps Deps) (*Refresher, error) {
	r := &Refresher{Deps: deps, trouble: newTrouble(deps.Data, deps.Clock, deps.Log)}
	if deps.URL == "" {
		r.trouble.note(nil) // what was wrong with an earlier address
		return r, nil
	}
	var err error
	if r.source, err = trust.HTTP(deps.URL, nil); err != nil {
		return nil, err
	}
	r.origin, err = fetch.NewHTTP(deps.URL, nil)
	return r, err
}

// Serve refreshes until ctx ends. Nothing it meets ends it.
func (r *Refresher) Serve(ctx context.Context) error {
	if r.source == nil {
		<-ctx.Done()
		return nil
	}
	for {
		err := r.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		r.trouble.note(err)
		timer := time.NewTimer(r.trouble.wait())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// once refreshes, brings what is missing, and switches when all is here. What
// the origin's metadata refuse does not keep known blobs from coming.
func (r *Refresher) once(ctx context.Context) error {
	_, refused := r.Items.Refresh(ctx, r.source)
	fetched := r.fetchAll(ctx)
	switched, err := r.Items.Settle(ctx)
	if err != nil {
		return errors.Join(refused, fetched, err)
	}
	if switched {
		if err := r.sweep(ctx); err != nil {
			r.Log.Warn("leftovers of transfers not removed", "err", err)
		}
		if err := r.recordSwitch(ctx); err != nil {
			r.Log.Error("new generation not recorded", "err", err)
		}
	}
	return errors.Join(refused, fetched)
}

func (r *Refresher) fetchAll(ctx context.Context) error {
	f := &fetch.Fetcher{Store: r.Blobs, Sources: []fetch.Source{r.origin}, Log: r.Log}
	before := -1
	for {
		wanted, err := r.Items.Wanted(ctx, batch)
		if err != nil || len(wanted) == 0 {
			return err
		}
		var wants []fetch.Want
		for _, w := range wanted {
			wants = append(wants, fetch.Want{Digest: w.Digest, Size: w.Size})
		}
		err = f.Run(ctx, wants)
		if len(wanted) < batch || err != nil && len(wanted) == before {
			return err
		}
		before = len(wanted)
	}
}

// sweep removes what came of blobs that the new generation no longer wants.
func (r *Refresher) sweep(ctx context.Context) error {
	wanted, err := r.Items.Wanted(ctx, 0)
	if err != nil {
		return err
	}
	still := map[blob.Digest]bool{}
	for _, w := range wanted {
		still[w.Digest] = true
	}
	return r.Blobs.Sweep(func(d blob.Digest) bool { return still[d] })
}

// recordSwitch tells the journal what the box now holds.
func (r *Refresher) recordSwitch(ctx context.Context) error {
	g, err := r.Items.Current(ctx)
	if err != nil {
		return err
	}
	count, bytes, err := r.Blobs.Usage()
	if err != nil {
		return err
	}
	whole := 0
	if g.Whole {
		whole = 1
	}
	result, err := json.Marshal(map[string]any{"generation": g.ID, "items": g.Items, "blobs": count, "bytes": bytes, "whole": whole})
	if err != nil {
		return fmt.Errorf("encode the generation: %w", err)
	}
	r.Log.Info("new generation of the catalogue", "generation", g.ID, "items", g.Items, "blobs", count, "bytes", bytes)
	return r.Journal.Record(ctx, &preau.Statement{Stream: preau.StreamTelemetry, Verb: journal.VerbCached, Object: "catalogue", ObjectKind: "catalogue", Result: result})
}
