package live

import (
	"cmp"
	"time"

	"preau/edge/live/protocol"
)

// Limits bound what the hub holds and waits for. The zero value of a field
// means the default.
type Limits struct {
	Ping    time.Duration // between websocket pings; 4 s
	Silence time.Duration // without a word from the peer: gone; 9 s
	Stall   time.Duration // one write may take; 5 s
	Hello   time.Duration // to say hello; 5 s
	Lead    time.Duration // from a command to the moment films start; 200 ms
	Night   time.Duration // a room forgotten for so long is ended; 12 h

	Rooms     int // in session at once; 64
	Conns     int // on the box; 4 000
	PerDevice int // one device's; 8
	PerAddr   int // one address's: some schools have all tablets behind one; 600
	Events    int // kept for those who come back; 1 024
}

func (l *Limits) defaults() {
	l.Ping = cmp.Or(l.Ping, 4*time.Second)
	l.Silence = cmp.Or(l.Silence, 9*time.Second)
	l.Stall = cmp.Or(l.Stall, 5*time.Second)
	l.Hello = cmp.Or(l.Hello, 5*time.Second)
	l.Lead = cmp.Or(l.Lead, 200*time.Millisecond)
	l.Night = cmp.Or(l.Night, 12*time.Hour)
	l.Rooms = cmp.Or(l.Rooms, 64)
	l.Conns = cmp.Or(l.Conns, 4000)
	l.PerDevice = cmp.Or(l.PerDevice, 8)
	l.PerAddr = cmp.Or(l.PerAddr, 600)
	l.Events = cmp.Or(l.Events, 1024)
}

const (
	maxQueue    = 64       // messages for one connection alone
	maxBatch    = 64 << 10 // bytes of one write
	maxLogBytes = 1 << 20  // of one room's log
	maxRefusals = 50       // then the peer is sent away
)

// class is a kind of message with its own rate.
type class uint8

const (
	classHello class = iota
	classPing
	classCommand
	classStatus
	classHand
	classes
)

// rates in tokens a second and in reserve, as docs/live-protocol.md states.
var rates = [classes]struct{ each, reserve float32 }{
	classHello:   {1, 4},
	classPing:    {2, 10},
	classCommand: {20, 40},
	classStatus:  {5, 20},
	classHand:    {2, 6},
}

func classOf(m protocol.Message) class {
	switch m.(type) {
	case *protocol.Hello:
		return classHello
	case *protocol.Ping:
		return classPing
	case *protocol.Status, *protocol.Ack:
		return classStatus
	case *protocol.Hand, *protocol.Ready:
		return classHand
	}
	return classCommand
}

// buckets are one connection's tokens; only its reader touches them. Eight
// bytes a class: x/time/rate would cost more than the connection's queue.
type buckets [classes]struct {
	used float32 // tokens out
	last uint32  // ms of the hub's clock, wrapping
}

func (b *buckets) take(c class, nowMS int64) bool {
	k := &b[c]
	passed := uint32(nowMS) - k.last //nolint:gosec // wraps on purpose
	k.last = uint32(nowMS)           //nolint:gosec // wraps on purpose
	k.used = max(0, k.used-float32(passed)/1000*rates[c].each)
	if k.used+1 > rates[c].reserve {
		return false
	}
	k.used++
	return true
}
