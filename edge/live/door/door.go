// Package door is who may open a websocket to the box, and how many. It
// promises that a page of another host never gets in and that neither a
// device, an address nor all of them together hold more lines than they
// should, and that no line outlives its session. It does not know who anyone
// is: its caller does.
package door

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"preau"
)

// SameHost accepts pages of the host they call, and clients that are no
// browser. A browser always sends Origin with a websocket.
func SameHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// Door counts lines and handshakes under way. Its methods may be called from
// any goroutine.
type Door struct {
	most, perDevice, perAddr int

	mu      sync.Mutex
	inside  int
	devices map[string]int
	addrs   map[string]int
	shut    bool
}

// New makes one that lets in so many in all, of a device, of an address.
func New(most, perDevice, perAddr int) *Door {
	return &Door{most: most, perDevice: perDevice, perAddr: perAddr, devices: map[string]int{}, addrs: map[string]int{}}
}

// Enter counts a line in, or says why there is no room for it. An empty device
// is not counted.
func (d *Door) Enter(device, addr string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.shut:
		return preau.E(preau.Unavailable, "the box is stopping", "Try again in a moment.", nil)
	case d.inside >= d.most:
		return preau.E(preau.Unavailable, "the box has all the connections it can hold", "Try again later.", nil)
	case device != "" && d.devices[device] >= d.perDevice:
		return preau.E(preau.RateLimited, "this device has too many connections", "Close its other windows.", nil)
	case d.addrs[addr] >= d.perAddr:
		return preau.E(preau.RateLimited, "this address has too many connections", "Close other windows.", nil)
	}
	d.inside++
	d.addrs[addr]++
	d.devices[device]++
	return nil
}

// Leave undoes Enter.
func (d *Door) Leave(device, addr string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	release(d.addrs, addr)
	release(d.devices, device)
}

func release(counts map[string]int, key string) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// Shut lets nobody in any more.
func (d *Door) Shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
}
