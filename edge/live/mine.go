package live

import (
	"preau/edge/live/protocol"
)

// aside is what a room keeps of one person besides the roll.
type aside struct {
	version int64  // of its last change
	share   *asked // the teacher's request under way
}

// aside returns a person's, made if need be, marked as changed. The caller
// holds mu.
func (r *room) mineChanged(person string) *aside {
	a := r.asides[person]
	if a == nil {
		a = &aside{}
		r.asides[person] = a
	}
	a.version = r.tick()
	r.mineAt = a.version
	for _, c := range r.conns {
		if c.who.Person == person {
			c.wake()
		}
	}
	return a
}

// mine is what concerns one pupil alone. The caller holds mu.
func (r *room) mine(person string) protocol.Mine {
	m := protocol.Mine{Stage: r.own[person], Answer: r.answerOf(person)}
	if a := r.asides[person]; a != nil && a.share != nil {
		m.Share = &protocol.ShareAsked{ID: a.share.id, By: a.share.by.Name}
	}
	return m
}

// mine appends what is a pupil's own when it changed, or when the peer starts
// afresh and there is something; one that resumes is always told, because it
// keeps what it had.
func (c *conn) mine(buf []byte, r *room, since int64, full bool) []byte {
	a := r.asides[c.who.Person]
	m := r.mine(c.who.Person)
	switch {
	case a != nil && a.version > since && !full, full && c.keeps, full && m != protocol.Mine{}:
		return c.append(buf, &m)
	}
	return buf
}

// aimed carries out a command on the stages of those it names. The caller
// holds mu.
func (r *room) aimed(cmd protocol.Message, only []string, fresh *protocol.Stage, now, lead int64) error {
	changed, err := r.own.Apply(cmd, only, fresh, now, lead)
	r.ownChanged(changed)
	return err
}

func (r *room) ownChanged(persons []string) {
	if len(persons) == 0 {
		return
	}
	r.ownSave = r.change
	for _, person := range persons {
		r.mineChanged(person)
		r.roll.Change(person, r.tick(), func(m *protocol.Member) { m.Stage = r.launchOf(person) })
	}
	r.watched()
}

// launchOf is the launch of a person's own stage, or "".
func (r *room) launchOf(person string) string {
	if s := r.own[person]; s != nil {
		return s.Launch
	}
	return ""
}

// Mine returns what is a pupil's own in a room, for pages rendered whole.
func (h *Hub) Mine(id, person string) protocol.Mine {
	r := h.find(id)
	if r == nil {
		return protocol.Mine{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.mine(person)
}
