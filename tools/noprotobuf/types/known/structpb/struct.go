// Package structpb has nothing: see package proto.
package structpb

import "google.golang.org/protobuf/reflect/protoreflect"

// Struct is never made.
type Struct struct{ Fields map[string]*Value }

// ProtoReflect is nothing.
func (*Struct) ProtoReflect() protoreflect.Message { return nil }

// GetFields is empty.
func (*Struct) GetFields() map[string]*Value { return nil }

// ListValue is never made.
type ListValue struct{}

// ProtoReflect is nothing.
func (*ListValue) ProtoReflect() protoreflect.Message { return nil }

// GetValues is empty.
func (*ListValue) GetValues() []*Value { return nil }

// Value is never made.
type Value struct{}

// GetKind is nothing.
func (*Value) GetKind() any { return nil }

// What a Value's kind would be.
type (
	Value_NullValue   struct{}
	Value_NumberValue struct{ NumberValue float64 }
	Value_StringValue struct{ StringValue string }
	Value_BoolValue   struct{ BoolValue bool }
	Value_StructValue struct{ StructValue *Struct }
	Value_ListValue   struct{ ListValue *ListValue }
)
