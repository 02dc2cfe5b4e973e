// Package proto takes the place of protocol buffers in our builds: the module
// weighs 2 MB of a box's 30, and parquet-go links it for rows given as messages,
// which no box makes: its rows are structs. It promises to compile where the
// real one does, and to refuse all work.
package proto

import (
	"errors"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// ErrAbsent is what all work here is refused with.
var ErrAbsent = errors.New("protocol buffers are not part of this build: give Parquet rows as structs")

// Message is the real one's; no type of this build is one.
type Message = protoreflect.ProtoMessage

// Size knows of nothing to measure.
func Size(Message) int { return 0 }

// Marshal refuses.
func Marshal(Message) ([]byte, error) { return nil, ErrAbsent }
