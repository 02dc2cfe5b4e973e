package refresh

import (
	"context"
	"errors"
	"sync"
)

// turns lets one bring at a time. A stick goes first: the line would hold the
// files that both have for hours.
type turns struct {
	one chan struct{} // holds the turn

	mu     sync.Mutex
	sticks int                     // waiting or under way
	stop   context.CancelCauseFunc // of the line's turn
}

var errStick = errors.New("a stick is being read")

// line works in a turn whose context ends when a stick comes. cut says that
// one came.
func (t *turns) line(ctx context.Context, work func(context.Context) error) (cut bool, err error) {
	select {
	case t.one <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-t.one }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	t.mu.Lock()
	t.stop = stop
	if t.sticks > 0 {
		stop(errStick)
	}
	t.mu.Unlock()
	err = work(ctx)
	return errors.Is(context.Cause(ctx), errStick), err
}

// stick works in a turn that the line gives up.
func (t *turns) stick(ctx context.Context, work func() error) error {
	t.mu.Lock()
	t.sticks++
	if t.stop != nil {
		t.stop(errStick)
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.sticks--
	}()
	select {
	case t.one <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.one }()
	return work()
}
