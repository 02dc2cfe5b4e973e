package stage

import (
	"preau"
	"preau/edge/live/protocol"
)

// Afterglow is how long a timer that is over stays on screens, in ms.
const Afterglow = 60_000

// Timed works out what a timer's command makes of the timer; nil means that
// there is none any more. The old one is not altered.
func Timed(old *protocol.Timer, cmd protocol.Message, now int64) (*protocol.Timer, error) {
	if start, ok := cmd.(*protocol.TimerStart); ok {
		to, _ := protocol.AimOf(start)
		return &protocol.Timer{ID: preau.NewID().String(), To: to, Ends: now + int64(start.Seconds)*1000, Total: int64(start.Seconds) * 1000, Text: start.Text}, nil
	}
	if old = Running(old, now); old == nil {
		return nil, preau.E(preau.Conflict, "no timer is running", "Start one first.", nil)
	}
	t := *old
	switch cmd.(type) {
	case *protocol.TimerStop:
		return nil, nil
	case *protocol.TimerPause:
		if !t.Paused {
			t.Paused, t.Left, t.Ends = true, max(0, t.Ends-now), 0
		}
	case *protocol.TimerGo:
		if t.Paused {
			t.Paused, t.Ends, t.Left = false, now+t.Left, 0
		}
	}
	return &t, nil
}

// Running is the timer that screens still show; nil when it is long over.
func Running(t *protocol.Timer, now int64) *protocol.Timer {
	if t != nil && !t.Paused && now > t.Ends+Afterglow {
		return nil
	}
	return t
}
