// Package task is what one connection's writer is to do. It promises that
// whoever has news never waits, that one writer at most is at work, and that
// no news is lost: what comes while the writer looks makes it look again.
package task

import "sync/atomic"

const (
	idle   int32 = iota // no writer runs
	busy                // it runs; all it was told of is being looked at
	nudged              // …and events have come since
	woken               // …and more than events
)

// Task is one connection's. The zero value is idle.
type Task struct{ state atomic.Int32 }

// Wake asks for a look at everything. It reports whether the caller is to
// start the writer.
func (t *Task) Wake() (start bool) { return t.mark(woken) }

// Nudge asks for a look at the room's events and nothing else. One look is
// enough for a mark that is there: the writer takes it away before it reads
// the log.
func (t *Task) Nudge() (start bool) { return t.mark(nudged) }

func (t *Task) mark(as int32) (start bool) {
	for {
		was := t.state.Load()
		if was >= as {
			return false
		}
		if t.state.CompareAndSwap(was, as) {
			return was == idle
		}
	}
}

// Begin takes the mark away, and reports whether all is to be looked at.
func (t *Task) Begin() (whole bool) { return t.state.Swap(busy) == woken }

// End reports whether the writer may go: nothing has come since Begin.
func (t *Task) End() bool { return t.state.CompareAndSwap(busy, idle) }

// Stop lets no writer start any more, and reports whether one is at work: it
// will look once more.
func (t *Task) Stop() (atWork bool) { return t.state.Swap(woken) != idle }
