package discovery

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// hostName answers for one name on a set of links.
type hostName struct {
	name  string // fully qualified
	links []link
	sock  *socket
	work  sync.WaitGroup
}

func listenName(name string, links []link) (*hostName, error) {
	sock, err := listen(links)
	if err != nil {
		return nil, err
	}
	return &hostName{name: name, links: links, sock: sock}, nil
}

// close waits for serve's goroutine, whose context the caller has ended.
func (h *hostName) close() {
	h.sock.close()
	h.work.Wait()
}

func (h *hostName) all() (out []netip.Addr) {
	for _, l := range h.links {
		out = append(out, l.addrs...)
	}
	return out
}

// probe asks three times whether somebody has the name (RFC 6762, 8.1). When
// another host asks for it at the same moment, the greater addresses win: the
// loser waits a second and asks again, and then finds it taken.
func (h *hostName) probe(ctx context.Context) (taken bool, err error) {
	wait := time.NewTimer(rand.N(250 * time.Millisecond))
	defer wait.Stop()
	for sent := 0; ; {
		select {
		case <-ctx.Done():
			return false, nil
		case p := <-h.sock.heard:
			switch {
			case p.msg.Response && foreign(p.msg, h.name, h.links):
				return true, nil
			case !p.msg.Response && asks(p.msg, h.name) && rival(p.msg, h.name, h.on(p.link)) > 0:
				sent = 0
				wait.Reset(time.Second)
			}
		case <-wait.C:
			if sent == 3 {
				return false, nil
			}
			sent++
			for _, l := range h.links {
				m := new(dns.Msg)
				m.Question = []dns.Question{{Name: h.name, Qtype: dns.TypeANY, Qclass: dns.ClassINET | unicast}}
				for _, rr := range records(h.name, l, hostTTL) {
					rr.Header().Class = dns.ClassINET // only answers flush
					m.Ns = append(m.Ns, rr)
				}
				h.sock.send(m, l.iface.Index)
			}
			wait.Reset(250 * time.Millisecond)
		}
	}
}

// on are the addresses we claim on a link.
func (h *hostName) on(index int) []netip.Addr {
	for _, l := range h.links {
		if l.iface.Index == index {
			return l.addrs
		}
	}
	return h.all()
}

// serve announces the name twice and answers for it until ctx ends. The
// channel is closed when another host claims it: probe again.
func (h *hostName) serve(ctx context.Context) <-chan struct{} {
	lost := make(chan struct{})
	h.work.Go(func() {
		h.announce(hostTTL)
		again := time.NewTimer(time.Second)
		defer again.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
				h.announce(hostTTL)
			case p := <-h.sock.heard:
				switch {
				case p.msg.Response && foreign(p.msg, h.name, h.links):
					close(lost)
					return
				case !p.msg.Response:
					h.answer(p)
				}
			}
		}
	})
	return lost
}

func (h *hostName) announce(ttl uint32) {
	for _, l := range h.links {
		m := new(dns.Msg)
		m.Response, m.Authoritative = true, true
		m.Answer = records(h.name, l, ttl)
		h.sock.send(m, l.iface.Index)
	}
}

// goodbye tells all to forget the name at once.
func (h *hostName) goodbye() { h.announce(0) }

// answer answers the questions about our name. For a type of address we do
// not have it says so (NSEC), or phones wait for it for seconds.
func (h *hostName) answer(p packet) {
	i := slices.IndexFunc(h.links, func(l link) bool { return l.iface.Index == p.link })
	if i < 0 {
		return
	}
	all := records(h.name, h.links[i], hostTTL)
	for _, q := range p.msg.Question {
		if !strings.EqualFold(q.Name, h.name) {
			continue
		}
		m := new(dns.Msg)
		m.Response, m.Authoritative = true, true
		if m.Answer = asked(q, all); len(m.Answer) == 0 {
			m.Answer = []dns.RR{absent(h.name, all)}
		}
		legacy := p.from.Port != mdnsPort // a resolver that knows nothing of multicast
		if legacy {
			m.Id, m.Question = p.msg.Id, []dns.Question{q}
			for _, rr := range m.Answer {
				rr.Header().Class = dns.ClassINET
				rr.Header().Ttl = min(rr.Header().Ttl, 10)
			}
		}
		if legacy || q.Qclass&unicast != 0 {
			h.sock.reply(m, p)
		} else {
			h.sock.send(m, p.link)
		}
	}
}

// absent says which types of records a name has, and thereby that it has no
// other.
func absent(name string, have []dns.RR) dns.RR {
	n := &dns.NSEC{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET | flush, Ttl: hostTTL}, NextDomain: name}
	for _, rr := range have {
		if t := rr.Header().Rrtype; !slices.Contains(n.TypeBitMap, t) {
			n.TypeBitMap = append(n.TypeBitMap, t)
		}
	}
	slices.Sort(n.TypeBitMap)
	return n
}
