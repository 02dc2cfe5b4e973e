package journal

import (
	"container/list"
	"sync"

	"preau/sync/journal/codec"
)

// maxCache bounds the memory of decompressed blocks.
const maxCache = 8 << 20

// cache keeps the blocks read last. A block never changes and its key is
// never used again, so that nothing in here can be stale; whether a block
// still exists is asked of the database.
type cache struct {
	mu    sync.Mutex
	byKey map[int64]*list.Element
	order list.List // of *cached, the newest in front
	size  int
}

type cached struct {
	first int64
	block *codec.Block
}

func (c *cache) get(first int64) *codec.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[first]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).block
}

func (c *cache) put(first int64, b *codec.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[first] != nil {
		return
	}
	c.byKey[first] = c.order.PushFront(&cached{first, b})
	for c.size += b.Size(); c.size > maxCache && c.order.Len() > 1; {
		old := c.order.Remove(c.order.Back()).(*cached)
		delete(c.byKey, old.first)
		c.size -= old.block.Size()
	}
}
