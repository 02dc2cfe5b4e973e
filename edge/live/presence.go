package live

import "preau/edge/live/protocol"

// tick makes the next version of what screens are told by level: presence,
// what is a pupil's own, answers, the latest point. The caller holds mu.
func (r *room) tick() int64 {
	r.version++
	return r.version
}

// watched wakes those who hear of presence. The caller holds mu.
func (r *room) watched() {
	for _, c := range r.watchers {
		c.wake()
	}
}

// hear takes in what a pupil or a board says of itself.
func (r *room) hear(who Identity, msg protocol.Message, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.roll.Hear(who.Person, msg, now, r.log.Next-1, r.tick()) {
		r.watched()
	}
}

// levels appends what a screen is told by level, not by event: the newest
// only, when it changed since the screen was told last. The caller holds the
// locks of the connection and, for reading, of its room.
func (c *conn) levels(buf []byte, r *room) []byte {
	if c.told == r.version && c.full {
		return buf
	}
	since, full := c.told, !c.full
	c.told, c.full = r.version, true
	switch c.who.Role {
	case protocol.RoleTeacher:
		if members := r.roll.News(since); len(members) > 0 || full {
			buf = c.append(buf, &protocol.Presence{Full: full, Members: members})
		}
		if r.staff.At(r.roll) > since || full {
			buf = c.append(buf, r.staff.List(r.roll))
		}
		buf = c.quiz(buf, r, since)
	case protocol.RoleBoard:
		if n, at := r.roll.Count(); at > since || full {
			buf = c.append(buf, &n)
		}
		buf = c.quiz(buf, r, since)
	case protocol.RolePupil:
		if r.mineAt > since || full {
			buf = c.mine(buf, r, since, full)
		}
	}
	if r.pointAt > since && (r.point.X >= 0 || !full) {
		buf = c.append(buf, &r.point)
	}
	return buf
}
