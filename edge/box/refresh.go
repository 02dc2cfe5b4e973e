package box

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

// refresher keeps the catalogue fresh and its blobs here.
type refresher struct {
	items   *catalogue.Catalogue
	blobs   *blob.Store
	journal *journal.Journal
	log     *slog.Logger
	source  catalogue.Source // nil: no origin is configured
	origin  fetch.Source

	trouble *trouble
}

func newRefresher(b *Box) (*refresher, error) {
	r := &refresher{items: b.items, blobs: b.blobs, journal: b.journal, log: b.opts.Log, trouble: newTrouble(b.opts.Data, b.clock, b.opts.Log)}
	if b.config.Catalogue.URL == "" {
		r.trouble.note(nil) // what was wrong with an earlier address
		return r, nil
	}
	var err error
	if r.source, err = trust.HTTP(b.config.Catalogue.URL, nil); err != nil {
		return nil, err
	}
	r.origin, err = fetch.NewHTTP(b.config.Catalogue.URL, nil)
	return r, err
}

// Serve refreshes until ctx ends. Nothing it meets ends it.
func (r *refresher) Serve(ctx context.Context) error {
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
func (r *refresher) once(ctx context.Context) error {
	_, refused := r.items.Refresh(ctx, r.source)
	fetched := r.fetchAll(ctx)
	switched, err := r.items.Settle(ctx)
	if err != nil {
		return errors.Join(refused, fetched, err)
	}
	if switched {
		if err := r.sweep(ctx); err != nil {
			r.log.Warn("leftovers of transfers not removed", "err", err)
		}
		if err := r.recordSwitch(ctx); err != nil {
			r.log.Error("new generation not recorded", "err", err)
		}
	}
	return errors.Join(refused, fetched)
}

func (r *refresher) fetchAll(ctx context.Context) error {
	f := &fetch.Fetcher{Store: r.blobs, Sources: []fetch.Source{r.origin}, Log: r.log}
	before := -1
	for {
		wanted, err := r.items.Wanted(ctx, batch)
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
func (r *refresher) sweep(ctx context.Context) error {
	wanted, err := r.items.Wanted(ctx, 0)
	if err != nil {
		return err
	}
	still := map[blob.Digest]bool{}
	for _, w := range wanted {
		still[w.Digest] = true
	}
	return r.blobs.Sweep(func(d blob.Digest) bool { return still[d] })
}

// recordSwitch tells the journal what the box now holds.
func (r *refresher) recordSwitch(ctx context.Context) error {
	g, err := r.items.Current(ctx)
	if err != nil {
		return err
	}
	count, bytes, err := r.blobs.Usage()
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
	r.log.Info("new generation of the catalogue", "generation", g.ID, "items", g.Items, "blobs", count, "bytes", bytes)
	return r.journal.Record(ctx, &preau.Statement{Stream: preau.StreamTelemetry, Verb: journal.VerbCached, Object: "catalogue", ObjectKind: "catalogue", Result: result})
}
