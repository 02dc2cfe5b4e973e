package api

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"preau"
	"preau/internal/httpkit"
)

// A player posts every few seconds and an outbox empties at once; a script
// that fills the disk does neither.
const (
	postsPerSecond = 4
	postsAtOnce    = 600 // the outbox's cap, and room
	maxPaced       = 5000
)

// pace bounds how fast each pupil posts.
type pace struct {
	mu    sync.Mutex
	since time.Time
	have  map[string]*rate.Limiter
}

func newPace() *pace { return &pace{have: map[string]*rate.Limiter{}} }

func (p *pace) allow(pid string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Whoever has not posted for a few minutes has a full bucket again, and
	// needs no memory: start afresh now and then, bounded in between.
	if now.Sub(p.since) > 15*time.Minute || len(p.have) >= maxPaced {
		p.since = now
		clear(p.have)
	}
	l := p.have[pid]
	if l == nil {
		l = rate.NewLimiter(postsPerSecond, postsAtOnce)
		p.have[pid] = l
	}
	return l.AllowN(now, 1)
}

func (a *api) paced(h httpkit.Handler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !a.pace.allow(a.who(r).Person, a.Clock.Now()) {
			w.Header().Set("Retry-After", "60")
			return preau.E(preau.RateLimited, "this tablet sends too much", "It keeps the rest and sends it in a minute.", nil)
		}
		return h(w, r)
	}
}
