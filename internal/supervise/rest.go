package supervise

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	restEvery = 10 * time.Second
	quiet     = 1 << 20  // bytes allocated in that time by a process that nobody is at
	worth     = 16 << 20 // bytes allocated since the last rest that are worth another
)

// Rest gives memory back to the system when nobody is at the process: give is
// for what Go does not know of. The collector keeps as much again as is in use,
// for the next burst, and a box's next burst is tomorrow's first lesson.
func Rest(give Service) Service { return rest(allocated, give) }

// rest is Rest by the count of what was ever allocated.
func rest(allocated func() uint64, give Service) Service {
	return func(ctx context.Context) error {
		tick := time.NewTicker(restEvery)
		defer tick.Stop()
		var last, rested uint64
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			now := allocated()
			if still := now-last < quiet; still && now-rested >= worth {
				if give(ctx) == nil { // busy after all: the next time will do
					runtime.GC() // what pools keep goes with the second collection
					debug.FreeOSMemory()
					rested = allocated()
				}
			}
			last = now
		}
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
