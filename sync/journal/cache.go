package journal

import (
	"container/list"
	"sync"

	"preau/sync/journal/codec"
)

// maxCache bounds the memory of decompressed blocks.
const maxCache = 8 << 20

// cache keeps the blocks read last. An edition of a block never changes and
// its key is never used again, so that nothing in here can be stale; whether
// a block still exists, and in which edition, is asked of the database.
type cache struct {
	mu    sync.Mutex
	byKey map[edition]*list.Element
	order list.List // of *cached, the newest in front
	size  int
}

// edition names a block as it was written once.
type edition struct{ first, number int64 }

type cached struct {
	edition
	block *codec.Block
}

func (c *cache) get(of edition) *codec.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[of]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).block
}

func (c *cache) put(of edition, b *codec.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[of] != nil {
		return
	}
	c.byKey[of] = c.order.PushFront(&cached{of, b})
	for c.size += b.Size(); c.size > maxCache && c.order.Len() > 1; {
		old := c.order.Remove(c.order.Back()).(*cached)
		delete(c.byKey, old.edition)
		c.size -= old.block.Size()
	}
}
