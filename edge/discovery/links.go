package discovery

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"preau"
)

// link is a network interface we announce on, with its addresses.
type link struct {
	iface net.Interface
	addrs []netip.Addr
}

// usable lists the interfaces that are up, speak multicast, are not loopback
// and have an address.
func usable() ([]link, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var links []link
	for _, iface := range all {
		const want = net.FlagUp | net.FlagMulticast
		if iface.Flags&want != want || iface.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			continue // it vanished in between
		}
		l := link{iface: iface}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					l.addrs = append(l.addrs, ip.Unmap())
				}
			}
		}
		if len(l.addrs) > 0 {
			slices.SortFunc(l.addrs, netip.Addr.Compare)
			links = append(links, l)
		}
	}
	if len(links) == 0 {
		return nil, preau.E(preau.Unavailable, "no network interface can announce the box", "Plug in the network cable or set up the Wi-Fi.", nil)
	}
	return links, nil
}

func same(a, b []link) bool {
	return slices.EqualFunc(a, b, func(x, y link) bool {
		return x.iface.Index == y.iface.Index && bytes.Equal(x.iface.HardwareAddr, y.iface.HardwareAddr) && slices.Equal(x.addrs, y.addrs)
	})
}

func interfaces(links []link) []net.Interface {
	out := make([]net.Interface, len(links))
	for i, l := range links {
		out[i] = l.iface
	}
	return out
}
