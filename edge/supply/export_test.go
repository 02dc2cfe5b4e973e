package supply

import (
	"context"
	"sync"

	"preau/sync/budget"
)

// Run serves what an origin and sticks bring, with a table of mounts of the
// test's, until ctx ends.
func (s *Supply) Run(ctx context.Context, mounts, root string) {
	s.sticks.mounts, s.sticks.roots = mounts, []string{root}
	var work sync.WaitGroup
	for _, serve := range []func(context.Context) error{s.watch, s.refresher.Serve, s.budget.Serve} {
		work.Go(func() { _ = serve(ctx) }) // ends with ctx, without an error
	}
	work.Wait()
}

// Used is what came, by kind; Tries how often the refresher tried.
func (s *Supply) Used() map[budget.Kind]int64 { return s.budget.Used() }

func (s *Supply) Tries() uint64 { return s.refresher.Tries() }
