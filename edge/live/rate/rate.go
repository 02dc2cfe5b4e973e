// Package rate is how often one screen may say what: a class of rate for each
// kind of message, and a bucket of tokens for each class. It promises that a
// connection's buckets are small and need no lock or clock of their own. It
// refuses nothing by itself: its caller does, when Take says so.
package rate

import "preau/edge/live/protocol"

// Class is a kind of message with its own rate.
type Class uint8

// The classes.
const (
	Hello Class = iota
	Ping
	Command
	Status
	Hand
	Ink
	Point
	Refusal // of any kind: what may be refused before its sender is sent away
	classes
)

// rates in tokens a second and in reserve, as docs/live-protocol.md states.
var rates = [classes]struct{ each, reserve float32 }{
	Hello:   {1, 4},
	Ping:    {2, 10},
	Command: {20, 40},
	Status:  {5, 20},
	Hand:    {2, 6},
	Ink:     {30, 90},
	Point:   {60, 120},
	Refusal: {0.5, 50},
}

// Of tells a message's class.
func Of(m protocol.Message) Class {
	switch m.(type) {
	case *protocol.Hello:
		return Hello
	case *protocol.Ping:
		return Ping
	case *protocol.Status, *protocol.Ack, *protocol.Answer:
		return Status
	case *protocol.Hand, *protocol.Ready, *protocol.Share:
		return Hand
	case *protocol.Draw, *protocol.Rub:
		return Ink
	case *protocol.Point:
		return Point
	}
	return Command
}

// Buckets are one connection's tokens; only its reader touches them. Eight
// bytes a class: x/time/rate would cost more than the connection's queue.
type Buckets [classes]struct {
	used float32 // tokens out
	last uint32  // ms of the caller's clock, wrapping
}

// Take takes a token, if there is one.
func (b *Buckets) Take(c Class, nowMS int64) bool {
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
