package backlog

import "sync/atomic"

// Epochs gives out epochs: no two logs share one, in this life of the process
// or another, or a client would resume in the wrong one.
type Epochs struct{ last atomic.Int64 }

// After has all that follow be later than one given out before.
func (e *Epochs) After(last int64) { e.last.Store(last) }

// Next makes one; it is the time, in ms, unless that was given out.
func (e *Epochs) Next(now int64) int64 {
	for {
		last := e.last.Load()
		if next := max(now, last+1); e.last.CompareAndSwap(last, next) {
			return next
		}
	}
}
