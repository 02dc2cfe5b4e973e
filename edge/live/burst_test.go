package live_test

import (
	"sync"
	"testing"

	"preau/edge/live"
	"preau/edge/live/protocol"
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
