package protocol

import "encoding/binary"

// CloseCode says why the server ends a connection and, by its range, whether
// the client is to come back: the standard ones as RFC 6455 reads, 4000 to
// 4499 reconnect, 4500 to 4999 stop.
type CloseCode uint16

// The close codes.
const (
	CloseNormal    CloseCode = 1000 // stop: said goodbye
	CloseRestart   CloseCode = 1012 // reconnect: the box stops or restarts
	CloseProtocol  CloseCode = 1002 // stop: not the websocket protocol
	CloseNotText   CloseCode = 1003 // stop: a binary message
	CloseNotUTF8   CloseCode = 1007 // stop: text that is not UTF-8
	CloseTooBig    CloseCode = 1009 // stop: a message over MaxMessage
	CloseTryLater  CloseCode = 1013 // reconnect: the box has all it can hold
	CloseSilent    CloseCode = 4001 // reconnect: did not answer pings
	CloseNoHello   CloseCode = 4500 // stop: no hello first, or in time
	CloseFlood     CloseCode = 4501 // stop: kept sending what was refused
	CloseUnpaired  CloseCode = 4502 // stop: the board was unpaired; forget its token
	CloseSignedOut CloseCode = 4503 // stop: the session is over; sign in again
)

// Reconnect reports whether a client that receives this code is to try again.
// Codes of networks (1006) and unknown ones below 4000 are worth a try.
func (c CloseCode) Reconnect() bool {
	switch c {
	case CloseNormal, CloseProtocol, CloseNotText, CloseNotUTF8, CloseTooBig, 1008, 1010:
		return false
	}
	return c < 4500
}

func (c CloseCode) String() string {
	switch c {
	case CloseNormal:
		return "goodbye"
	case CloseRestart:
		return "the box restarts"
	case CloseProtocol:
		return "protocol error"
	case CloseNotText:
		return "send text"
	case CloseNotUTF8:
		return "text is not UTF-8"
	case CloseTooBig:
		return "message too big"
	case CloseTryLater:
		return "try later"
	case CloseSilent:
		return "no pong"
	case CloseNoHello:
		return "hello expected"
	case CloseFlood:
		return "too many refused messages"
	case CloseUnpaired:
		return "unpaired"
	case CloseSignedOut:
		return "signed out"
	}
	return "closed"
}

// ControlFrame builds an unmasked control frame: ping, pong or close. The
// payload is at most 125 bytes.
func ControlFrame(opcode byte, payload []byte) []byte {
	payload = payload[:min(len(payload), 125)]
	return append([]byte{0x80 | opcode, byte(len(payload))}, payload...)
}

// Frame builds the close frame of a code.
func (c CloseCode) Frame() []byte {
	return ControlFrame(8, append(binary.BigEndian.AppendUint16(nil, uint16(c)), c.String()...))
}
