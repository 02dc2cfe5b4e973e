package live

import (
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// timed carries out a timer's command. The caller holds mu.
func (r *room) timed(cmd protocol.Message, now int64) error {
	t, err := stage.Timed(r.state.Timer, cmd, now)
	if err != nil {
		return err
	}
	r.state.Timer = t
	return r.publish(&protocol.TimerSet{Timer: t})
}
