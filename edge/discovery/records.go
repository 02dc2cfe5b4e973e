package discovery

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const (
	flush   = 1 << 15 // of a record's class: forget other records of this name (RFC 6762, 10.2)
	unicast = 1 << 15 // of a question's class: answer me alone (5.4)
	hostTTL = 120     // seconds, as section 10 asks of addresses
)

// records are the addresses of a name on one link.
func records(name string, l link, ttl uint32) (out []dns.RR) {
	for _, a := range l.addrs {
		h := dns.RR_Header{Name: name, Class: dns.ClassINET | flush, Ttl: ttl}
		if a.Is4() {
			h.Rrtype = dns.TypeA
			out = append(out, &dns.A{Hdr: h, A: a.AsSlice()})
		} else {
			h.Rrtype = dns.TypeAAAA
			out = append(out, &dns.AAAA{Hdr: h, AAAA: a.AsSlice()})
		}
	}
	return out
}

// asked picks from records those that a question wants.
func asked(q dns.Question, all []dns.RR) (out []dns.RR) {
	for _, rr := range all {
		if q.Qtype == dns.TypeANY || q.Qtype == rr.Header().Rrtype {
			out = append(out, rr)
		}
	}
	return out
}

// addresses are the addresses that records claim for a name.
func addresses(name string, rrs []dns.RR) (out []netip.Addr) {
	for _, rr := range rrs {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		}
		if a, ok := netip.AddrFromSlice(ip); ok {
			out = append(out, a.Unmap())
		}
	}
	return out
}

// foreign reports whether a message claims our name for an address that is
// none of ours. Goodbyes claim nothing.
func foreign(m *dns.Msg, name string, ours []link) bool {
	var claims []dns.RR
	for _, rr := range slices.Concat(m.Answer, m.Extra) {
		if rr.Header().Ttl > 0 {
			claims = append(claims, rr)
		}
	}
	for _, a := range addresses(name, claims) {
		if !slices.ContainsFunc(ours, func(l link) bool { return slices.Contains(l.addrs, a) }) {
			return true
		}
	}
	return false
}

// rival compares a probe for our name with what we would claim: the greater
// set of addresses wins (section 8.2). Equal sets are one host: ourselves.
func rival(m *dns.Msg, name string, ours []netip.Addr) int {
	theirs := addresses(name, m.Ns)
	if len(theirs) == 0 {
		return -1
	}
	key := func(addrs []netip.Addr) []byte {
		addrs = slices.Clone(addrs)
		slices.SortFunc(addrs, netip.Addr.Compare)
		var b []byte
		for _, a := range addrs {
			b = append(b, a.AsSlice()...)
		}
		return b
	}
	return bytes.Compare(key(theirs), key(ours))
}

// asks reports whether a message has a question about the name.
func asks(m *dns.Msg, name string) bool {
	return slices.ContainsFunc(m.Question, func(q dns.Question) bool { return strings.EqualFold(q.Name, name) })
}
