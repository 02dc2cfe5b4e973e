package lesson

import "preau/edge/live/protocol"

// Enter notes one more connection of a person or a board.
func (l *Lesson) Enter(who Identity, now int64) {
	l.Roll.Enter(protocol.Member{ID: who.Person, Role: who.Role, Name: who.Name, Group: who.Group, Stage: l.launchOf(who.Person)}, now, l.tick())
}

// Leave notes one less, and reports whether it was the person's last.
func (l *Lesson) Leave(person string, now int64) bool { return l.Roll.Leave(person, now, l.tick()) }

// Hear takes in what a screen says besides commands: of itself, an answer,
// where a teacher points. Last is the number of the room's last event.
func (l *Lesson) Hear(who Identity, msg protocol.Message, now, last int64) (ch Change, err error) {
	switch m := msg.(type) {
	case *protocol.Answer:
		return ch, l.answer(&ch, who, m, now)
	case *protocol.Point:
		return ch, l.points(&ch, who, m)
	}
	ch.Watch = l.Roll.Hear(who.Person, msg, now, last, l.tick())
	return ch, nil
}

// Invite adds a teacher.
func (l *Lesson) Invite(person, name string) (ch Change, err error) {
	ch.Watch = true
	return ch, l.Staff.Add(person, name, l.tick())
}

// Quit takes a teacher off.
func (l *Lesson) Quit(person string) (ch Change, err error) {
	ch.Watch = true
	return ch, l.Staff.Remove(person, l.tick())
}
