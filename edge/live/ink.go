package live

import "preau/edge/live/protocol"

// drawn carries out ink and rub. The caller holds mu.
func (r *room) drawn(protocol.Message, Identity, int64) error { return errNotYet }

// layers is the ink over the stages that are shown. The caller holds mu.
func (r *room) layers() []protocol.Layer { return nil }

// points takes in where a teacher points. It wakes every screen, but a screen
// that is busy is told the latest only.
func (r *room) points(m *protocol.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.point = protocol.Pointed(*m)
	r.pointAt = r.tick()
	for _, c := range r.conns {
		c.wake()
	}
}
