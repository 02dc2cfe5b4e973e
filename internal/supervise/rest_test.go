package supervise

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRest_OnlyWhenNobodyIsAtIt has a morning of work, an evening, a busy moment
// and a night.
func TestRest_OnlyWhenNobodyIsAtIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var used atomic.Uint64
		var busy atomic.Bool
		rests := 0
		run := rest(used.Load, func(context.Context) error {
			if busy.Load() {
				return errors.New("busy")
			}
			rests++
			return nil
		})
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		pass := func(each uint64, ticks, want int, when string) {
			t.Helper()
			for range ticks {
				used.Add(each)
				time.Sleep(restEvery)
				synctest.Wait()
			}
			if rests != want {
				t.Errorf("%s: %d rests, want %d", when, rests, want)
			}
		}
		time.Sleep(restEvery / 2) // never at the moment of a tick
		pass(4<<20, 30, 0, "while there is work")
		pass(1000, 30, 1, "in the evening")
		pass(1000, 300, 1, "in the night, of which nothing comes")
		pass(4<<20, 5, 1, "in the morning")
		busy.Store(true)
		pass(1000, 3, 1, "while the database is busy")
		busy.Store(false)
		pass(1000, 3, 2, "when it is not any more")
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
