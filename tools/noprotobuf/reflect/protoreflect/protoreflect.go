// Package protoreflect has the words that parquet-go asks messages with, and
// nothing that answers: see package proto.
package protoreflect

// Name is of a field.
type Name string

// Kind is what a field holds.
type Kind int8

// MessageKind is the only one that callers name.
const MessageKind Kind = 11

// ProtoMessage is what a message would be.
type ProtoMessage interface{ ProtoReflect() Message }

// Message is a message, asked for its fields.
type Message interface {
	Descriptor() MessageDescriptor
	Has(FieldDescriptor) bool
	Get(FieldDescriptor) Value
	Interface() ProtoMessage
}

// MessageDescriptor is a message's type.
type MessageDescriptor interface{ Fields() FieldDescriptors }

// FieldDescriptors are its fields.
type FieldDescriptors interface{ ByName(Name) FieldDescriptor }

// FieldDescriptor is one of them.
type FieldDescriptor interface{ Kind() Kind }

// List is a repeated field.
type List interface {
	Len() int
	Get(int) Value
}

// Map is a field of keys and values.
type Map interface {
	Len() int
	Range(func(MapKey, Value) bool)
}

// MapKey is a key; there is none.
type MapKey struct{}

// Interface is nothing.
func (MapKey) Interface() any { return nil }

// Value is a field's value; there is none.
type Value struct{}

// Interface is nothing.
func (Value) Interface() any { return nil }

// Message is nothing.
func (Value) Message() Message { return nil }

// IsValid is false.
func (Value) IsValid() bool { return false }
