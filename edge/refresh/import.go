package refresh

import (
	"context"
	"errors"
	"fmt"

	"preau"
	"preau/media/catalogue"
	"preau/media/fetch"
)

// Stick is a catalogue that somebody carried here.
type Stick interface {
	Catalogue() catalogue.Source
	Blobs() fetch.Source
	// Has reports whether the stick seems to hold a blob.
	Has(w catalogue.Want) bool
}

// Imported is what a stick brought.
type Imported struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Missing is what the box still wants and the stick has not.
	Missing      int   `json:"missing"`
	MissingBytes int64 `json:"missing_bytes"`
	Switched     bool  `json:"switched"` // readers see something new
	// Refused says why the stick's catalogue was not taken, such as that the
	// box has a newer one; its files are as good as any.
	Refused string `json:"refused,omitempty"`
}

// Offer says what a stick would bring of what the box wants already; its own
// catalogue is not read.
func (r *Refresher) Offer(ctx context.Context, s Stick) (wants []fetch.Want, missing Imported, err error) {
	wanted, err := r.Wanted(ctx, 0)
	if err != nil {
		return nil, missing, err
	}
	for _, w := range wanted {
		if s.Has(w) {
			wants = append(wants, fetch.Want{Digest: w.Digest, Size: w.Size})
			continue
		}
		missing.Missing++
		missing.MissingBytes += w.Size
	}
	return wants, missing, nil
}

// Import takes a stick's catalogue if it is newer, then every file of it that
// the box wants, each verified; the generation switches when it is whole. A
// stick pulled out in the middle costs the rest; the next import, or the
// line, goes on where it stood. The line rests meanwhile, but for what a class
// waits for. report may be nil.
func (r *Refresher) Import(ctx context.Context, s Stick, report func(preau.Progress)) (done Imported, err error) {
	err = r.turns.stick(ctx, func() (err error) {
		done, err = r.take(ctx, s, report)
		return err
	})
	return done, err
}

func (r *Refresher) take(ctx context.Context, s Stick, report func(preau.Progress)) (done Imported, err error) {
	refused := r.refreshFrom(ctx, s.Catalogue())
	if refused != nil {
		if kind := preau.KindOf(refused); ctx.Err() != nil || kind == preau.Internal || kind == preau.Busy {
			return done, fmt.Errorf("read the stick's catalogue: %w", refused)
		}
		done.Refused = refused.Error()
	}
	if err := r.makeRoom(ctx); err != nil {
		return done, err
	}
	wants, missing, err := r.Offer(ctx, s)
	if err != nil {
		return done, err
	}
	f := fetch.Fetcher{Store: r.Blobs, Sources: []fetch.Source{s.Blobs()}, Log: r.Log, Report: report}
	failed := f.Run(ctx, wants)
	for _, w := range wants {
		if r.Blobs.Has(w.Digest) {
			done.Files++
			done.Bytes += w.Size
		} else {
			missing.Missing++
			missing.MissingBytes += w.Size
		}
	}
	done.Missing, done.MissingBytes = missing.Missing, missing.MissingBytes
	done.Switched, err = r.settle(ctx)
	if done.Files == 0 && failed == nil && err == nil {
		return done, refused // then it is all there is to say
	}
	return done, errors.Join(failed, err)
}
