package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"preau"
	"preau/edge/sister"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/mirror"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/sync/budget"
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
	Mirror  string // folder where the catalogue's files are kept for sisters
	// Blobs and the catalogue's files come through these; nil: plainly.
	Client, Files *http.Client
	// Budget rules the line.
	Budget *budget.Budget
	// Sticks lists the sticks that are plugged in and whole, as sources of
	// blobs; their catalogues are taken by Import only. nil: none.
	Sticks func() []fetch.Source
	// Sisters lists the boxes next door that answer, nearest first; nil: none.
	Sisters func() []sister.Box
	// Wanted lists what to bring, MakeRoom lets go of what is worth less, and
	// Report hears how far it is; nil: all that the catalogue misses, nothing,
	// nobody.
	Wanted   func(ctx context.Context, limit int) ([]catalogue.Want, error)
	MakeRoom func(ctx context.Context) error
	// NoRoom says what the disk cannot take of what is wanted; nil: nothing.
	NoRoom func(ctx context.Context) error
	Report func(preau.Progress)
}

// Refresher keeps the catalogue fresh and its blobs here.
type Refresher struct {
	Deps
	source  catalogue.Source // nil: no origin is configured
	origin  fetch.Source
	fetcher *fetch.Fetcher // kept: it remembers which sources it dropped
	trouble *trouble
	turns   turns
	nudge   chan struct{}
	silent  atomic.Bool // the last try reached nobody
	tries   atomic.Uint64
	far     atomic.Pointer[Progress] // nil: nothing is on its way
}

// New makes one; Serve runs it.
func New(deps Deps) (*Refresher, error) {
	r := &Refresher{Deps: deps, trouble: newTrouble(deps.Data, deps.Clock, deps.Log), nudge: make(chan struct{}, 1), turns: turns{one: make(chan struct{}, 1)}}
	r.fetcher = &fetch.Fetcher{Store: deps.Blobs, Log: deps.Log, Chunks: r.chunks, Report: r.report}
	if deps.Wanted == nil {
		r.Wanted = deps.Items.Wanted
	}
	if deps.URL == "" {
		r.trouble.note(nil) // what was wrong with an earlier address
		return r, nil
	}
	var err error
	if r.source, err = trust.HTTP(deps.URL, deps.Files); err != nil {
		return nil, err
	}
	origin, err := fetch.NewHTTP(deps.URL, deps.Client)
	if err != nil {
		return nil, err
	}
	r.origin = &ruled{origin, deps.Budget}
	r.fetcher.Use([]fetch.Source{r.origin})
	return r, nil
}

// Nudge makes the next try begin now: something changed.
func (r *Refresher) Nudge() {
	select {
	case r.nudge <- struct{}{}:
	default: // one is due already
	}
}

// Plugged tells that a stick came: what is on its way already goes on from
// it, file by file.
func (r *Refresher) Plugged() {
	r.use()
	r.Nudge()
}

// use makes the fetcher ask what is here now.
func (r *Refresher) use() {
	sources := r.near(r.sisters())
	if r.origin != nil {
		sources = append(sources, r.origin)
	}
	r.fetcher.Use(sources)
}

// Serve refreshes until ctx ends. Nothing it meets ends it.
func (r *Refresher) Serve(ctx context.Context) error {
	var fills sync.WaitGroup
	fills.Go(func() { _ = r.fetcher.Serve(ctx) }) // ends with ctx, without an error
	defer fills.Wait()
	if err := r.Items.Prepare(ctx); err != nil && ctx.Err() == nil {
		r.Log.Error("search is not ready", "err", err)
	}
	for {
		cut, err := r.turns.line(ctx, r.once)
		if cut && ctx.Err() == nil {
			continue // after the stick
		}
		r.silent.Store(err != nil && preau.KindOf(err) == preau.Unavailable)
		if ctx.Err() != nil {
			return nil
		}
		r.trouble.note(err)
		r.tries.Add(1)
		timer := time.NewTimer(r.trouble.wait())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-r.nudge:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// once refreshes, brings what is missing, and switches when all is here. What
// the origin's metadata refuse does not keep known blobs from coming.
func (r *Refresher) once(ctx context.Context) error {
	sisters := r.sisters()
	if r.source == nil && len(r.near(sisters)) == 0 {
		return nil
	}
	if err := r.tellEmpty(ctx); err != nil {
		return err
	}
	ctx = budget.Background(ctx)
	refused := r.refresh(ctx, sisters)
	fetched := r.fetchAll(ctx)
	_, err := r.settle(ctx)
	return errors.Join(refused, fetched, err)
}

// settle switches to a generation that is whole by now, and tells of it.
func (r *Refresher) settle(ctx context.Context) (switched bool, err error) {
	if switched, err = r.Items.Settle(ctx); err != nil || !switched {
		return switched, err
	}
	if err := r.sweep(ctx); err != nil {
		r.Log.Warn("leftovers of transfers not removed", "err", err)
	}
	if err := r.recordSwitch(ctx); err != nil {
		r.Log.Error("new generation not recorded", "err", err)
	}
	return true, r.tellEmpty(ctx)
}

func (r *Refresher) sisters() []sister.Box {
	if r.Sisters == nil {
		return nil
	}
	return r.Sisters()
}

// near lists what has blobs without the line, nearest first: what is plugged
// in, then the sisters.
func (r *Refresher) near(sisters []sister.Box) (sources []fetch.Source) {
	if r.Sticks != nil {
		sources = r.Sticks()
	}
	for _, s := range sisters {
		sources = append(sources, s.Blobs)
	}
	return sources
}

// refresh asks the origin, which alone knows what is newest, and when it is
// out of reach the sisters: one of them may have asked it later than we did.
// A sister can tell nothing older than what is known here.
func (r *Refresher) refresh(ctx context.Context, sisters []sister.Box) error {
	var err error
	if r.source != nil {
		if err = r.refreshFrom(ctx, r.source); err == nil || trust.ReasonOf(err) != "" {
			return err
		}
	}
	for _, s := range sisters {
		if told := r.refreshFrom(ctx, s.Files); told == nil {
			r.Log.Info("catalogue refreshed from a sister box", "box", s.String())
			break // the origin's silence stays the news
		} else if ctx.Err() == nil {
			r.Log.Info("catalogue not refreshed from a sister box", "box", s.String(), "err", told)
		}
	}
	return err
}

func (r *Refresher) refreshFrom(ctx context.Context, source catalogue.Source) error {
	c := mirror.Of(source, r.Mirror, r.Log)
	_, err := r.Items.Refresh(ctx, c)
	if holding.IsPartial(err) {
		c.Done(nil) // what was verified is not asked for again: sisters need it
	} else {
		c.Done(err)
	}
	return err
}

// fetchAll brings what is wanted from what is nearest.
func (r *Refresher) fetchAll(ctx context.Context) error {
	if _, waits := r.Budget.Waits(ctx); waits && len(r.near(r.sisters())) == 0 {
		return nil // for its hour: no failure
	}
	held, release := r.hold(ctx)
	defer release()
	err := r.bring(held)
	r.far.Store(nil)
	if _, waits := errors.AsType[*budget.Wait](err); waits {
		return nil
	}
	if err != nil {
		return err
	}
	r.Budget.Done(ctx)
	if r.NoRoom == nil {
		return nil
	}
	return r.NoRoom(ctx)
}

// hold ends with the hours of the line when the line is what brings.
func (r *Refresher) hold(ctx context.Context) (context.Context, func()) {
	if _, waits := r.Budget.Waits(ctx); waits {
		return ctx, func() {}
	}
	return r.Budget.Hold(ctx)
}

// bring brings all that is wanted.
func (r *Refresher) bring(ctx context.Context) error {
	f := r.fetcher
	if err := r.makeRoom(ctx); err != nil {
		return err
	}
	r.use()
	before := -1
	for {
		wanted, err := r.Wanted(ctx, batch)
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

func (r *Refresher) makeRoom(ctx context.Context) error {
	if r.MakeRoom == nil {
		return nil
	}
	return r.MakeRoom(ctx)
}

// tellEmpty tells the budget whether there is anything to serve yet.
func (r *Refresher) tellEmpty(ctx context.Context) error {
	g, err := r.Items.Current(ctx)
	if err != nil {
		return err
	}
	r.Budget.Empty(ctx, !g.Whole)
	return nil
}

// sweep removes what came of blobs that the new generation no longer wants.
func (r *Refresher) sweep(ctx context.Context) error {
	wanted, err := r.Wanted(ctx, 0)
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
