package cli

import (
	"time"

	"preau"
)

// rate adds bytes a second and the time left to the steps of what tells neither.
type rate struct {
	began time.Time
	last  int64 // bytes done at the step before
}

// settles is how long a rate says nothing yet.
const settles = 500 * time.Millisecond

// Rated is Tell for what does not know how fast it is. The clock starts with
// the first step, and again where the count does: with the next publisher.
func (p *Progress) Rated(at preau.Progress) { p.Tell(p.rate.complete(at)) }

func (r *rate) complete(at preau.Progress) preau.Progress {
	if r.began.IsZero() || at.BytesDone < r.last {
		r.began = time.Now()
	}
	r.last = at.BytesDone
	if took := time.Since(r.began); took > settles && at.BytesDone > 0 {
		at.Rate = float64(at.BytesDone) / took.Seconds()
		at.ETA = float64(max(0, at.Bytes-at.BytesDone)) / at.Rate
	}
	return at
}
