package stream

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/media/blob"
)

// Gate keeps films under way from stalling when more are asked for than the
// line carries: those playing go on, the next one is refused for now, or may
// come in a lighter version. What the line carries is told, or seen in how
// fast it takes what is under way: that is a guess, which keeps the next one
// out and never puts out a film that came in. A lone film is never refused.
// The box's own screen, by loopback, is on no line, and a film that was paused
// gives up its place after a while, not what is on its way.
type Gate struct {
	link int64 // bytes a second that are told; 0: unknown
	now  func() time.Time

	mu      sync.Mutex
	rides   map[rideKey]*ride
	judged  time.Time
	carries float64 // bytes a second, as seen; 0: unknown
	refused uint64
}

// rideKey is one film on one tablet.
type rideKey struct {
	who  uint64
	film blob.Digest
}

// ride is a film under way.
type ride struct {
	seen    time.Time
	moved   time.Time // when bytes last went
	under   int       // answers
	pace    int64     // bytes a second that it needs
	line    float64   // what the line carried in all, as this film saw it
	sampled time.Time
}

const (
	quietFor  = 15 * time.Second // after which a film no longer plays
	stillFor  = 2 * time.Minute  // without a byte of it, an answer under way is of a film that was paused
	fresh     = 10 * time.Second // how long a sample speaks for the line
	judgedFor = 500 * time.Millisecond
	atOnce    = 2 * time.Second // in which answers under way share the line
	// What comes in leaves a seventh of the line free: for what goes around each
	// packet, and so that a film that fills its buffer takes nothing from others.
	full = 0.85
)

// NewGate makes a gate for a line of so many bytes a second; 0: unknown.
func NewGate(link int64) *Gate {
	return &Gate{link: link, now: time.Now, rides: map[rideKey]*ride{}}
}

var whoSeed = maphash.MakeSeed()

// who tells tablets apart: by the cookie of the browser, or else by the
// connection. Not ok: it is on no line.
func (g *Gate) who(cookie, addr string) (who uint64, ok bool) {
	if ap, err := netip.ParseAddrPort(addr); err == nil && ap.Addr().Unmap().IsLoopback() {
		return 0, false
	}
	if _, after, found := strings.Cut(cookie, "preau_device="); found {
		addr, _, _ = strings.Cut(after, ";")
	}
	return maphash.String(whoSeed, addr), true
}

// admit is enter for a request, in words when it is refused. The answer says
// along as its bytes go, and leave when it is over.
func (g *Gate) admit(w http.ResponseWriter, r *http.Request, d blob.Digest, pace int64) (along, leave func(), err error) {
	free := func() {}
	if g == nil || pace == 0 {
		return free, free, nil
	}
	who, ok := g.who(strings.Join(r.Header.Values("Cookie"), "; "), r.RemoteAddr)
	if !ok {
		return free, free, nil
	}
	key := rideKey{who, d}
	if !g.enter(key, pace) {
		w.Header().Set("Retry-After", "5")
		return nil, nil, preau.E(preau.RateLimited, "the network is full: this film waits, so that those playing go on",
			"Try again in a moment, or take the lighter version.", nil)
	}
	return func() { g.move(key) }, func() { g.leave(key) }, nil
}

// enter lets a film's next part through, or not: only the first one is judged.
// What it lets through ends with leave.
func (g *Gate) enter(key rideKey, pace int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.judge(now)
	r := g.rides[key]
	if r == nil {
		if !g.room(pace, now) {
			g.refused++
			return false
		}
		r = &ride{}
		g.rides[key] = r
	}
	r.seen, r.moved, r.pace = now, now, pace
	r.under++
	return true
}

// move notes that bytes of a film went.
func (g *Gate) move(key rideKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rides[key]; r != nil {
		r.moved = g.now()
	}
}

func (g *Gate) leave(key rideKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rides[key]; r != nil {
		r.seen = g.now()
		r.under--
	}
}

// sample notes what the line took in how long.
func (g *Gate) sample(key rideKey, bytes int64, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, now := g.rides[key], g.now()
	if r != nil && bytes > 0 {
		r.moved = now
	}
	if r == nil || took <= 0 || bytes < 32<<10 {
		return
	}
	// The others who were answered meanwhile had as much.
	sharing := 0
	r.seen = now
	for _, other := range g.rides {
		if other.under > 0 && now.Sub(other.seen) < atOnce {
			sharing++
		}
	}
	rate := float64(bytes) / took.Seconds() * float64(max(1, sharing))
	if now.Sub(r.sampled) < fresh {
		rate = (rate + r.line) / 2
	}
	r.line, r.sampled = rate, now
}

// room reports whether one more film may come in.
func (g *Gate) room(pace int64, now time.Time) bool {
	var need int64
	for _, r := range g.rides {
		if r.plays(now) {
			need += r.pace
		}
	}
	return need == 0 || g.fits(need+pace)
}

func (r *ride) plays(now time.Time) bool { return now.Sub(r.moved) < stillFor }

// fits reports whether so many bytes a second leave enough of the line free,
// as it was told or else as it is seen. Who knows the line knows better than
// we: on a real one, where TCP does not share evenly, we see too little.
func (g *Gate) fits(need int64) bool {
	line := float64(g.link)
	if line == 0 {
		line = g.carries
	}
	return line == 0 || float64(need) <= full*line
}

// judge looks at the films under way, now and then.
func (g *Gate) judge(now time.Time) {
	if now.Sub(g.judged) < judgedFor {
		return
	}
	g.judged = now
	var seen []float64
	for key, r := range g.rides {
		switch {
		case r.under == 0 && now.Sub(r.seen) > quietFor:
			delete(g.rides, key)
		case now.Sub(r.sampled) < fresh:
			seen = append(seen, r.line)
		}
	}
	if g.carries = 0; len(seen) < 2 {
		return // one tablet in a far corner says nothing of the line
	}
	slices.Sort(seen)
	g.carries = seen[len(seen)/2]
}

// Playing and Refused are for the metrics.
func (g *Gate) Playing() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.judge(now)
	for _, r := range g.rides {
		if r.plays(now) {
			n++
		}
	}
	return n
}

// Refused counts the answers that said to wait.
func (g *Gate) Refused() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused
}
