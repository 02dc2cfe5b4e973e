// Package protocol is the words of preau.live.v1: what a tablet, a board and
// a teacher say to the box over one websocket, and what it answers. It
// promises that whatever Decode returns is within its limits, that Encode and
// Decode agree with docs/live-protocol.schema.json, and that every close code
// says whether to come back. It refuses unknown kinds, text that is not
// UTF-8, numbers out of range and anything over MaxMessage.
//
// It holds no state and opens no socket: the hub (edge/live) and the client
// (edge/live/client) share it.
package protocol

// Subprotocol is asked for by the client and granted by the server.
const Subprotocol = "preau.live.v1"

// MaxMessage bounds one inbound message in bytes; longer ones close the
// connection with 1009.
const MaxMessage = 16 << 10

// Kind names a message; it is the field "t" of its JSON.
type Kind string

// Role is who speaks. The server decides it; a client never names its own.
type Role string

// The roles of a room.
const (
	RoleTeacher Role = "teacher"
	RolePupil   Role = "pupil"
	RoleBoard   Role = "board"
)

// Target says whose screens a stage is for.
type Target string

// The targets. The empty one means all.
const (
	ToAll    Target = "all"
	ToBoards Target = "boards"
	ToPupils Target = "pupils"
)

// Boards reports whether the boards' screens are meant.
func (t Target) Boards() bool { return t != ToPupils }

// Pupils reports whether the pupils' screens are meant.
func (t Target) Pupils() bool { return t != ToBoards }

// Message is one message, either way. The set is closed.
type Message interface{ kind() Kind }

// KindOf names a message.
func KindOf(m Message) Kind { return m.kind() }
