// Package anypb refuses: see package proto.
package anypb

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Any is never made.
type Any struct{}

// ProtoReflect is nothing.
func (*Any) ProtoReflect() protoreflect.Message { return nil }

// GetTypeUrl is empty.
func (*Any) GetTypeUrl() string { return "" }

// UnmarshalNew refuses.
func (*Any) UnmarshalNew() (proto.Message, error) { return nil, proto.ErrAbsent }
