package discovery

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const mdnsPort = 5353

var (
	group4 = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}
	group6 = &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: mdnsPort}
)

// packet is a message heard on a link.
type packet struct {
	msg  *dns.Msg
	link int // index of its interface
	from *net.UDPAddr
}

// socket hears and speaks to both multicast groups on a set of links.
type socket struct {
	v4      *ipv4.PacketConn
	v6      *ipv6.PacketConn
	heard   chan packet
	stop    chan struct{}
	readers sync.WaitGroup
}

func listen(links []link) (*socket, error) {
	s := &socket{heard: make(chan packet, 16), stop: make(chan struct{})}
	err4, err6 := s.open4(links), s.open6(links)
	if s.v4 == nil && s.v6 == nil {
		return nil, fmt.Errorf("listen for multicast DNS: %w", errors.Join(err4, err6))
	}
	if s.v4 != nil {
		s.readers.Go(func() {
			s.read(func(b []byte) (int, int, net.Addr, error) {
				n, cm, from, err := s.v4.ReadFrom(b)
				if cm == nil {
					return n, 0, from, err
				}
				return n, cm.IfIndex, from, err
			})
		})
	}
	if s.v6 != nil {
		s.readers.Go(func() {
			s.read(func(b []byte) (int, int, net.Addr, error) {
				n, cm, from, err := s.v6.ReadFrom(b)
				if cm == nil {
					return n, 0, from, err
				}
				return n, cm.IfIndex, from, err
			})
		})
	}
	return s, nil
}

// open4 binds to the multicast range, which lets several responders of one
// machine share the port.
func (s *socket) open4(links []link) error {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: mdnsPort})
	if err != nil {
		return fmt.Errorf("listen on udp4: %w", err)
	}
	p := ipv4.NewPacketConn(c)
	err = errors.Join(p.SetControlMessage(ipv4.FlagInterface, true), p.SetMulticastTTL(255), p.SetMulticastLoopback(true))
	joined := 0
	for _, l := range links {
		if p.JoinGroup(&l.iface, group4) == nil {
			joined++ // an interface may have no IPv4
		}
	}
	if err != nil || joined == 0 {
		return errors.Join(err, errors.New("no interface joins 224.0.0.251"), p.Close())
	}
	s.v4 = p
	return nil
}

func (s *socket) open6(links []link) error {
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.ParseIP("ff02::"), Port: mdnsPort})
	if err != nil {
		return fmt.Errorf("listen on udp6: %w", err)
	}
	p := ipv6.NewPacketConn(c)
	err = errors.Join(p.SetControlMessage(ipv6.FlagInterface, true), p.SetMulticastHopLimit(255), p.SetMulticastLoopback(true))
	joined := 0
	for _, l := range links {
		if p.JoinGroup(&l.iface, group6) == nil {
			joined++ // an interface may have no IPv6
		}
	}
	if err != nil || joined == 0 {
		return errors.Join(err, errors.New("no interface joins ff02::fb"), p.Close())
	}
	s.v6 = p
	return nil
}

func (s *socket) read(next func([]byte) (n, link int, from net.Addr, err error)) {
	buf := make([]byte, 9000) // the most RFC 6762 allows
	for {
		n, link, from, err := next(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		udp, ok := from.(*net.UDPAddr)
		msg := new(dns.Msg)
		if err != nil || !ok || msg.Unpack(buf[:n]) != nil {
			if err != nil { // of the network; do not spin on it
				select {
				case <-time.After(100 * time.Millisecond):
				case <-s.stop:
					return
				}
			}
			continue
		}
		select {
		case s.heard <- packet{msg, link, udp}:
		case <-s.stop:
			return
		}
	}
}

// send multicasts a message on one link. Errors are of the network, which
// loses packets anyway.
func (s *socket) send(m *dns.Msg, link int) {
	b, err := m.Pack()
	if err != nil {
		return
	}
	if s.v4 != nil {
		_, _ = s.v4.WriteTo(b, &ipv4.ControlMessage{IfIndex: link}, group4)
	}
	if s.v6 != nil {
		_, _ = s.v6.WriteTo(b, &ipv6.ControlMessage{IfIndex: link}, group6)
	}
}

// reply sends to one asker.
func (s *socket) reply(m *dns.Msg, to packet) {
	b, err := m.Pack()
	if err != nil {
		return
	}
	if to.from.IP.To4() != nil && s.v4 != nil {
		_, _ = s.v4.WriteTo(b, &ipv4.ControlMessage{IfIndex: to.link}, to.from)
	} else if s.v6 != nil {
		_, _ = s.v6.WriteTo(b, &ipv6.ControlMessage{IfIndex: to.link}, to.from)
	}
}

func (s *socket) close() {
	close(s.stop)
	if s.v4 != nil {
		_ = s.v4.Close() // nothing is lost with it
	}
	if s.v6 != nil {
		_ = s.v6.Close()
	}
	s.readers.Wait()
}
