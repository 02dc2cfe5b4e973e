// Package linetest lets a test speak from another network namespace, as a
// machine at the far end of a line that the test may slow or cut.
package linetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// DialFrom connects from a named network namespace (ip netns).
func DialFrom(ns string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return nil, fmt.Errorf("find the namespace of this process: %w", err)
		}
		defer home.Close()
		there, err := os.Open(filepath.Join("/run/netns", ns))
		if err != nil {
			return nil, fmt.Errorf("find a namespace: %w", err)
		}
		defer there.Close()
		// The thread comes home: did it end here, a process that it started would
		// take it for the end of the test.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			return nil, fmt.Errorf("enter a namespace: %w", err)
		}
		defer func() {
			if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
				panic(err) // what runs on this thread next would be elsewhere
			}
		}()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
}
