package pairing

import (
	"fmt"
	"sync"
	"time"

	"preau"
)

// tries counts, a key, what happened within a period, and refuses beyond a
// limit. Memory only: a restart forgives, and takes longer than a wait.
type tries struct {
	most   int
	period time.Duration

	mu   sync.Mutex
	seen map[string]*window
}

type window struct {
	n     int
	until time.Time
}

const maxKeys = 10_000

func newTries(most int, period time.Duration) *tries {
	return &tries{most: most, period: period, seen: map[string]*window{}}
}

// take counts one try under every key, before its outcome is known, so that a
// hundred at once are no better than one after the other. It is refused when
// a key is used up; forgive gives it back.
func (t *tries) take(now time.Time, keys ...string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.seen) > maxKeys {
		for k, w := range t.seen {
			if w.until.Before(now) {
				delete(t.seen, k)
			}
		}
	}
	for _, k := range keys {
		if w := t.seen[k]; w != nil && w.n >= t.most && now.Before(w.until) {
			return preau.E(preau.RateLimited, "too many tries", fmt.Sprintf("Try again in %s.", w.until.Sub(now).Round(time.Second)), nil)
		}
	}
	for _, k := range keys {
		w := t.seen[k]
		if w == nil || !now.Before(w.until) {
			w = &window{until: now.Add(t.period)}
			t.seen[k] = w
		}
		w.n++
	}
	return nil
}

func (t *tries) forgive(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		if w := t.seen[k]; w != nil && w.n > 0 {
			w.n--
		}
	}
}
