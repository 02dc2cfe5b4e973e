package live

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"preau"
	"preau/edge/live/backlog"
	"preau/edge/live/door"
	"preau/edge/live/ink"
	"preau/edge/live/lesson"
	"preau/edge/live/limits"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

// Item is what the hub tells screens about an item besides its id.
type Item = lesson.Item

// Identity is who is at the other end, as the server found out.
type Identity = lesson.Identity

// What outlives a room: see lesson.
type (
	Room      = lesson.Room
	Launch    = lesson.Launch
	Events    = lesson.Events
	Questions = lesson.Questions
	Limits    = limits.Limits
)

// Options are what a hub needs. Only Items, Events, Questions and Colleague
// may be nil.
type Options struct {
	DB    *sqlite.DB
	Clock preau.Clock
	Log   *slog.Logger
	// Authorise finds out who asks, from cookies. Its error decides the
	// answer; a role that is not of a room is refused.
	Authorise func(*http.Request) (Identity, error)
	// Sessions tells which are open by now, those of active having given a
	// sign of life. Nil: they last as long as their lines.
	Sessions func(ctx context.Context, active []string) (map[string]bool, error)
	// Items looks an item up, as staff or as pupils may see it; its error is
	// told to whoever named it. Nil accepts every id.
	Items  func(ctx context.Context, id string, staff bool) (Item, error)
	Events Events
	// Questions nil: they last as long as their room.
	Questions Questions
	// Colleague finds a teacher's name; its error is told to whoever invites.
	// Nil accepts every id.
	Colleague func(ctx context.Context, person string) (string, error)
	Limits    Limits
}

// Hub holds the rooms in session and every connection. Its methods may be
// called from any goroutine.
type Hub struct {
	o       Options
	log     *slog.Logger
	limits  Limits
	start   time.Time  // of the hub's clock, which does not jump when the box's is set
	buffers *sync.Pool // what writers gather into
	shakes  sync.Pool  // what handshakes are written from
	resyncs atomic.Uint64
	epochs  backlog.Epochs
	ink     *ink.Store

	ctx     context.Context // of records: ends with Serve
	cancel  context.CancelFunc
	readers sync.WaitGroup

	door     *door.Door
	sessions door.Sessions

	starting sync.Mutex // held by Start; taken before all others

	mu      sync.Mutex
	rooms   map[string]*room
	conns   map[*conn]struct{}
	closing bool
}

var errNoRoom = preau.E(preau.NotFound, "this lesson is not in session", "Start the lesson first.", nil)

// Open brings the tables up to date and the rooms back that were in session
// when the box stopped, each in a new epoch.
func Open(ctx context.Context, o Options) (*Hub, error) {
	h := &Hub{o: o, log: o.Log, limits: o.Limits, start: o.Clock.Now(), buffers: newBuffers(),
		rooms: map[string]*room{}, conns: map[*conn]struct{}{}}
	h.limits.Defaults()
	h.sessions.Open, h.sessions.Log = o.Sessions, o.Log
	h.door = door.New(h.limits.Conns, h.limits.PerDevice, h.limits.PerAddr)
	if err := h.load(ctx); err != nil {
		return nil, err
	}
	if err := h.openInk(ctx); err != nil {
		return nil, err
	}
	h.nameTeachers(ctx)
	if err := h.resumeQuestions(ctx); err != nil {
		return nil, err
	}
	// Records outlive the request that caused them, not the hub.
	h.ctx, h.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return h, nil
}

// now is server time in ms since 1970; it never jumps while the hub lives.
func (h *Hub) now() int64 { return h.start.Add(time.Since(h.start)).UnixMilli() }

// ms is the hub's age, for time-outs.
func (h *Hub) ms() int64 { return time.Since(h.start).Milliseconds() }

// Serve watches over the connections until ctx ends, then asks every client
// to come back later and closes what is left. It serves once.
func (h *Hub) Serve(ctx context.Context) error {
	tick := time.NewTicker(min(h.limits.Ping, h.limits.Hello, h.limits.Stall, h.limits.Silence) / 8)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.sweep()
		case <-ctx.Done():
			h.drain()
			return nil
		}
	}
}

// sweep finds the lines that are dead, stalled or mute, pings the others, and
// ends forgotten rooms. One clock for all costs less than timers for each.
func (h *Hub) sweep() {
	now, ping := h.ms(), protocol.ControlFrame(9, nil)
	after := func(since int64, d time.Duration) bool { return since != 0 && now-since > d.Milliseconds() }
	h.mu.Lock()
	defer h.mu.Unlock()
	var lines []door.Line
	due := h.sessions.Due(now)
	for c := range h.conns {
		if due {
			lines = append(lines, c)
		}
		switch {
		case after(c.writing.Load(), h.limits.Stall), after(c.closed.Load(), 2*time.Second):
			_ = c.line.Close() // a close frame would wait behind what it does not take
		case c.closed.Load() != 0:
		case !c.greeted.Load():
			if after(c.pinged, h.limits.Hello) { // since it came: pings of its own are no hello
				c.close(protocol.CloseNoHello)
			}
		case after(c.heard.Load(), h.limits.Silence):
			c.close(protocol.CloseSilent) // in case it hears but cannot speak
			_ = c.line.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		case after(c.pinged, h.limits.Ping):
			c.pinged = now
			c.send(ping)
		}
	}
	if due {
		h.readers.Go(func() { h.sessions.Check(h.ctx, h.limits.Stall, lines) })
	}
	for _, r := range h.rooms {
		r.mu.RLock()
		ended, patience := r.ended, h.limits.Night
		if ended {
			patience = h.limits.Stall // until its end is tried again
		}
		forgotten := h.now()-r.touched > patience.Milliseconds()
		r.mu.RUnlock()
		if forgotten {
			h.readers.Go(func() { h.endQuietly(r.id) })
		} else if !ended {
			h.readers.Go(func() { h.elapse(r) })
		}
	}
}

func (h *Hub) endQuietly(id string) {
	if err := h.End(h.ctx, id, Identity{}); err != nil && preau.KindOf(err) != preau.NotFound {
		h.log.Warn("forgotten room not ended", "room", id, "err", err)
	}
}

// drain says goodbye to all and waits until every reader is gone.
func (h *Hub) drain() {
	h.door.Shut()
	h.mu.Lock()
	h.closing = true
	for c := range h.conns {
		c.close(protocol.CloseRestart)
	}
	h.mu.Unlock()
	done := make(chan struct{})
	go func() { h.readers.Wait(); close(done) }() // ends with the readers
	grace := time.NewTimer(time.Second)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		h.mu.Lock()
		for c := range h.conns {
			_ = c.line.Close()
		}
		h.mu.Unlock()
		h.cancel()
		<-done
	}
	h.keepAllInk()
	h.cancel()
}

// lost notes a line that broke while being written to. Closing it tells the
// reader.
func (h *Hub) lost(c *conn, err error) {
	if !errors.Is(err, net.ErrClosed) {
		h.log.Debug("live line lost", "person", c.who.Person, "addr", c.addr, "err", err)
	}
	_ = c.line.Close()
}

// Recheck has the next sweep look which sessions are over.
func (h *Hub) Recheck() { h.sessions.Recheck() }

// Disconnect closes the connections that match, as when a session ends
// (CloseSignedOut) or a board is unpaired (CloseUnpaired).
func (h *Hub) Disconnect(code protocol.CloseCode, match func(Identity) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if match(c.who) {
			c.close(code)
		}
	}
}

// Stats are figures for telemetry.
type Stats struct {
	Rooms, Conns int
	Resyncs      uint64 // times a client was sent the state because it was behind
}

// Stats counts.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{Rooms: len(h.rooms), Conns: len(h.conns), Resyncs: h.resyncs.Load()}
}
