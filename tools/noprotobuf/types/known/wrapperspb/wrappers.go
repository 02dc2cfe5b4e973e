// Package wrapperspb has nothing: see package proto.
package wrapperspb

// None of these is ever made.
type (
	BoolValue   struct{}
	Int32Value  struct{}
	Int64Value  struct{}
	UInt32Value struct{}
	UInt64Value struct{}
	FloatValue  struct{}
	DoubleValue struct{}
	StringValue struct{}
	BytesValue  struct{}
)

func (*BoolValue) GetValue() bool      { return false }
func (*Int32Value) GetValue() int32    { return 0 }
func (*Int64Value) GetValue() int64    { return 0 }
func (*UInt32Value) GetValue() uint32  { return 0 }
func (*UInt64Value) GetValue() uint64  { return 0 }
func (*FloatValue) GetValue() float32  { return 0 }
func (*DoubleValue) GetValue() float64 { return 0 }
func (*StringValue) GetValue() string  { return "" }
func (*BytesValue) GetValue() []byte   { return nil }
