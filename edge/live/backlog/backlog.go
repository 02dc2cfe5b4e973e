// Package backlog is a room's last events as finished frames, for screens that
// are behind or come back. It promises that numbers are dense and that it
// stays within its number of events and of bytes. It refuses nothing: the
// oldest make way. It has no lock; its caller holds one.
package backlog

const (
	maxBytes = 1 << 20
	maxGrow  = 8 // times its number, for what is not to be counted
)

// Log is a ring: First is the number of the oldest event kept, Next the one to
// be given out.
type Log struct {
	First, Next int64
	ring        [][]byte
	size        int // of the ring at first
	bytes       int
}

// New makes a log of so many events that goes on after the number seq.
func New(size int, seq int64) Log {
	return Log{ring: make([][]byte, size), size: size, First: seq + 1, Next: seq + 1}
}

func (l *Log) slot(seq int64) *[]byte { return &l.ring[seq%int64(len(l.ring))] }

// At returns the frame of an event that the log holds.
func (l *Log) At(seq int64) []byte { return *l.slot(seq) }

// Add appends the frame of event Next. One that does not count (ink is many
// small events) makes the log longer rather than drive the others out, until
// its bytes do.
func (l *Log) Add(frame []byte, counts bool) {
	if size := len(l.ring); !counts && l.Next-l.First == int64(size) && l.room(size) {
		l.grow(2 * size)
	}
	for l.Next-l.First == int64(len(l.ring)) || l.Next > l.First && l.bytes+len(frame) > maxBytes {
		l.bytes -= len(*l.slot(l.First))
		*l.slot(l.First) = nil
		l.First++
	}
	*l.slot(l.Next) = frame
	l.bytes += len(frame)
	l.Next++
}

func (l *Log) room(size int) bool { return size < maxGrow*l.size && l.bytes < maxBytes }

func (l *Log) grow(size int) {
	ring := make([][]byte, size)
	for seq := l.First; seq < l.Next; seq++ {
		ring[seq%int64(size)] = l.At(seq)
	}
	l.ring = ring
}

// Holds reports whether everything from seq on is here.
func (l *Log) Holds(seq int64) bool { return seq >= l.First && seq <= l.Next }
