package index

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sync"
)

// A word's items are kept once they were read, if they are more than
// keptItems: the others cost a fraction of a millisecond. All that is kept has
// keptBytes at most; what was asked for longest ago goes first.
const (
	keptItems = 1000
	keptBytes = 8 << 20
)

// packed is a set as it is kept: bit by bit, or the gaps between its items,
// whichever is smaller.
type packed struct {
	bits set
	gaps []byte
}

func pack(s set) *packed {
	gaps := make([]byte, 0, 8*len(s))
	last := 0
	for i := range s {
		for w := s[i]; w != 0; w &= w - 1 {
			at := i*64 + bits.TrailingZeros64(w)
			if len(gaps)+binary.MaxVarintLen32 > cap(gaps) {
				return &packed{bits: s}
			}
			gaps = binary.AppendUvarint(gaps, uint64(at-last))
			last = at
		}
	}
	return &packed{gaps: append([]byte(nil), gaps...)}
}

// unpack gives the set back, of so many words. It is not to be changed.
func (p *packed) unpack(words int) set {
	if p.bits != nil {
		return p.bits
	}
	s := make(set, words)
	at := 0
	for b := p.gaps; len(b) > 0; {
		gap, size := binary.Uvarint(b)
		b = b[size:]
		at += int(gap)
		s.add(at)
	}
	return s
}

func (p *packed) size() int { return 8*len(p.bits) + len(p.gaps) + 100 }

// maxAnswers is how many answers are kept: a class types the same words.
const maxAnswers = 128

// key names a query; "" for one that is not kept.
func (q Query) key() string {
	if q.Among != nil || len(q.Q) > 200 {
		return ""
	}
	return fmt.Sprintf("%q", []any{q.Q, q.Kind, q.Service, q.Taxon, q.Level, q.Length, q.Access, q.Here, q.Staff, q.Day, q.Skip, q.Limit, q.Facets})
}

// cache keeps what was made lately, max of it by the sizes that it is told.
// What was asked for longest ago goes first.
type cache[V any] struct {
	max int

	mu        sync.Mutex
	list      map[string]*cached[V]
	size, now int
}

type cached[V any] struct {
	value      V
	size, used int
}

func newCache[V any](max int) *cache[V] { return &cache[V]{max: max, list: map[string]*cached[V]{}} }

func (c *cache[V]) get(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.list[key]
	if found == nil {
		return v, false
	}
	c.now++
	found.used = c.now
	return found.value, true
}

func (c *cache[V]) put(key string, v V, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.list[key]; old != nil {
		c.size -= old.size
	}
	c.now++
	c.list[key] = &cached[V]{v, size, c.now}
	c.size += size
	for c.size > c.max {
		oldest, name := c.list[key], key
		for other, found := range c.list {
			if found.used < oldest.used {
				oldest, name = found, other
			}
		}
		c.size -= oldest.size
		delete(c.list, name)
	}
}

// keys lists what is kept, oldest first.
func (c *cache[V]) keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Keys(c.list), func(a, b string) int { return c.list[a].used - c.list[b].used })
}

func (c *cache[V]) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.list)
	c.size = 0
}
