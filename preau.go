// Package preau is the vocabulary of the whole house: identifiers, error
// kinds, the clock and the statement. It promises to stay on one page, to
// import the standard library only, and to know no mechanism; it refuses
// helpers. Every other package may import it, and it imports none of them.
package preau

import (
	"encoding/json"
	"time"
)

// A Stream is a register of processing: what its statements are for, how long
// they stay and who may receive them. The policy of each is in sync/journal.
type Stream string

// The streams, in the order in which they leave the box.
const (
	StreamAttendance Stream = "attendance"
	StreamCase       Stream = "case"
	StreamMessage    Stream = "message"
	StreamLearning   Stream = "learning"
	StreamContent    Stream = "content"
	StreamTelemetry  Stream = "telemetry"
)

// Statement is one fact, shaped after xAPI: somebody (Actor) did something
// (Verb) to something (Object). It is never edited; a correction is a new
// statement whose Voids names the old one.
type Statement struct {
	ID     ID     // made by whoever saw the fact first, usually a tablet
	Stream Stream // its policy
	Actor  string // local person id; empty when the box itself speaks
	Verb   string // IRI
	Object string // id or IRI of what it is about
	// ObjectKind is the noun Object belongs to: "video", "lesson", "pack"…
	ObjectKind string
	Result     json.RawMessage // JSON object or nil
	Context    json.RawMessage // JSON object or nil
	Timestamp  time.Time       // when it happened, by the best clock there was
	Voids      ID              // zero unless this corrects an earlier statement
	// Raw is the whole xAPI statement exactly as received, when it came from
	// outside; nil for the box's own. It never leaves the box.
	Raw json.RawMessage `json:",omitempty"`

	// The journal sets the rest when it stores the statement.
	Epoch      uint64     // random, new at every process start
	Seq        uint64     // dense from 1 within (Stream, Epoch)
	HLC        uint64     // hybrid logical clock: 48 bits of milliseconds, 16 of counter
	Stored     time.Time  // when it was appended
	ClockState ClockState // how far Stored can be trusted
}

// ClockState says how far the box's idea of time can be trusted.
type ClockState string

const (
	ClockSynced ClockState = "synced" // a trusted source agreed recently
	ClockHeld   ClockState = "held"   // was synced, now running on its own
	ClockUnsure ClockState = "unsure" // never synced since it woke
)

// Clock tells the time and how sure it is. Implementations never run
// backwards, not even across reboots.
type Clock interface {
	Now() time.Time
	State() ClockState
}

// SystemClock trusts the operating system's clock; for commands and tests.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time    { return time.Now() }
func (systemClock) State() ClockState { return ClockSynced }
