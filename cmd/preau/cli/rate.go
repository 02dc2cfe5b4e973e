package cli

import (
	"time"

	"preau"
)

// Rate adds bytes a second and the time left to the steps of what tells neither.
type Rate struct{ began time.Time }

// NewRate counts from now.
func NewRate() Rate { return Rate{time.Now()} }

// settles is how long a rate says nothing yet.
const settles = 500 * time.Millisecond

// At completes a step.
func (r Rate) At(p preau.Progress) preau.Progress {
	if took := time.Since(r.began); took > settles && p.BytesDone > 0 {
		p.Rate = float64(p.BytesDone) / took.Seconds()
		p.ETA = float64(max(0, p.Bytes-p.BytesDone)) / p.Rate
	}
	return p
}
