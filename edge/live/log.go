package live

// eventLog is a room's last events as finished frames, in a ring bounded by
// number and by bytes. Numbers are dense; first is the oldest kept, next the
// one to be given out.
type eventLog struct {
	ring        [][]byte
	first, next int64
	bytes       int
}

func newLog(size int, seq int64) eventLog {
	return eventLog{ring: make([][]byte, size), first: seq + 1, next: seq + 1}
}

func (l *eventLog) at(seq int64) *[]byte { return &l.ring[seq%int64(len(l.ring))] }

func (l *eventLog) add(frame []byte) {
	for l.next-l.first == int64(len(l.ring)) || l.next > l.first && l.bytes+len(frame) > maxLogBytes {
		l.bytes -= len(*l.at(l.first))
		*l.at(l.first) = nil
		l.first++
	}
	*l.at(l.next) = frame
	l.bytes += len(frame)
	l.next++
}

// holds reports whether everything from seq on is here.
func (l *eventLog) holds(seq int64) bool { return seq >= l.first && seq <= l.next }
