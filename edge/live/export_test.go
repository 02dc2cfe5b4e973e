package live

import "preau/edge/live/protocol"

// Look returns what is on a room's screens and who is there.
func (h *Hub) Look(id string) (protocol.State, []protocol.Member, bool) {
	r := h.find(id)
	if r == nil {
		return protocol.State{}, nil, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lesson.Snapshot(h.now()), r.lesson.Roll.News(0), true
}

// Mine returns what is a pupil's own in a room.
func (h *Hub) Mine(id, person string) protocol.Mine {
	r := h.find(id)
	if r == nil {
		return protocol.Mine{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.lesson.Mine(person)
}
