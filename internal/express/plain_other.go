//go:build !linux

package express

import "net"

// newPlain copies: boxes run Linux.
func newPlain(nc net.Conn) wire { return &copyWire{nc} }

func progressOf(net.Conn) (Progress, bool) { return Progress{}, false }
