// Package durationpb has nothing: see package proto.
package durationpb

import "time"

// Duration is never made.
type Duration struct{}

// AsDuration is zero.
func (*Duration) AsDuration() time.Duration { return 0 }
