package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

// scissors cut lines without a word, as Wi-Fi does.
type scissors struct {
	mu    sync.Mutex
	lines []net.Conn
}

func (s *scissors) dialer() *websocket.Dialer {
	return &websocket.Dialer{HandshakeTimeout: 5 * time.Second, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		line, err := d.DialContext(ctx, network, addr)
		if err == nil {
			s.mu.Lock()
			s.lines = append(s.lines, line)
			s.mu.Unlock()
		}
		return line, err
	}}
}

// cut resets some of the lines.
func (s *scissors) cut(some func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.lines[:0]
	for _, line := range s.lines {
		if !some() {
			kept = append(kept, line)
			continue
		}
		_ = line.(*net.TCPConn).SetLinger(0) // what was on its way is lost
		_ = line.Close()                     // the client may have closed it
	}
	s.lines = kept
}

// whole checks that a screen heard every event once and in order: it starts
// over only at a welcome that brings the state.
func whole(t *testing.T, name string, s *screen) {
	t.Helper()
	at := int64(-1)
	for _, m := range s.all() {
		if w, ok := m.(*protocol.Welcome); ok && !w.Resumed {
			at = w.Seq
		}
		seq, ok := protocol.SeqOf(m)
		if !ok {
			continue
		}
		if seq != at+1 {
			t.Errorf("%s: event %d came after %d", name, seq, at)
		}
		at = seq
	}
}

// people is what a teacher's screen knows by what it heard.
func (s *screen) people() map[string]protocol.Member {
	known := map[string]protocol.Member{}
	for _, m := range s.all() {
		if p, ok := m.(*protocol.Presence); ok {
			if p.Full {
				clear(known)
			}
			for _, x := range p.Members {
				known[x.ID] = x
			}
		}
	}
	return known
}

// TestLevels_EveryScreenIsRightInTheEndWhateverIsCut drives a class at random
// while its lines are cut at random moments, with a log that is sometimes too
// short to resume from. In the end each screen shows what the box has, and
// none missed an event or heard one twice.
func TestLevels_EveryScreenIsRightInTheEndWhateverIsCut(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, uint64(time.Now().UnixNano())} { //nolint:gosec // any number will do
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			events := 1024
			if seed%2 == 0 {
				events = 8
			}
			drive(t, rand.New(rand.NewPCG(seed, 4)), events) //nolint:gosec // a test's dice
		})
	}
}

func drive(t *testing.T, dice *rand.Rand, events int) {
	b := newBox(t, live.Limits{Events: events})
	b.start("r1")
	var cutter scissors
	class := map[string]*screen{}
	for name, h := range map[string]map[string][]string{"t1": teacher("t1"), "t2": teacher("t2"), "b1": board("b1", "r1"),
		"p1": pupil("p1"), "p2": pupil("p2"), "p3": pupil("p3")} {
		class[name] = b.joinBy(h, cutter.dialer(), 20*time.Millisecond)
	}
	by := live.Identity{Role: protocol.RoleTeacher, Person: "t1", Name: "Name of t1"}
	must := func(m protocol.Message) {
		if _, err := b.hub.Command(t.Context(), "r1", by, m); err != nil {
			t.Fatalf("%s: %v", protocol.KindOf(m), err)
		}
	}
	may := func(m protocol.Message) { _, _ = b.hub.Command(t.Context(), "r1", by, m) } // refused when there is nothing open
	one := func() []string { return []string{fmt.Sprintf("p%d", 1+dice.IntN(4))} }
	var point *protocol.Point
	moves := []func(){
		func() { must(&protocol.Open{Item: "film", Playing: true}) },
		func() { must(&protocol.Open{Item: "board only", To: protocol.ToBoards}) },
		func() { must(&protocol.Open{Item: "help", To: protocol.ToPupils, For: one()}) },
		func() { may(&protocol.Seek{Position: float64(dice.IntN(90)), To: protocol.ToPupils, For: one()}) },
		func() { may(&protocol.Close{To: protocol.ToPupils, For: one()}) },
		func() { may(&protocol.Close{To: protocol.ToPupils}) },
		func() { must(&protocol.Attention{On: dice.IntN(2) == 0}) },
		func() { must(&protocol.TimerStart{Seconds: 60}) },
		func() { may(&protocol.TimerPause{}) },
		func() { may(&protocol.TimerStop{}) },
		func() { may(&protocol.ShareAsk{Person: one()[0]}) },
		func() { must(&protocol.Invite{Person: "t2"}) },
		func() {
			s := class[one()[0]]
			if s == nil {
				return
			}
			if ask := s.Here().Mine.Share; ask != nil {
				_ = s.Send(&protocol.Share{ID: ask.ID, Yes: dice.IntN(2) == 0, Item: "essay"}) // its line may be cut
			}
			_ = s.Send(&protocol.Hand{Up: dice.IntN(2) == 0})
			_ = s.Send(&protocol.Status{Item: "x", Position: float64(dice.IntN(90)), Mood: protocol.MoodStuck})
		},
		func() {
			p := &protocol.Point{Launch: "l", X: dice.Float64(), Y: dice.Float64()}
			if class["t1"].Send(p) == nil {
				point = p
			}
		},
	}
	asked := func() string {
		if st, _, _ := b.hub.Look("r1"); st.Question != nil {
			return st.Question.ID
		}
		return ""
	}
	strokes := 0
	moves = append(moves,
		func() { must(&protocol.Ask{Form: protocol.FormChoice, Text: "?", Choices: []string{"a", "b", "c"}}) },
		func() {
			if s, id := class[one()[0]], asked(); s != nil && id != "" {
				_ = s.Send(&protocol.Answer{ID: id, Value: protocol.Value{Choices: []int{dice.IntN(3)}}}) // its line may be cut
			}
		},
		func() { may(&protocol.AskClose{ID: asked()}) },
		func() { may(&protocol.AskEnd{ID: asked()}) },
		func() {
			st, _, _ := b.hub.Look("r1")
			if st.Boards == nil {
				return
			}
			strokes++
			may(&protocol.Draw{Ref: "r", Launch: st.Boards.Launch, Strokes: []protocol.Stroke{{ID: fmt.Sprint("s", strokes), Tool: "pen", Color: "#0000ff", Width: 0.01,
				Points: []float64{0.5, dice.Float64(), 1}}}})
		},
	)
	for range 400 {
		moves[dice.IntN(len(moves))]()
		if dice.IntN(12) == 0 {
			cutter.cut(func() bool { return dice.IntN(3) == 0 })
		}
	}
	must(&protocol.Invite{Person: "t2"})
	if point != nil {
		b.wait("the last point to be taken", func() bool { return class["t1"].Send(point) == nil })
	}
	b.settled(class)
	all := []string{"p1", "p2", "p3"}
	for range 5 { // what ends while a tablet is away must end on it
		must(&protocol.Open{Item: "help", To: protocol.ToPupils, For: all})
		b.wait("her to be here to be asked", func() bool {
			_, err := b.hub.Command(t.Context(), "r1", by, &protocol.ShareAsk{Person: "p1"})
			return err == nil
		})
		b.settled(class)
		cutter.cut(func() bool { return true })
		must(&protocol.Close{To: protocol.ToPupils, For: all})
		b.settled(class)
	}
	for name, s := range class {
		whole(t, name, s)
	}
	if id := asked(); id == "" {
		must(&protocol.Ask{Form: protocol.FormTrueFalse, Text: "?"})
	} else if dice.IntN(2) == 0 {
		must(&protocol.AskEnd{ID: id})
		must(&protocol.Ask{Form: protocol.FormTrueFalse, Text: "?"})
	}
	b.tallied(class)
	if s := class["p1"]; point != nil {
		b.wait("the point", func() bool { p := s.Here().Point; return p != nil && p.X == point.X })
	}
}

// tallied waits until the board's and the teachers' figures are those of the
// answers that the pupils know to be recorded.
func (b *box) tallied(class map[string]*screen) {
	b.t.Helper()
	b.settled(class)
	b.wait("the tally to be as the answers", func() bool {
		st, _, _ := b.hub.Look("r1")
		given := map[string]protocol.Value{}
		for _, person := range []string{"p1", "p2", "p3"} {
			if a := b.hub.Mine("r1", person).Answer; a != nil && a.ID == st.Question.ID {
				given[person] = a.Value
			}
		}
		for _, name := range []string{"b1", "t1", "t2"} {
			h := class[name].Here()
			if h.Tally.ID != st.Question.ID || h.Tally.Answered != len(given) {
				return false
			}
			if name == "b1" {
				continue
			}
			if h.Given.ID != st.Question.ID || len(h.Given.Answers) != len(given) {
				return false
			}
			for _, a := range h.Given.Answers {
				if !reflect.DeepEqual(a.Value, given[a.Person]) {
					return false
				}
			}
		}
		return true
	})
}

// settled waits until every screen shows what the box has, and tells what one
// that does not is short of.
func (b *box) settled(class map[string]*screen) {
	b.t.Helper()
	for name, s := range class {
		behind := ""
		deadline := time.Now().Add(10 * time.Second)
		for {
			if behind = b.behind(name, s); behind == "" {
				break
			}
			if time.Now().After(deadline) {
				b.t.Fatalf("%s is not as the box after 10 s: %s", name, behind)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// behind tells how a screen is not as the box; "" when it is.
func (b *box) behind(name string, s *screen) string {
	st, members, _ := b.hub.Look("r1")
	h := s.Here()
	if h.Room == nil {
		return "it is in no room"
	}
	if !reflect.DeepEqual(h.State, st) {
		return fmt.Sprintf("at event %d it shows %s, want %s", h.Seq, text(h.State), text(st))
	}
	switch h.You.Role {
	case protocol.RolePupil:
		if mine := b.hub.Mine("r1", name); !reflect.DeepEqual(h.Mine, mine) {
			return fmt.Sprintf("its own is %s, want %s", text(h.Mine), text(mine))
		}
	case protocol.RoleTeacher:
		known := s.people()
		for _, m := range members {
			if !reflect.DeepEqual(known[m.ID], m) {
				return fmt.Sprintf("it knows %s, want %s", text(known[m.ID]), text(m))
			}
		}
		if len(known) != len(members) {
			return fmt.Sprintf("it knows %d people, want %d", len(known), len(members))
		}
	}
	return ""
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// joinBy is join with a dialer and a wait of one's own.
func (b *box) joinBy(h map[string][]string, d *websocket.Dialer, retry time.Duration) *screen {
	b.t.Helper()
	s := &screen{end: make(chan error, 1)}
	s.Client = client.New(client.Options{URL: b.url, Header: h, Retry: retry, Dialer: d, On: s.hear, Cut: s.cut})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.end <- s.Run(ctx); close(ended) }()
	b.t.Cleanup(func() { stop(); <-ended })
	b.wait("a welcome", func() bool { return s.Here().You.ID != "" })
	return s
}
