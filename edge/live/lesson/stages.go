package lesson

import (
	"preau/edge/live/protocol"
	"preau/edge/live/stage"
)

// staged carries out a command on stages: those of the pupils it names, or
// those of all.
func (l *Lesson) staged(ch *Change, cmd protocol.Message, at Moment) error {
	to, only := protocol.AimOf(cmd)
	if len(only) > 0 {
		changed, err := l.Own.Apply(cmd, only, ch.Launch, at.Now, at.Lead)
		l.ownChanged(ch, changed)
		return err
	}
	st, events, err := stage.Apply(l.State, cmd, ch.Launch, at.Now, at.Lead)
	if err != nil {
		return err
	}
	l.State = st
	l.Ink.Follow(st)
	for _, ev := range events {
		ch.say(ev)
	}
	if ch.Launch == nil {
		return nil
	}
	if to.Pupils() {
		l.ownChanged(ch, l.Own.Clear()) // what is for all takes the place of what was for one
	}
	if to.Boards() && l.Roll.Withdraw(ch.Launch.Item, l.tick()) {
		ch.Watch = true
	}
	return nil
}

func (l *Lesson) ownChanged(ch *Change, persons []string) {
	if len(persons) == 0 {
		return
	}
	ch.Parts = append(ch.Parts, partOwn)
	ch.Watch = true
	for _, person := range persons {
		l.mineChanged(ch, person)
		l.Roll.Change(person, l.tick(), func(m *protocol.Member) { m.Stage = l.launchOf(person) })
	}
}

// launchOf is the launch of a person's own stage, or "".
func (l *Lesson) launchOf(person string) string {
	if s := l.Own[person]; s != nil {
		return s.Launch
	}
	return ""
}
