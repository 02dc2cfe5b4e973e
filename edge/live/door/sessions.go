package door

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// every is how often lines are checked against their sessions.
const every = 10 * time.Second

// Line is one that must not outlive its session.
type Line interface {
	Session() string // public name; empty: none to end
	Spoke() bool     // somebody did something there since the last time
	SignOut()        // must not wait
}

// Sessions finds the lines whose sessions are over: somebody ended them, their
// time is up, or their person is no longer who signed in.
type Sessions struct {
	// Open tells which are open by now, those of active having given a sign
	// of life. Nil: they last as long as their lines.
	Open func(ctx context.Context, active []string) (map[string]bool, error)
	Log  *slog.Logger
	next atomic.Int64 // ms of the caller's clock
}

// Recheck makes a check due.
func (s *Sessions) Recheck() { s.next.Store(0) }

// Due reports whether a check is, and starts the wait for the next one.
func (s *Sessions) Due(now int64) bool {
	if s.Open == nil || now < s.next.Load() {
		return false
	}
	s.next.Store(now + every.Milliseconds())
	return true
}

// Check signs out the lines whose sessions are over. They were listed before
// it is called: a session that opened since is not missed in what is read now.
func (s *Sessions) Check(ctx context.Context, atMost time.Duration, lines []Line) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	var active []string
	for _, l := range lines {
		if l.Spoke() {
			active = append(active, l.Session())
		}
	}
	open, err := s.Open(ctx, active)
	if err != nil {
		s.Log.Warn("sessions of live lines not checked", "err", err)
		return
	}
	for _, l := range lines {
		if id := l.Session(); id != "" && !open[id] {
			l.SignOut()
		}
	}
}
