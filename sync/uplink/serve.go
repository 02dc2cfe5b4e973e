package uplink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"preau"
	"preau/sync/journal"
)

const (
	backOffFirst = 2 * time.Second
	backOffMost  = 10 * time.Minute
	refusedWait  = 15 * time.Minute // a store that refuses us will not change its mind soon
	checkEvery   = time.Minute      // hints may be dropped: look now and then
	pruneEvery   = time.Hour
)

// Serve delivers until ctx ends. Failures of the line or the store never end
// it: they are noted for Status, and tried again.
func (u *Uplink) Serve(ctx context.Context) error {
	s := &schedule{due: map[preau.Stream]time.Time{}}
	// What an earlier life left behind leaves at once.
	s.wake = time.Now()
	for {
		timer := time.NewTimer(time.Until(s.wake))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case stream := <-u.cfg.Journal.Appended():
			timer.Stop()
			s.hint(stream, u.cfg.Pace[stream].After)
			continue
		case <-timer.C:
		}
		u.turn(ctx, s)
	}
}

// schedule is Serve's own memory of when to do what.
type schedule struct {
	due      map[preau.Stream]time.Time
	wake     time.Time
	blocked  time.Time // nothing is sent before
	failures int
	polled   time.Time
	quiet    int // polls for a receipt without an answer
	pruned   time.Time
}

func (s *schedule) hint(stream preau.Stream, after time.Duration) {
	if _, ok := s.due[stream]; !ok {
		s.due[stream] = time.Now().Add(after)
	}
	s.wake = earliest(s.wake, s.due[stream])
}

// turn does what is due now and sets the next wake.
func (u *Uplink) turn(ctx context.Context, s *schedule) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	due := map[preau.Stream]bool{}
	for stream, at := range s.due {
		due[stream] = !at.After(now)
	}
	err := u.sealDue(ctx, due)
	for stream, is := range due {
		if is && err == nil {
			delete(s.due, stream)
		}
	}
	tried := err != nil || !now.Before(s.blocked)
	if err == nil && tried {
		err = u.send(ctx, due)
		if err == nil {
			err = u.poll(ctx, s)
		}
	}
	if tried && ctx.Err() == nil {
		s.after(err)
		u.remember(ctx, err)
	}
	if now.Sub(s.pruned) >= pruneEvery {
		s.pruned = now
		u.prune(ctx)
	}
	s.plan(u)
}

// sealDue adds to what is due the streams that have rows enough.
func (u *Uplink) sealDue(ctx context.Context, due map[preau.Stream]bool) error {
	if err := u.refresh(ctx); err != nil {
		return err
	}
	for stream, pace := range u.cfg.Pace {
		due[stream] = due[stream] || pace.Rows > 0 && u.waiting(stream) >= pace.Rows
	}
	return u.seal(ctx, due, false)
}

// after sets the back-off: full jitter, so that a county of boxes does not
// return as one.
func (s *schedule) after(err error) {
	switch {
	case err == nil:
		s.failures, s.blocked = 0, time.Time{}
	case preau.KindOf(err) == preau.Forbidden:
		s.blocked = time.Now().Add(refusedWait)
	default:
		ceiling := min(backOffFirst<<min(s.failures, 16), backOffMost)
		s.failures++
		s.blocked = time.Now().Add(ceiling/2 + rand.N(ceiling/2))
	}
}

// poll looks for a receipt while one is owed, less and less often.
func (u *Uplink) poll(ctx context.Context, s *schedule) error {
	owed, err := u.plans(ctx, "delivered")
	if err != nil {
		return err
	}
	if len(owed) == 0 {
		s.quiet, s.polled = 0, time.Time{}
		return nil
	}
	if time.Since(s.polled) < u.cfg.Poll<<min(s.quiet, 4) {
		return nil
	}
	s.polled = time.Now()
	s.quiet++
	if err := u.receipts(ctx); err != nil {
		return err
	}
	left, err := u.plans(ctx, "delivered")
	if len(left) < len(owed) {
		s.quiet = 0
	}
	return err
}

// plan decides when to wake next.
func (s *schedule) plan(u *Uplink) {
	now := time.Now()
	s.wake = now.Add(checkEvery)
	for _, p := range journal.Streams() {
		if u.maker.Leaves(p.Stream) && u.waiting(p.Stream) > 0 {
			s.hint(p.Stream, u.cfg.Pace[p.Stream].After)
		}
	}
	for _, at := range s.due {
		s.wake = earliest(s.wake, at)
	}
	if !s.polled.IsZero() {
		s.wake = earliest(s.wake, s.polled.Add(u.cfg.Poll<<min(s.quiet, 4)))
	}
	if s.blocked.After(now) {
		s.wake = later(s.wake, earliest(s.blocked, now.Add(checkEvery)))
	}
	s.wake = later(s.wake, now.Add(50*time.Millisecond)) // never spin
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// send delivers every sealed segment, in order of priority, sealing what
// falls due meanwhile so that attendance overtakes.
func (u *Uplink) send(ctx context.Context, due map[preau.Stream]bool) error {
	skip := map[preau.Stream]bool{}
	var trouble error
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := u.plans(ctx, "sealed")
		if err != nil {
			return err
		}
		p, ok := u.pick(list, skip)
		if !ok {
			return trouble
		}
		if err := u.introduce(ctx); err != nil {
			return err
		}
		err = u.deliver(ctx, p)
		switch {
		case err == nil:
		case errors.Is(err, errSpool):
			if err := u.lost(ctx, p); err != nil {
				return err
			}
		case preau.KindOf(err) == preau.Untrusted || preau.KindOf(err) == preau.Corrupt || preau.KindOf(err) == preau.TooLarge:
			// One stream's trouble never holds up another.
			skip[p.stream], trouble = true, err
		default:
			return err
		}
		if err := u.seal(ctx, due, false); err != nil {
			return err
		}
	}
}

// Flush seals all that waits and delivers it, and returns once the store has
// everything, or with what prevented it. The end of a lesson calls it.
func (u *Uplink) Flush(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	err := u.flush(ctx)
	if err == nil {
		err = u.receipts(ctx)
	}
	u.remember(ctx, err)
	return err
}

// flush goes round again for what the spool had lost, not for ever: pupils
// may go on working.
func (u *Uplink) flush(ctx context.Context) error {
	for range 3 {
		if err := u.seal(ctx, nil, true); err != nil {
			return err
		}
		list, err := u.plans(ctx, "sealed")
		if err != nil || len(list) == 0 {
			return err
		}
		if err := u.send(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// prune lets the journal drop what is receipted and past its retention.
func (u *Uplink) prune(ctx context.Context) {
	n, err := u.cfg.Journal.Prune(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		u.cfg.Log.Error("prune journal", "err", err)
	} else if n > 0 {
		u.cfg.Log.Info("journal pruned", "statements", n)
	}
}
