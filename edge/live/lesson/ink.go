package lesson

import (
	"preau/edge/live/ink"
	"preau/edge/live/protocol"
)

// drawn carries out ink and rub. What a board draws is kept for the teacher
// whose room it is.
func (l *Lesson) drawn(ch *Change, cmd protocol.Message, by Identity) error {
	owner := by.Person
	if by.Role == protocol.RoleBoard {
		owner = l.Staff.IDs()[0]
	}
	ev, err := l.Ink.Carry(cmd, by.Role, owner, l.State)
	if err == nil && ev != nil {
		ch.say(ev)
	}
	return err
}

// points takes in where somebody points: the latest is all that counts.
func (l *Lesson) points(ch *Change, by Identity, m *protocol.Point) error {
	if err := ink.May(by.Role, l.State); err != nil {
		return err
	}
	l.point, l.pointAt = protocol.Pointed(*m), l.tick()
	ch.All = true
	return nil
}
