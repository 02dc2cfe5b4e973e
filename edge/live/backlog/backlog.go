// Package backlog is a room's last events as finished frames, for screens that
// are behind or come back. It promises that numbers are dense and that it
// stays within its number of events and of bytes. It refuses nothing: the
// oldest make way. Who calls holds a lock, but for Read: a class that reads
// never stands in the way of who speaks.
package backlog

import "sync/atomic"

const (
	maxBytes = 1 << 20
	maxGrow  = 8 // times its number, for what is not to be counted
)

// Log is a ring: First is the number of the oldest event kept, Next the one to
// be given out.
type Log struct {
	First, Next int64
	ring        atomic.Pointer[ring]
	size        int // of the ring at first
	bytes       int
}

type ring []atomic.Pointer[entry]

type entry struct {
	seq   int64
	frame []byte
}

func (r ring) slot(seq int64) *atomic.Pointer[entry] { return &r[seq%int64(len(r))] }

// New makes a log of so many events that goes on after the number seq.
func New(size int, seq int64) *Log {
	l := &Log{size: size, First: seq + 1, Next: seq + 1}
	r := make(ring, size)
	l.ring.Store(&r)
	return l
}

// At returns the frame of an event that the log holds.
func (l *Log) At(seq int64) []byte { return l.ring.Load().slot(seq).Load().frame }

// Read returns the frame of an event, or nil when it is not here: not yet, or
// no more. It needs no lock.
func (l *Log) Read(seq int64) []byte {
	if e := l.ring.Load().slot(seq).Load(); e != nil && e.seq == seq {
		return e.frame
	}
	return nil
}

// Add appends the frame of event Next. One that does not count (ink is many
// small events) makes the log longer rather than drive the others out, until
// its bytes do.
func (l *Log) Add(frame []byte, counts bool) {
	r := *l.ring.Load()
	if !counts && l.Next-l.First == int64(len(r)) && l.room(len(r)) {
		r = l.grow(r, 2*len(r))
	}
	for l.Next-l.First == int64(len(r)) || l.Next > l.First && l.bytes+len(frame) > maxBytes {
		l.bytes -= len(l.At(l.First))
		r.slot(l.First).Store(nil)
		l.First++
	}
	r.slot(l.Next).Store(&entry{l.Next, frame})
	l.bytes += len(frame)
	l.Next++
}

func (l *Log) room(size int) bool { return size < maxGrow*l.size && l.bytes < maxBytes }

func (l *Log) grow(old ring, size int) ring {
	r := make(ring, size)
	for seq := l.First; seq < l.Next; seq++ {
		r.slot(seq).Store(old.slot(seq).Load())
	}
	l.ring.Store(&r)
	return r
}

// Holds reports whether everything from seq on is here.
func (l *Log) Holds(seq int64) bool { return seq >= l.First && seq <= l.Next }
