package live

import (
	"slices"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// done is what became of a command.
type done struct {
	seq     int64           // of its event
	change  int64           // for save
	launch  *protocol.Stage // when something was opened
	screens int             // …on so many
}

// apply carries out a teacher's command: state, events, wake-ups.
func (r *room) apply(cmd protocol.Message, item Item, by Identity, now, lead int64) (d done, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return done{}, errNoRoom
	}
	r.touched = now
	r.change++
	defer func() { d.seq, d.change = r.log.Next-1, r.change }()
	switch m := cmd.(type) {
	case *protocol.Lower:
		if !r.roll.Change(m.Person, r.tick(), func(p *protocol.Member) { p.Hand, p.Since = 0, now }) {
			return d, preau.E(preau.NotFound, "nobody of that id is in this room", "", nil)
		}
		r.watched()
		return d, nil
	case *protocol.Attention:
		r.state.Attention = m.On
		return d, r.publish(&protocol.AttentionSet{On: m.On, By: by.Name})
	case *protocol.TimerStart, *protocol.TimerStop, *protocol.TimerPause, *protocol.TimerGo:
		return d, r.timed(cmd, now)
	case *protocol.ShareAsk:
		return d, r.askShare(m, by)
	case *protocol.Draw, *protocol.Rub:
		return d, r.drawn(cmd, by, now)
	case *protocol.Ask, *protocol.AskClose, *protocol.AskEnd:
		return d, r.asks(cmd, by, now)
	case *protocol.Open:
		if d.launch, err = stage.Opened(m, item.Kind, item.Title, by.Name, now, lead); err != nil {
			return d, err
		}
	}
	return d, r.staged(cmd, &d, now, lead)
}

// staged carries out a command on stages: those of the pupils it names, or
// those of all.
func (r *room) staged(cmd protocol.Message, d *done, now, lead int64) error {
	to, only := protocol.AimOf(cmd)
	if d.launch != nil {
		d.screens = r.screens(only)
	}
	if len(only) > 0 {
		return r.aimed(cmd, only, d.launch, now, lead)
	}
	st, events, err := stage.Apply(r.state, cmd, d.launch, now, lead)
	if err != nil {
		return err
	}
	r.state = st
	for _, ev := range events {
		if err := r.publish(ev); err != nil {
			return err
		}
	}
	if d.launch != nil && to.Pupils() {
		r.ownChanged(r.own.Clear()) // what is for all takes the place of what was for one
	}
	if d.launch != nil && to.Boards() {
		r.roll.Withdraw(d.launch.Item, r.tick())
	}
	return nil
}

// screens counts the connections of the room, or those of some persons.
func (r *room) screens(only []string) (n int) {
	if len(only) == 0 {
		return len(r.conns)
	}
	for _, c := range r.conns {
		if slices.Contains(only, c.who.Person) {
			n++
		}
	}
	return n
}
