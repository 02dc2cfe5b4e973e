// Package limits is what the class, live, holds and waits for. It promises that
// no limit is missing: one that is not given has its default. It refuses
// nothing by itself.
package limits

import (
	"cmp"
	"time"
)

// Limits bound what a hub holds and waits for. The zero value of a field
// means the default.
type Limits struct {
	Ping    time.Duration // between websocket pings; 4 s
	Silence time.Duration // without a word from the peer: gone; 9 s
	Stall   time.Duration // one write, or one message of the peer's, may take; 5 s
	Hello   time.Duration // to say hello; 5 s
	Lead    time.Duration // from a command to the moment films start; 200 ms
	Night   time.Duration // a room forgotten for so long is ended; 12 h

	Rooms     int // in session at once; 64
	Conns     int // on the box; 4 000
	PerDevice int // one device's; 8
	PerAddr   int // one address's: some schools have all tablets behind one; 600
	Events    int // kept for those who come back; 1 024
}

// Defaults fills in what is not given.
func (l *Limits) Defaults() {
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
