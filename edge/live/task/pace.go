package task

import (
	"sync/atomic"
	"time"
)

// Apart is what lies between two writes of a line when they come thick and
// fast.
const Apart = 4 * time.Millisecond

// Pace keeps a line's writes apart: of what comes thick and fast, more goes in
// one; what comes alone never waits. The zero value has written nothing.
type Pace struct{ last atomic.Int64 } // ns of the end of the last write

// Wrote notes the end of a write.
func (p *Pace) Wrote() { p.last.Store(time.Now().UnixNano()) }

// Wait returns once a write may follow the last one.
func (p *Pace) Wait() {
	if left := p.last.Load() + int64(Apart) - time.Now().UnixNano(); left > 0 {
		time.Sleep(time.Duration(min(left, int64(Apart))))
	}
}
