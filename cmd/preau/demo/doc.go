// Package demo runs the whole of Préau on one machine: an origin with the
// sample catalogue, an S3-compatible store, a box that fetches, serves and
// syncs, the collectivité's console, and a class that plays a lesson. It
// promises real parts only (the box and the console are this very binary,
// the store is another's), state kept under one folder that a second start
// resumes, and that everything it started ends with it. It refuses to listen
// beyond this machine unless told.
package demo

import (
	"io"
	"time"
)

// Options of a demo.
type Options struct {
	Dir        string // all state
	HTTP       string // the box's address; the others get free loopback ports
	Sample     string // folder of the sample catalogue's items
	QuietClass bool   // leave the class to the person
	Executable string // this binary, run again as box and console
	S3Server   string // the store's binary; empty: beside the executable, or built
	Built      time.Time

	Progress io.Writer // for people
	Ready    io.Writer // one line once all is up
}
