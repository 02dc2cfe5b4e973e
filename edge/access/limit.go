package access

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"preau"
)

// Failures cost a token of whoever tried: a known device has its own bucket,
// all the others of one address share one. Thirty addresses with an account
// each (two vouched devices) fail at most 30 × (170 + 2 × 66) ≈ 9 000 times in
// a school day of ten hours, over all pupils together.
var (
	strangers = rate{burst: 20, every: 4 * time.Minute}  // per address
	familiar  = rate{burst: 6, every: 10 * time.Minute}  // per known device
	adults    = rate{burst: 10, every: 30 * time.Second} // per either, for passphrases: 45 bits fear no guess
)

// vouched is how many devices one person makes known: the last ones.
const vouched = 2

// Failures on one pupil's code make the next try wait: nothing for three
// slips of the finger, then 10 s, 20 s … at most five minutes. That is under
// 140 tries in a school day against 10 000 codes, from however many devices.
const (
	freeTries   = 3
	firstWait   = 10 * time.Second
	longestWait = 5 * time.Minute
)

func pupilWait(failures int) time.Duration {
	if failures <= freeTries {
		return 0
	}
	if doublings := failures - freeTries - 1; doublings < 5 {
		return firstWait << doublings
	}
	return longestWait
}

// waitError carries how long to wait, for the page's words.
type waitError struct{ wait time.Duration }

func (e waitError) Error() string { return "wait " + e.wait.String() }

// WaitOf tells how long a refused try has to wait.
func WaitOf(err error) (time.Duration, bool) {
	e, ok := errors.AsType[waitError](err)
	return e.wait, ok
}

func tooMany(wait time.Duration) error {
	wait = time.Duration(math.Ceil(wait.Seconds())) * time.Second
	return preau.E(preau.RateLimited, "too many tries", fmt.Sprintf("Wait %s, then try again; a teacher can give a new code.", wait), waitError{wait})
}

// rate is a token bucket: burst at once, one more every so often.
type rate struct {
	burst float64
	every time.Duration
}

// limiter keeps buckets in memory. After a restart they are full again; the
// waits of pupils' codes are in the database.
type limiter struct {
	clock preau.Clock
	mu    sync.Mutex
	have  map[string]*bucket
}

type bucket struct {
	rate   rate
	tokens float64
	at     time.Time
}

const maxBuckets = 20_000

func newLimiter(clock preau.Clock) *limiter {
	return &limiter{clock: clock, have: map[string]*bucket{}}
}

// take spends a token of key, or says how long until there is one. The try
// pays first and is refunded when it succeeds, so that parallel tries cannot
// all pass one check.
func (l *limiter) take(key string, r rate) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.have[key]
	if b == nil {
		if len(l.have) >= maxBuckets {
			l.sweep(now)
		}
		if len(l.have) >= maxBuckets {
			return r.every
		}
		b = &bucket{rate: r, tokens: r.burst, at: now}
		l.have[key] = b
	}
	b.fill(now)
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(r.every))
	}
	b.tokens--
	return 0
}

func (l *limiter) refund(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.have[key]; b != nil {
		b.tokens = min(b.tokens+1, b.rate.burst)
	}
}

func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.tokens+float64(d)/float64(b.rate.every), b.rate.burst)
		b.at = now
	}
}

// sweep forgets buckets that are full again.
func (l *limiter) sweep(now time.Time) {
	for key, b := range l.have {
		if b.fill(now); b.tokens >= b.rate.burst {
			delete(l.have, key)
		}
	}
}
