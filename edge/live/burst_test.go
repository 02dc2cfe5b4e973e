package live_test

import (
	"net"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau/edge/live"
	"preau/edge/live/protocol"
	"preau/edge/live/task"
)

// TestBurst_ReachesEveryScreenInOrder publishes from many sides at once into
// a log that holds all of it: each screen hears every event once, in order.
func TestBurst_ReachesEveryScreenInOrder(t *testing.T) {
	const commands, sides = 400, 20
	b := newBox(t, live.Limits{Events: 2 * commands})
	b.start("r1")
	screens := []*screen{b.join(pupil("p1")), b.join(pupil("p2")), b.join(board("b1", "r1")), b.join(teacher("t1"))}
	for _, s := range screens {
		b.wait("its room", func() bool { return s.Here().Room != nil })
	}
	last := b.attentions(commands, sides)
	for i, s := range screens {
		b.wait("the last event", func() bool { return s.Here().Seq == last })
		next := last - commands + 1
		for _, m := range s.all() {
			if a, ok := m.(*protocol.AttentionSet); ok {
				if a.Seq != next {
					t.Fatalf("screen %d hears %d, want %d", i, a.Seq, next)
				}
				next++
			}
		}
		if next != last+1 {
			t.Errorf("screen %d heard all before %d only", i, next)
		}
	}
}

// TestBurst_BeyondTheLogEndsInTheState is the same with a log too short for
// it: whoever fell behind starts from the state, nobody goes back.
func TestBurst_BeyondTheLogEndsInTheState(t *testing.T) {
	b := newBox(t, live.Limits{Events: 4})
	b.start("r1")
	screens := []*screen{b.join(pupil("p1")), b.join(pupil("p2")), b.join(board("b1", "r1"))}
	for _, s := range screens {
		b.wait("its room", func() bool { return s.Here().Room != nil })
	}
	last := b.attentions(400, 20)
	st, _, _ := b.hub.Look("r1")
	for i, s := range screens {
		b.wait("the last event", func() bool { h := s.Here(); return h.Seq == last && h.State.Attention == st.Attention })
		was := int64(0)
		for _, m := range s.all() {
			seq := was
			switch m := m.(type) {
			case *protocol.AttentionSet:
				seq = m.Seq
			case *protocol.Welcome:
				seq = m.Seq
			}
			if seq < was {
				t.Fatalf("screen %d goes back from %d to %d", i, was, seq)
			}
			was = seq
		}
	}
}

// TestBurst_LeavesInFewWrites counts what a line writes while a burst comes:
// no more than its pace allows, however long the burst takes.
func TestBurst_LeavesInFewWrites(t *testing.T) {
	b := newBox(t, live.Limits{Events: 1000})
	b.start("r1")
	var writes atomic.Int64
	srv := httptest.NewUnstartedServer(b.srv.Config.Handler)
	srv.Listener = countingListener{srv.Listener, &writes}
	srv.Start()
	t.Cleanup(srv.Close)
	b.url = srv.URL
	s := b.join(pupil("p1"))
	b.wait("its room", func() bool { return s.Here().Room != nil })
	before, began := writes.Load(), time.Now()
	last := b.attentions(200, 20)
	b.wait("the last event", func() bool { return s.Here().Seq == last })
	got, most := writes.Load()-before, int64(time.Since(began)/task.Apart)+2
	if got > most {
		t.Errorf("200 events left in %d writes, want %d at most", got, most)
	}
}

// countingListener counts the writes of all its connections.
type countingListener struct {
	net.Listener
	writes *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, l.writes}, err
}

type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// attentions sends commands from many sides at once, and returns the number of
// the last event.
func (b *box) attentions(commands, sides int) (last int64) {
	b.t.Helper()
	by := live.Identity{Role: protocol.RoleTeacher, Person: "t1"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for side := range sides {
		wg.Go(func() {
			for i := range commands / sides {
				seq, err := b.hub.Command(b.t.Context(), "r1", by, &protocol.Attention{On: (i+side)%2 == 0})
				if err != nil {
					b.t.Error(err)
					return
				}
				mu.Lock()
				last = max(last, seq)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return last
}
