// Package ink is what is drawn over what a class is shown: layers of strokes
// by launch and page. It promises that whatever a layer holds is within its
// limits (coordinates inside the content's box, tools and colours known, so
// many points a stroke, strokes a layer and bytes a layer), that a stroke sent
// in pieces is the same as one sent whole, and that a layer comes back after a
// restart and stays its teacher's until it is deleted. It refuses what would
// make a layer larger than that, and to draw for somebody it was not told of.
//
// Words: a stroke is one gesture; a layer is the strokes over one launch, or
// one page of it, for one target; a launch is one opening of an item; an
// annotation is what is kept of a launch for whoever drew it.
//
// Layers is pure: no clock, no lock, no disk. Store keeps what it is given.
package ink

import "preau/edge/live/protocol"

// Limits of a layer and of a room.
const (
	MaxPoints  = 2000      // points a stroke; a screen begins another one then
	MaxStrokes = 1000      // strokes a layer
	MaxBytes   = 256 << 10 // of a layer, as JSON
	MaxRoom    = 1 << 20   // of all the layers of a room, as JSON
	grid       = 4096      // steps of a coordinate
)

// Key names a layer.
type Key struct {
	Launch string
	To     protocol.Target
	Page   int
}
