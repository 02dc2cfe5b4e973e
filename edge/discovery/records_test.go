package discovery

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/grandcat/zeroconf"
	"github.com/miekg/dns"
)

func lan(addrs ...string) link {
	l := link{iface: net.Interface{Index: 3}}
	for _, a := range addrs {
		l.addrs = append(l.addrs, netip.MustParseAddr(a))
	}
	return l
}

const us = "preau.local."

func TestForeign_OnlyAnothersLiveClaimToOurName(t *testing.T) {
	ours := []link{lan("10.0.0.1", "fe80::1")}
	claim := func(name, addr string, ttl uint32) *dns.Msg {
		return &dns.Msg{Answer: records(name, lan(addr), ttl)}
	}
	for what, c := range map[string]struct {
		m    *dns.Msg
		want bool
	}{
		"our own announcement, come back": {claim(us, "10.0.0.1", 120), false},
		"another's name":                  {claim("preau-2.local.", "10.0.0.2", 120), false},
		"another's goodbye":               {claim(us, "10.0.0.2", 0), false},
		"another's claim":                 {claim("PREAU.local.", "10.0.0.2", 120), true},
		"another's claim, IPv6":           {claim(us, "fe80::2", 120), true},
		"nothing":                         {&dns.Msg{}, false},
	} {
		if got := foreign(c.m, us, ours); got != c.want {
			t.Errorf("%s: got %v, want %v", what, got, c.want)
		}
	}
}

func TestRival_TheGreaterAddressWins(t *testing.T) {
	ours := []netip.Addr{netip.MustParseAddr("10.0.0.5")}
	probe := func(addr string) *dns.Msg { return &dns.Msg{Ns: records(us, lan(addr), 120)} }
	for addr, want := range map[string]int{"10.0.0.4": -1, "10.0.0.5": 0, "10.0.0.6": 1} {
		if got := rival(probe(addr), us, ours); got != want {
			t.Errorf("against %s: got %d, want %d", addr, got, want)
		}
	}
	if got := rival(&dns.Msg{}, us, ours); got != -1 {
		t.Errorf("a probe that claims nothing: got %d", got)
	}
}

func TestAbsent_NamesTheTypesThereAre(t *testing.T) {
	n, ok := absent(us, records(us, lan("10.0.0.1"), 120)).(*dns.NSEC)
	if !ok || len(n.TypeBitMap) != 1 || n.TypeBitMap[0] != dns.TypeA || n.NextDomain != us {
		t.Errorf("got %v", n)
	}
	m := new(dns.Msg)
	m.Answer = []dns.RR{n}
	if _, err := m.Pack(); err != nil {
		t.Errorf("cannot be sent: %v", err)
	}
}

func TestRead_RefusesWhatMakesNoSense(t *testing.T) {
	entry := func(port int, ip string, text ...string) *zeroconf.ServiceEntry {
		e := zeroconf.NewServiceEntry(`Préau\ 0750654D`, ServicePreau, domain)
		e.Port, e.Text, e.HostName = port, text, "preau-2.local."
		if ip != "" {
			e.AddrIPv4 = []net.IP{net.ParseIP(ip)}
		}
		return e
	}
	b, ok := read(entry(8080, "10.0.0.9", "uai=0750654D", "v=1", "path=/", "junk"))
	if !ok || b.Host != "preau-2.local" || b.UAI != "0750654D" || b.Version != "1" || b.Label != "Préau 0750654D" || len(b.Addrs) != 1 || b.Addrs[0].String() != "10.0.0.9" {
		t.Errorf("got %+v %v", b, ok)
	}
	for what, e := range map[string]*zeroconf.ServiceEntry{"no port": entry(0, "10.0.0.9"), "no address": entry(80, ""), "a wrong UAI": entry(80, "10.0.0.9", "uai=0750654Z")} {
		if b, ok := read(e); ok {
			t.Errorf("%s: read as %+v", what, b)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, m := range []*dns.Msg{{Answer: records(us, lan("10.0.0.2", "fe80::2"), 120)}, {Ns: records(us, lan("10.0.0.2"), 120),
		Question: []dns.Question{{Name: us, Qtype: dns.TypeANY, Qclass: dns.ClassINET}}}} {
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := new(dns.Msg)
		if m.Unpack(data) != nil {
			return
		}
		ours := []link{lan("10.0.0.1")}
		if foreign(m, us, ours) && !strings.Contains(strings.ToLower(m.String()), "preau") {
			t.Fatalf("a claim to our name that does not name it: %v", m)
		}
		rival(m, us, ours[0].addrs)
		for _, q := range m.Question {
			asked(q, records(us, ours[0], 120))
		}
	})
}
