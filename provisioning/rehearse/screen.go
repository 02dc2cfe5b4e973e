package rehearse

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

// screen is a tablet, the board or the teacher's: a client of the lesson that
// notes when it heard what, on a line that can be cut.
type screen struct {
	*client.Client // set by run; others wait for entered
	person         *person
	line           client.Options
	entered        chan struct{} // closed once it is in the lesson

	mu       sync.Mutex
	heard    map[int64]time.Time // events, by number
	doubled  int                 // events heard twice, or out of order
	last     int64
	spans    []gap // during which it was cut off or on its way back
	backs    []time.Duration
	state    map[int64]bool // numbers that it has as part of a state
	wire     net.Conn
	until    time.Time // out of reach
	carried  bool      // away by our doing, and not noticed yet
	drops    int       // lines lost otherwise
	ended    error     // the client came back no more
	answered string    // id of the last question it answered
	streamed int64
	starved  int
	why      error
}

// gap is a time without a line.
type gap struct{ from, to time.Time }

func newScreen(p *person, o Options) *screen {
	s := &screen{person: p, entered: make(chan struct{}), heard: map[int64]time.Time{}, state: map[int64]bool{}}
	var d net.Dialer
	s.line = client.Options{URL: p.Base, On: s.note, Cut: s.lost,
		Dialer: &websocket.Dialer{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 512, TLSClientConfig: o.TLS,
			NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				s.mu.Lock()
				far := s.away()
				s.mu.Unlock()
				if far {
					return nil, errors.New("out of reach")
				}
				line, err := d.DialContext(ctx, network, addr)
				s.mu.Lock()
				s.wire = line
				s.mu.Unlock()
				return line, err
			}}}
	return s
}

// away reports whether the screen is out of reach. The caller holds mu.
func (s *screen) away() bool { return time.Now().Before(s.until) }

// run keeps the screen in the lesson until ctx ends.
func (s *screen) run(ctx context.Context) {
	s.line.Header = s.person.Header() // the cookies that it has by now
	s.Client = client.New(s.line)
	err := s.Run(ctx)
	s.mu.Lock()
	s.ended = err
	s.mu.Unlock()
}

// cut is a tablet that is carried out of reach for a while.
func (s *screen) cut(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until, s.carried = time.Now().Add(d), true
	if s.wire != nil {
		_ = s.wire.Close() // the way a line is lost
	}
}

// lost notes the end of a line. Tries that fail while it is away are the same
// gap.
func (s *screen) lost(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spans); n > 0 && s.spans[n-1].to.IsZero() {
		return
	}
	s.spans = append(s.spans, gap{from: time.Now()})
	if s.carried {
		s.carried = false
	} else {
		s.drops++
		s.why = err
	}
}

// note takes in what the screen hears.
func (s *screen) note(m protocol.Message) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := m.(*protocol.Welcome); ok {
		s.welcomed(w, now)
		return
	}
	seq, ok := protocol.SeqOf(m)
	if !ok {
		return
	}
	if _, twice := s.heard[seq]; twice || seq <= s.last {
		s.doubled++
	}
	s.heard[seq], s.last = now, max(s.last, seq)
	q, ok := m.(*protocol.QuestionSet)
	if ok && q.Question != nil && q.Question.Open && s.person.Account.Group != "" && q.Question.ID != s.answered {
		s.answered = q.Question.ID
		_ = s.Send(&protocol.Answer{ID: q.Question.ID, Value: protocol.Value{Choices: []int{int(seq % 2)}}}) // a line lost right now is seen by the count
	}
}

func (s *screen) welcomed(w *protocol.Welcome, now time.Time) {
	if w.Room == nil {
		return
	}
	if n := len(s.spans); n > 0 && s.spans[n-1].to.IsZero() {
		s.spans[n-1].to = now
		from := s.spans[n-1].from
		if s.until.After(from) {
			from = s.until
		}
		s.backs = append(s.backs, now.Sub(from))
	}
	if !w.Resumed {
		s.state[w.Seq], s.last = true, w.Seq
	}
	select {
	case <-s.entered:
	default:
		close(s.entered)
	}
}

// trouble is why the screen is not in the lesson, as far as it knows.
func (s *screen) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}
