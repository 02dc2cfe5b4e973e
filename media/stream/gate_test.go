package stream

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"preau/internal/express"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// line is a network that its transfers share evenly, in simulated time.
type line struct {
	capacity float64 // bytes a second
	clock    time.Time
	gate     *Gate
	tablets  []*tablet
}

// tablet plays one film by chunks of four seconds, with one chunk ahead.
type tablet struct {
	key     rideKey
	pace    float64
	start   time.Duration // when it first asks
	left    float64       // of the chunk on its way
	took    time.Duration // since the chunk was asked for
	ahead   float64       // seconds that it can play
	playing time.Duration // for how long
	stalled time.Duration
	turned  bool // away, and not let in since
	again   time.Time
}

const tick = 50 * time.Millisecond

func (l *line) run(length time.Duration) {
	begin := l.clock
	for ; l.clock.Sub(begin) < length; l.clock = l.clock.Add(tick) {
		busy := 0
		for _, t := range l.tablets {
			if l.clock.Sub(begin) >= t.start {
				l.ask(t)
			}
			if t.left > 0 {
				busy++
			}
		}
		for _, t := range l.tablets {
			l.carry(t, busy)
		}
	}
}

// ask begins the next chunk, when it is time and the gate lets it.
func (l *line) ask(t *tablet) {
	if t.left > 0 || t.ahead > 4 || l.clock.Before(t.again) {
		return
	}
	if t.turned = !l.gate.enter(t.key, int64(t.pace)); t.turned {
		t.again = l.clock.Add(5 * time.Second)
		return
	}
	t.left, t.took = 4*t.pace, 0
}

func (l *line) carry(t *tablet, busy int) {
	if t.left > 0 {
		t.left -= l.capacity / float64(busy) * tick.Seconds()
		if t.took += tick; t.left <= 0 {
			l.gate.sample(t.key, int64(4*t.pace), t.took)
			l.gate.leave(t.key)
			t.ahead += 4
		}
	}
	if t.ahead > 0 {
		t.ahead -= tick.Seconds()
		t.playing += tick
	} else if t.playing > 0 && !t.turned {
		t.stalled += tick
	}
}

// Tablets come one by one, more than the line carries: those that came in
// play on without a stall, and the line is put to good use.
func TestGate_ThosePlayingKeepTheirPace(t *testing.T) {
	const pace = 500 << 10
	for _, told := range []bool{true, false} {
		t.Run(fmt.Sprintf("told=%v", told), func(t *testing.T) {
			l := &line{capacity: 12 * pace, clock: time.Unix(1e9, 0), gate: NewGate(0)}
			if told {
				l.gate = NewGate(int64(l.capacity))
			}
			l.gate.now = func() time.Time { return l.clock }
			for i := range 30 {
				l.tablets = append(l.tablets, &tablet{key: rideKey{uint64(i), blob.Digest{}}, pace: pace, start: time.Duration(i) * 3 * time.Second})
			}
			l.run(5 * time.Minute)
			in := 0
			for i, tab := range l.tablets {
				if tab.playing > time.Minute {
					in++
				}
				if tab.stalled > 0 {
					t.Errorf("tablet %d stalled for %v of %v", i, tab.stalled, tab.playing+tab.stalled)
				}
			}
			if in < 7 || in > 12 {
				t.Errorf("%d films play on a line for 12", in)
			}
			if l.gate.Refused() == 0 {
				t.Error("nobody was refused")
			}
			// A version of an eighth of the weight has room where the film has not.
			if told && !l.gate.enter(rideKey{99, blob.Digest{1}}, pace/8) {
				t.Error("the lighter version is refused too")
			}
		})
	}
}

// A whole class begins at once: on a line that is told, as many as it carries
// play without a stall. Unknown, it lets all in before anything can be seen;
// what is seen then keeps the next one out, and puts out nobody.
func TestGate_AClassThatBeginsAtOnce(t *testing.T) {
	const pace = 500 << 10
	for _, told := range []bool{true, false} {
		l := &line{capacity: 12 * pace, clock: time.Unix(1e9, 0), gate: NewGate(0)}
		if told {
			l.gate = NewGate(int64(l.capacity))
		}
		l.gate.now = func() time.Time { return l.clock }
		for i := range 30 {
			l.tablets = append(l.tablets, &tablet{key: rideKey{uint64(i), blob.Digest{}}, pace: pace, start: time.Duration(i) * 100 * time.Millisecond})
		}
		l.run(3 * time.Minute)
		in := 0
		for i, tab := range l.tablets {
			if tab.playing == 0 {
				continue
			}
			in++
			if tab.turned {
				t.Errorf("told=%v: tablet %d, which came in, is put out", told, i)
			}
			if told && tab.stalled > 0 {
				t.Errorf("tablet %d stalled for %v", i, tab.stalled)
			}
		}
		if told && (in < 8 || in > 12) || !told && in != 30 {
			t.Errorf("told=%v: %d films play on a line for 12", told, in)
		}
		if l.gate.enter(rideKey{99, blob.Digest{}}, pace) {
			t.Errorf("told=%v: one more comes in", told)
		}
	}
}

func TestGate_LetsInWhatIsAloneOrOnNoLine(t *testing.T) {
	g := NewGate(1000)
	if !g.enter(rideKey{1, blob.Digest{}}, 1<<20) {
		t.Error("a lone film is refused")
	}
	if g.enter(rideKey{2, blob.Digest{}}, 1<<20) {
		t.Error("a second one is let in on a line that is told to be too thin for one")
	}
	g.leave(rideKey{1, blob.Digest{}})
	if !g.enter(rideKey{1, blob.Digest{}}, 1<<20) {
		t.Error("who plays is refused the next part")
	}
	if _, ok := g.who("", "127.0.0.1:5000"); ok {
		t.Error("the box's own screen is gated")
	}
	a, ok := g.who("preau=x; preau_device=abc; y=z", "192.0.2.1:5000")
	b, ok2 := g.who("preau_device=abc", "192.0.2.1:6000")
	c, ok3 := g.who("", "192.0.2.1:6000")
	if !ok || !ok2 || !ok3 || a != b || b == c {
		t.Error("a tablet is not known by its cookie, or else by its connection")
	}
}

// Over HTTP the next film is told to wait, in words and never as a fault of
// the box; what plays goes on, and so does all that is no film.
func TestHandler_TellsTheNextFilmToWait(t *testing.T) {
	store, err := blob.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1<<20)
	key := blob.Digest(sha256.Sum256(data))
	if err := store.Put(t.Context(), key, int64(len(data)), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	pace := int64(1 << 19)
	direct := NewDirect(DirectDeps{Blobs: store, Gate: NewGate(pace)})
	mux := http.NewServeMux()
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	kit.HandleFunc(mux, "/blobs/{sha256}", Handler(Deps{Blobs: store, Direct: direct,
		Meta: func(*http.Request, blob.Digest) (Meta, error) { return Meta{MIME: "video/mp4", Pace: pace}, nil }}))
	ask := func(method, from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/blobs/"+key.String(), nil)
		r.RemoteAddr = from
		r.Header.Set("Range", "bytes=0-9")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	shortly := func(from string) bool {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))
		a := &express.Answer{}
		ok := direct.Take(&express.Request{Path: []byte("/blobs/" + key.String()), Remote: func() net.Addr { return addr }}, a)
		if ok {
			a.Done(nil)
		}
		return ok
	}
	const first, second = "192.0.2.1:1000", "192.0.2.2:1000"
	if w := ask("GET", first); w.Code != 206 {
		t.Fatalf("a lone film: %d", w.Code)
	}
	w := ask("GET", second)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "the network is full") || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
		t.Errorf("the next film: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if shortly(second) {
		t.Error("the next film comes in by the short way")
	}
	if w := ask("GET", first); w.Code != 206 || !shortly(first) {
		t.Errorf("who plays is stopped: %d", w.Code)
	}
	if w := ask("HEAD", second); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := ask("GET", "127.0.0.1:1000"); w.Code != 206 {
		t.Errorf("the box's own screen: %d", w.Code)
	}
	pace = 0 // no film, or of unknown length
	if w := ask("GET", second); w.Code != 206 {
		t.Errorf("what is no film: %d", w.Code)
	}
}
