package access

import (
	"sync"
	"time"

	"preau"
)

// cache spares the database a film's thousand range requests. An entry lives
// for seconds, and any change of sessions empties it.
type cache struct {
	clock preau.Clock
	mu    sync.Mutex
	have  map[string]cached
	era   uint64 // grows with every clear: what was read before one is not kept after it
	told  func() // called after each; may be nil
}

type cached struct {
	session Session
	until   time.Time
}

const (
	cacheFor  = 20 * time.Second
	maxCached = 2000
)

func newCache(clock preau.Clock) *cache { return &cache{clock: clock, have: map[string]cached{}} }

func (c *cache) get(hash []byte) (s Session, era uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.have[string(hash)]
	if !ok || !c.clock.Now().Before(e.until) {
		return Session{}, c.era, false
	}
	return e.session, c.era, true
}

// put keeps what was read in era.
func (c *cache) put(hash []byte, s Session, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if len(c.have) >= maxCached {
		clear(c.have)
	}
	c.have[string(hash)] = cached{s, c.clock.Now().Add(cacheFor)}
}

func (c *cache) clear() {
	c.mu.Lock()
	c.era++
	clear(c.have)
	c.mu.Unlock()
	if c.told != nil {
		c.told()
	}
}
