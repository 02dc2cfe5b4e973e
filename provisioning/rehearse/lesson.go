package rehearse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"preau/edge/live/protocol"
)

// push is one of the teacher's gestures.
type push struct {
	what protocol.Kind
	at   time.Time // it was sent
	seq  int64     // of its event
}

// lesson is a rehearsal at work.
type lesson struct {
	*cast
	teacher *screen

	mu       sync.Mutex
	pushes   []push
	refused  []string // what the box did not do
	spread   []float64
	asked    int
	answers  int
	expected int
	cuts     int
}

// endWithin is how long the end of a lesson may take.
const endWithin = 5 * time.Second

// play teaches until the time is over, then waits for who is on the way back.
func (l *lesson) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.o.Length+2*time.Minute)
	defer cancel()
	over, end := context.WithTimeout(ctx, l.o.Length)
	defer end()
	var wg sync.WaitGroup
	if l.o.CutEvery > 0 {
		wg.Go(func() { l.cutSome(over) })
	}
	wg.Go(func() { l.clocks(over) })
	if l.o.Films {
		for _, s := range l.tablets {
			wg.Go(func() { s.stream(over, l.film) })
		}
	}
	l.teach(ctx, over)
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.settle(ctx)
	return nil
}

// end ends the lesson. That it could not is a fault among the others: what was
// seen is reported all the same, and close tries once more.
func (l *lesson) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	if l.do(ctx, &protocol.End{}) == nil {
		l.running = false
	}
}

// teach goes through a lesson again and again.
func (l *lesson) teach(ctx, over context.Context) {
	last, minutes := time.Now(), 0
	for n := 0; ; n++ {
		at := float64(n % 30)
		for _, m := range []protocol.Message{
			&protocol.Open{Item: l.film.ID, Playing: true}, &protocol.Pause{}, &protocol.Seek{Position: at}, &protocol.Play{},
			&protocol.Attention{On: true}, &protocol.Attention{}, nil, &protocol.Pause{}, &protocol.Close{},
		} {
			if m == nil {
				l.ask(ctx, over)
			} else {
				_ = l.do(ctx, m) // noted
			}
			if !wait(over, l.o.Pace) {
				return
			}
			if time.Since(last) >= time.Minute {
				minutes++
				last = time.Now()
				l.o.Tell(fmt.Sprintf("%d min: %d pushes", minutes, len(l.pushes)))
			}
		}
	}
}

// do carries a gesture out and notes its event, or that it was refused.
func (l *lesson) do(ctx context.Context, m protocol.Message) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	at := time.Now()
	seq, err := l.teacher.Do(ctx, m)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, end := m.(*protocol.End)
	switch {
	case end && err == nil: // no screen is there to hear it
	case err == nil:
		l.pushes = append(l.pushes, push{protocol.KindOf(m), at, seq})
	default:
		l.refused = append(l.refused, fmt.Sprintf("%s: %v", protocol.KindOf(m), err))
	}
	return err
}

// ask puts a question, and counts the answers that the box has.
func (l *lesson) ask(ctx, over context.Context) {
	if l.do(ctx, &protocol.Ask{Form: protocol.FormTrueFalse, Text: "Rehearsal: is the box well?"}) != nil {
		return
	}
	q := l.question(ctx)
	if q == nil {
		return
	}
	want := l.pupils()
	deadline := time.Now().Add(max(l.o.Pace, 2*time.Second) * 2)
	for l.teacher.Here().Tally.ID != q.ID || l.teacher.Here().Tally.Answered < want {
		if time.Now().After(deadline) || !wait(over, 20*time.Millisecond) {
			break // one that is cut off answers when it is back, or not
		}
	}
	t := l.teacher.Here().Tally
	l.mu.Lock()
	l.asked++
	l.expected += min(want, max(t.Of, 0))
	if t.ID == q.ID {
		l.answers += min(t.Answered, want)
	}
	l.mu.Unlock()
	_ = l.do(ctx, &protocol.AskClose{ID: q.ID}) // noted
	_ = l.do(ctx, &protocol.AskEnd{ID: q.ID})
}

// question waits for the teacher's own screen to show the question.
func (l *lesson) question(ctx context.Context) *protocol.Question {
	for range 100 {
		if q := l.teacher.Here().State.Question; q != nil {
			return q
		}
		if !wait(ctx, 20*time.Millisecond) {
			break
		}
	}
	return nil
}

// cutSome carries one tablet after another out of reach, for one to six
// seconds.
func (l *lesson) cutSome(ctx context.Context) {
	for n := 0; wait(ctx, l.o.CutEvery); n++ {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < 8*time.Second {
			return // it would not be back
		}
		l.tablets[n%len(l.tablets)].cut(time.Second + rand.N(5*time.Second))
		l.mu.Lock()
		l.cuts++
		l.mu.Unlock()
	}
}

// clocks compares what the screens take for the box's time.
func (l *lesson) clocks(ctx context.Context) {
	for wait(ctx, 2*time.Second) {
		var least, most float64
		for i, s := range l.all() {
			// Against our own clock: asking all takes time too.
			off := float64(s.Now() - time.Now().UnixMilli())
			if i == 0 {
				least, most = off, off
			}
			least, most = min(least, off), max(most, off)
		}
		l.mu.Lock()
		l.spread = append(l.spread, most-least)
		l.mu.Unlock()
	}
}

// settle waits until every screen has heard of the last push, or for 20 s.
func (l *lesson) settle(ctx context.Context) {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) && wait(ctx, 50*time.Millisecond) {
		if rep := l.report(); rep.Missed == 0 {
			return
		}
	}
}
