// Package timestamppb has nothing: see package proto.
package timestamppb

import "time"

// Timestamp is never made.
type Timestamp struct{}

// AsTime is zero.
func (*Timestamp) AsTime() time.Time { return time.Time{} }
