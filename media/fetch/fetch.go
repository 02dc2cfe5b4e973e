package fetch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"preau"
	"preau/media/blob"
)

// Want is a blob to bring.
type Want struct {
	Digest blob.Digest
	Size   int64
}

// Fetcher brings blobs into a store. Its fields are set once. A Fetcher that
// is kept remembers which sources it dropped.
type Fetcher struct {
	Store   *blob.Store
	Sources []Source // nearest first; Use changes them later
	Log     *slog.Logger
	// Limit caps the rate in bytes of all transfers together; nil: no cap. Its
	// burst bounds each read.
	Limit *rate.Limiter
	// Parallel is how many blobs come at a time; 0: four, so that the line is
	// busy while others are verified and synced.
	Parallel int
	// Stall is how long a transfer may bring nothing; 0: a minute.
	Stall time.Duration
	// Backoff is the pause after the first failure of every source; it doubles
	// up to thirty seconds. 0: two seconds.
	Backoff time.Duration
	// Chunks tells what helps to bring a large blob; nil: nothing does.
	Chunks func(ctx context.Context, d blob.Digest) (Chunks, error)
	// Report hears of progress several times a second, never twice at once;
	// may be nil.
	Report func(preau.Progress)

	mu      sync.Mutex
	strikes map[string]int // wrong blobs by source
	flights map[blob.Digest]*flight
	fills   fills
}

// Chunks is what helps to bring a large blob.
type Chunks struct {
	Table Want          // the table of its chunks; a size of 0: it has none
	Kin   []blob.Digest // held blobs that may share chunks with it, the likest first
}

// maxStrikes is how many wrong blobs a source may offer before it is dropped
// whole. One is a bad file; three are a bad source.
const maxStrikes = 3

// Run brings every want, most wanted first, and returns the errors of those
// it could not bring, joined. A full disk or the end of ctx stops it.
func (f *Fetcher) Run(ctx context.Context, wants []Want) error {
	wants = distinct(wants)
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	meter := newMeter(f.Report, f.Store, wants)
	todo := make(chan Want)
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		failed  []error
	)
	parallel := f.Parallel
	if parallel <= 0 {
		parallel = 4
	}
	for range min(parallel, len(wants)) {
		workers.Go(func() {
			for w := range todo {
				err := f.once(run, w, meter)
				switch {
				case err == nil:
					meter.done(w)
				case run.Err() != nil:
					// One error tells why all ended.
				case preau.KindOf(err) == preau.Full:
					stop(err)
				default:
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, w := range wants {
		select {
		case todo <- w:
			continue
		case <-run.Done():
		}
		break
	}
	close(todo)
	workers.Wait()
	meter.flush()
	if err := context.Cause(run); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// Use replaces the sources, for what begins from now on.
func (f *Fetcher) Use(sources []Source) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Sources = slices.Clone(sources)
}

// sources are those to ask now.
func (f *Fetcher) sources() []Source {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.Sources
}

// distinct drops the wants that were said before.
func distinct(wants []Want) []Want {
	seen := map[blob.Digest]bool{}
	return slices.DeleteFunc(slices.Clone(wants), func(w Want) bool {
		again := seen[w.Digest]
		seen[w.Digest] = true
		return again
	})
}

// dropped reports whether a source gave too many wrong blobs.
func (f *Fetcher) dropped(s Source) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.strikes[s.Name()] >= maxStrikes
}

// strike counts a wrong blob against its source, and names it in the log.
func (f *Fetcher) strike(s Source, d blob.Digest, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.strikes == nil {
		f.strikes = map[string]int{}
	}
	f.strikes[s.Name()]++
	f.Log.Error("source has a wrong blob", "source", s.Name(), "blob", d.String(), "strikes", f.strikes[s.Name()], "err", why)
	if f.strikes[s.Name()] == maxStrikes {
		f.Log.Error("source dropped: it has too many wrong blobs", "source", s.Name())
	}
}
