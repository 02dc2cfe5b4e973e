package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/grandcat/zeroconf"

	"preau"
)

// Box is another box heard on the network. Nothing of it is to be trusted
// before its certificate is.
type Box struct {
	Label   string
	Host    string // preau-2.local
	UAI     preau.UAI
	Version string
	Port    int
	Sister  int // port where it serves sister boxes; 0: it does not
	Addrs   []netip.Addr
}

// Browse lists the boxes that answer until ctx ends, ours included.
func Browse(ctx context.Context) ([]Box, error) {
	links, err := usable()
	if err != nil {
		return nil, err
	}
	r, err := zeroconf.NewResolver(zeroconf.SelectIfaces(interfaces(links)))
	if err != nil {
		return nil, fmt.Errorf("browse the network: %w", err)
	}
	entries := make(chan *zeroconf.ServiceEntry, 16)
	if err := r.Browse(ctx, ServicePreau, domain, entries); err != nil {
		return nil, fmt.Errorf("browse the network: %w", err)
	}
	var found []Box
	for e := range entries { // closed when ctx ends
		if b, ok := read(e); ok && !slices.ContainsFunc(found, func(o Box) bool { return o.Label == b.Label }) {
			found = append(found, b)
		}
	}
	return found, nil
}

// read takes what a stranger announced: bounded, and only if it makes sense.
func read(e *zeroconf.ServiceEntry) (Box, bool) {
	b := Box{Label: clip(strings.ReplaceAll(e.Instance, `\`, "")), Host: clip(strings.TrimSuffix(e.HostName, ".")), Port: e.Port}
	for _, t := range e.Text {
		switch k, v, _ := strings.Cut(t, "="); k {
		case "uai":
			uai, err := preau.ParseUAI(v)
			if err != nil {
				return Box{}, false
			}
			b.UAI = uai
		case "v":
			b.Version = clip(v)
		case "sister":
			if n, err := strconv.ParseUint(v, 10, 16); err == nil {
				b.Sister = int(n)
			}
		}
	}
	for _, ip := range slices.Concat(e.AddrIPv4, e.AddrIPv6) {
		if a, ok := netip.AddrFromSlice(ip); ok && len(b.Addrs) < 16 {
			b.Addrs = append(b.Addrs, a.Unmap())
		}
	}
	return b, b.Port > 0 && b.Port < 1<<16 && len(b.Addrs) > 0
}

func clip(s string) string { return s[:min(len(s), 255)] }
