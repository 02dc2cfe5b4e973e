package client

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"preau"
	"preau/edge/live/protocol"
)

// take brings the client's picture of the room up to date, then tells On.
func (c *Client) take(m protocol.Message) {
	if m == nil {
		return // from a newer box
	}
	c.mu.Lock()
	switch m := m.(type) {
	case *protocol.Welcome:
		c.room, c.you, c.point = m.Room, m.You, nil
		if !m.Resumed {
			c.epoch, c.seq, c.state, c.mine = m.Epoch, m.Seq, protocol.State{}, protocol.Mine{}
			c.tally, c.answers = protocol.Tally{}, protocol.Answers{}
			if m.State != nil {
				c.state = *m.State
			}
		}
	case *protocol.Mine:
		c.mine = *m
	case *protocol.Tally:
		c.tally = *m
	case *protocol.Answers:
		c.answers = heard(c.answers, m)
	case *protocol.Pointed:
		c.point = m
	case *protocol.Ended:
		c.seq, c.state, c.room, c.mine = m.Seq, protocol.State{}, nil, protocol.Mine{}
	case *protocol.Pong:
		c.clock.heard(m)
	case *protocol.OK:
		c.answer(m.Ref, m)
	case *protocol.Failure:
		c.answer(m.Ref, m)
	default:
		if seq, ok := protocol.SeqOf(m); ok {
			c.seq = seq
			follow(&c.state, m)
		}
	}
	c.mu.Unlock()
	if c.o.On != nil {
		c.o.On(m)
	}
}

func (c *Client) answer(ref string, m protocol.Message) {
	if ch := c.waits[ref]; ch != nil {
		ch <- m // it holds one, and is answered once
		delete(c.waits, ref)
	}
}

// Do sends a teacher's command and waits until the box has recorded it. The
// number of its event is returned; a refusal is an error of its kind. It must
// not be called from On.
func (c *Client) Do(ctx context.Context, m protocol.Message) (int64, error) {
	ref := strconv.FormatUint(c.ref.Add(1), 10)
	f := reflect.ValueOf(m).Elem().FieldByName("Ref")
	if !f.IsValid() {
		return 0, fmt.Errorf("%s is not a command", protocol.KindOf(m))
	}
	f.SetString(ref)
	ch := make(chan protocol.Message, 1)
	c.mu.Lock()
	c.waits[ref] = ch
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waits, ref)
		c.mu.Unlock()
	}()
	if err := c.Send(m); err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the box: %w", ctx.Err())
	case got := <-ch:
		switch got := got.(type) {
		case *protocol.OK:
			return got.Seq, nil
		case *protocol.Failure:
			return 0, &Refused{Failure: *got}
		}
		return 0, ErrNotConnected
	}
}

// Refused is a command the box refused.
type Refused struct{ protocol.Failure }

func (r *Refused) Error() string { return r.Kind + ": " + r.Text }

// Is makes errors.Is compare kinds: Refused of kind k is KindError(k).
func (r *Refused) Is(target error) bool {
	k, ok := target.(KindError)
	return ok && preau.Kind(k).String() == r.Kind
}

// KindError is a kind to look for with errors.Is.
type KindError preau.Kind

func (k KindError) Error() string { return preau.Kind(k).String() }

// heard puts answers together: a full list, then those that changed. What was
// handed out stays as it was.
func heard(known protocol.Answers, m *protocol.Answers) protocol.Answers {
	if m.Full || m.ID != known.ID {
		return *m
	}
	list := slices.Clone(known.Answers)
	for _, a := range m.Answers {
		if at := slices.IndexFunc(list, func(x protocol.AnswerGiven) bool { return x.Person == a.Person }); at >= 0 {
			list[at] = a
		} else {
			list = append(list, a)
		}
	}
	return protocol.Answers{ID: m.ID, Answers: list}
}

// follow brings a state up to date with an event.
func follow(st *protocol.State, m protocol.Message) {
	switch m := m.(type) {
	case *protocol.StageSet:
		if m.To.Boards() {
			st.Boards = m.Stage
		}
		if m.To.Pupils() {
			st.Pupils = m.Stage
		}
		st.Ink = onScreen(st)
	case *protocol.Inked:
		st.Ink = inked(st.Ink, m)
	case *protocol.Rubbed:
		st.Ink = rubbed(st.Ink, m)
	case *protocol.ChalkSet:
		st.Chalk = m.On
	case *protocol.AttentionSet:
		st.Attention = m.On
	case *protocol.TimerSet:
		st.Timer = m.Timer
	case *protocol.QuestionSet:
		st.Question = m.Question
	}
}

// Here is what a screen knows of its room.
type Here struct {
	You   protocol.You
	Room  *protocol.Room // nil while waiting for one
	Epoch int64
	Seq   int64
	State protocol.State
	Mine  protocol.Mine     // a pupil's own
	Tally protocol.Tally    // of a board or a teacher
	Given protocol.Answers  // to a teacher's question, put together
	Point *protocol.Pointed // the latest; nil: none
}

// Here returns the client's picture of the room.
func (c *Client) Here() Here {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Here{You: c.you, Room: c.room, Epoch: c.epoch, Seq: c.seq, State: c.state, Mine: c.mine, Tally: c.tally, Given: c.answers, Point: c.point}
}

// Stage is what this screen shows now, by its role; nil when nothing.
func (c *Client) Stage() *protocol.Stage {
	h := c.Here()
	if h.You.Role == protocol.RoleBoard {
		return h.State.Boards
	}
	if h.Mine.Stage != nil {
		return h.Mine.Stage // its own wins
	}
	return h.State.Pupils
}

// Now is the box's time in ms since 1970, as far as the client knows it.
func (c *Client) Now() int64 { return c.clock.now() }
