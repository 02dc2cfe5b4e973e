package live

import (
	"encoding/json"
	"log/slog"
	"sync"

	"preau/edge/live/lesson"
	"preau/edge/live/protocol"
)

// wake makes sure that a writer will look at the whole connection once more.
// It never blocks: whoever finds no writer starts one, the others leave their
// mark for it.
func (c *conn) wake() {
	if c.task.Wake() {
		go c.write()
	}
}

// nudge is wake for an event of the room and nothing else.
func (c *conn) nudge() {
	if c.task.Nudge() {
		go c.write()
	}
}

// stop ends writing for good and waits for a writer at work. The reader calls
// it once, with the line closed.
func (c *conn) stop() {
	c.gone.Store(true)
	if c.task.Stop() {
		<-c.idle
	}
}

// write sends all that is due, then ends. There is at most one per connection.
func (c *conn) write() {
	var buf *[]byte
	defer func() {
		if buf != nil {
			c.hub.buffers.Put(buf)
		}
	}()
	for {
		c.pace.Wait()
		whole := c.task.Begin()
		for more := true; more; {
			if c.gone.Load() {
				close(c.idle)
				return
			}
			if buf == nil {
				buf = c.hub.buffers.Get().(*[]byte)
			}
			var out []byte
			if out, more = c.due((*buf)[:0], whole); len(out) == 0 {
				break
			}
			if cap(out) <= maxBatch {
				*buf = out
			}
			c.writing.Store(max(1, c.hub.ms()))
			_, err := c.line.Write(out)
			c.writing.Store(0)
			c.pace.Wrote()
			if err != nil {
				c.hub.lost(c, err)
				break // the reader is about to find out
			}
		}
		if c.task.End() {
			return
		}
	}
}

// due appends to buf what the peer is to get next, up to maxBatch, and reports
// whether there is more. Events are read without the room's lock, which a
// class at work would fight for; for all else it is taken.
func (c *conn) due(buf []byte, whole bool) (out []byte, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() != 0 && c.bye == nil {
		return buf, false // goodbye was said
	}
	if whole || c.fresh || c.room == nil || len(c.last) > 0 {
		return c.gather(buf)
	}
	log := c.room.log
	for frame := log.Read(c.next); frame != nil; frame = log.Read(c.next) {
		if len(buf) > 0 && len(buf)+len(frame) > maxBatch {
			return buf, true
		}
		buf = append(buf, frame...)
		c.next++
	}
	if len(buf) == 0 {
		return c.gather(buf) // sent already, or behind what the log holds
	}
	return buf, false
}

// gather is due under the room's lock, for all there is.
func (c *conn) gather(buf []byte) (out []byte, more bool) {
	r := c.room
	if r != nil {
		r.mu.RLock()
		defer r.mu.RUnlock()
		if (!c.fresh || c.resume) && !r.log.Holds(c.next) {
			c.fresh, c.resume = true, false
			c.hub.resyncs.Add(1)
		}
	}
	for _, frame := range c.last {
		buf = append(buf, frame...)
	}
	c.last = nil
	if c.fresh {
		buf = c.welcome(buf, r)
	}
	if r != nil {
		for ; c.next < r.log.Next; c.next++ {
			frame := r.log.At(c.next)
			if len(buf) > 0 && len(buf)+len(frame) > maxBatch {
				return buf, true
			}
			buf = append(buf, frame...)
		}
	}
	for _, frame := range c.queue { // after the events: "ok" follows what it is about
		buf = append(buf, frame...)
	}
	c.queue = nil
	if r != nil {
		if v := r.lesson.Version(); v != c.told || !c.full {
			for _, m := range r.lesson.Levels(&c.who, lesson.Told{Version: c.told, First: !c.full, Keeps: c.keeps}) {
				buf = c.append(buf, m)
			}
			c.told, c.full = v, true
		}
	}
	buf = append(buf, c.bye...)
	c.bye = nil
	return buf, false
}

// welcome appends the message that makes the peer start afresh, or continue.
func (c *conn) welcome(buf []byte, r *room) []byte {
	if !c.greeted.Load() {
		return buf
	}
	w := &protocol.Welcome{You: protocol.You{ID: c.who.Person, Role: c.who.Role, Name: c.who.Name}, Now: c.hub.now(), Ping: c.hub.limits.Ping.Milliseconds()}
	var state []byte
	if r != nil {
		w.Room = &protocol.Room{ID: r.id, Title: r.title, Group: r.group}
		w.Epoch, w.Seq, w.Resumed = r.epoch, r.log.Next-1, c.resume
		if !c.resume {
			state = r.stateText(w.Now, c.hub.log)
			c.next = r.log.Next
			c.told, c.full, c.keeps = 0, false, false
		}
	}
	c.fresh, c.resume = false, false
	text, err := protocol.EncodeWelcome(w, state)
	if err != nil {
		c.hub.log.Error("live welcome cannot be encoded", "err", err)
		return buf
	}
	return append(buf, protocol.Frame(text)...)
}

// stateText is the state in JSON. The caller holds mu, for reading at least.
func (r *room) stateText(now int64, log *slog.Logger) []byte {
	text, err := r.whole.Get(r.log.Next, now, func() ([]byte, error) { return json.Marshal(r.lesson.Snapshot(now)) })
	if err != nil {
		log.Error("state of a room cannot be encoded", "room", r.id, "err", err)
		return []byte("{}")
	}
	return text
}

func (c *conn) append(buf []byte, m protocol.Message) []byte {
	text, err := protocol.Encode(m)
	if err != nil {
		c.hub.log.Error("live message cannot be encoded", "kind", protocol.KindOf(m), "err", err)
		return buf
	}
	return append(buf, protocol.Frame(text)...)
}

// newBuffers pools what writers gather into; they start small, because most
// writes are one event.
func newBuffers() *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}
}
