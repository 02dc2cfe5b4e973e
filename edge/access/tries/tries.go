// Package tries makes guessing slow: whoever tries spends a token of a bucket
// that fills again slowly. It promises that parallel tries pay one by one and
// that its memory is bounded. It does not know what is tried, nor by whom.
package tries

import (
	"sync"
	"time"

	"preau"
)

// Rate is a token bucket: Burst at once, one more every so often.
type Rate struct {
	Burst float64
	Every time.Duration
}

// Limiter keeps buckets in memory. After a restart they are full again; the
// waits of pupils' codes are in the database.
type Limiter struct {
	clock preau.Clock
	mu    sync.Mutex
	have  map[string]*bucket
}

type bucket struct {
	rate   Rate
	tokens float64
	at     time.Time
}

const maxBuckets = 20_000

// New makes one without buckets.
func New(clock preau.Clock) *Limiter {
	return &Limiter{clock: clock, have: map[string]*bucket{}}
}

// Take spends a token of key, or says how long until there is one. The try
// pays first and is refunded when it succeeds, so that parallel tries cannot
// all pass one check.
func (l *Limiter) Take(key string, r Rate) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.have[key]
	if b == nil {
		if len(l.have) >= maxBuckets {
			l.sweep(now)
		}
		if len(l.have) >= maxBuckets {
			return r.Every
		}
		b = &bucket{rate: r, tokens: r.Burst, at: now}
		l.have[key] = b
	}
	b.fill(now)
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(r.Every))
	}
	b.tokens--
	return 0
}

// Refund gives the last token of a key back.
func (l *Limiter) Refund(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.have[key]; b != nil {
		b.tokens = min(b.tokens+1, b.rate.Burst)
	}
}

func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.tokens+float64(d)/float64(b.rate.Every), b.rate.Burst)
		b.at = now
	}
}

// sweep forgets buckets that are full again.
func (l *Limiter) sweep(now time.Time) {
	for key, b := range l.have {
		if b.fill(now); b.tokens >= b.rate.Burst {
			delete(l.have, key)
		}
	}
}
