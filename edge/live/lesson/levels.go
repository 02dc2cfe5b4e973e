package lesson

import "preau/edge/live/protocol"

// Version grows with every change of what is told by level.
func (l *Lesson) Version() int64 { return l.version }

// Told is what a screen was told by level: up to which version; nothing yet
// at First, when Keeps tells that it kept what it had before.
type Told struct {
	Version      int64
	First, Keeps bool
}

// Levels lists what a screen is to be told: the newest of what changed since.
func (l *Lesson) Levels(who *Identity, told Told) (out []protocol.Message) {
	since := told.Version
	switch who.Role {
	case protocol.RoleTeacher:
		if members := l.Roll.News(since); len(members) > 0 || told.First {
			out = append(out, &protocol.Presence{Full: told.First, Members: members})
		}
		if l.Staff.At(l.Roll) > since || told.First {
			out = append(out, l.Staff.List(l.Roll))
		}
		out = l.asked(out, who.Role, told)
	case protocol.RoleBoard:
		if n, at := l.Roll.Count(); at > since || told.First {
			out = append(out, &n)
		}
		out = l.asked(out, who.Role, told)
	case protocol.RolePupil:
		if l.mineAt > since || told.First {
			out = l.ownLevel(out, who.Person, told)
		}
	}
	if l.pointAt > since && (l.point.X >= 0 || !told.First) {
		point := l.point
		out = append(out, &point)
	}
	return out
}

// ownLevel tells what is a pupil's own when it changed, or at first if there
// is something; one that kept what it had is always told.
func (l *Lesson) ownLevel(out []protocol.Message, person string, told Told) []protocol.Message {
	a, m := l.asides[person], l.Mine(person)
	if told.First && (told.Keeps || m != protocol.Mine{}) || !told.First && a != nil && a.version > told.Version {
		return append(out, &m)
	}
	return out
}

// Mine is what concerns one pupil alone.
func (l *Lesson) Mine(person string) protocol.Mine {
	m := protocol.Mine{Stage: l.Own[person], Answer: l.answerOf(person)}
	if a := l.asides[person]; a != nil {
		m.Lowered = a.lowered
		if a.share != nil {
			m.Share = &protocol.ShareAsked{ID: a.share.id, By: a.share.by.Name}
		}
	}
	return m
}

// mineChanged marks what is a person's own as changed, and returns it.
func (l *Lesson) mineChanged(ch *Change, person string) *aside {
	a := l.asides[person]
	if a == nil {
		a = &aside{}
		l.asides[person] = a
	}
	a.version = l.tick()
	l.mineAt = a.version
	ch.Mine = append(ch.Mine, person)
	return a
}
