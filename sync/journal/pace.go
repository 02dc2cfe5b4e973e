package journal

import "time"

// pace fits the work of a transaction to a bound: the writer serves the whole
// school, and whoever has much to do does it in pieces.
type pace struct{ n, most int }

// maxHold is how long one piece may hold the writer; pieces aim at half.
const maxHold = 12 * time.Millisecond

func newPace(n, most int) *pace { return &pace{n, most} }

// took learns from a piece that began at start.
func (p *pace) took(start time.Time) {
	switch d := time.Since(start); {
	case d > maxHold/2:
		p.n = max(1, p.n/2)
	case d < maxHold/4:
		p.n = min(p.most, p.n+p.n/4+1)
	}
}
