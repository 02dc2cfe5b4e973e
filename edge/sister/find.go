package sister

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/edge/discovery"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/provisioning/revocation"
)

const (
	listenFor  = 3 * time.Second // to announcements
	lookEvery  = 5 * time.Minute
	lookAgain  = 20 * time.Second // while nobody is known
	probeLimit = 5 * time.Second
	maxPeers   = 16 // who announce, of a school and its neighbours; more are strangers
)

// Box is a sister that showed a good certificate.
type Box struct {
	Peer
	Address string `json:"address"` // host:port
	// Blobs gives what it has, Files the catalogue's published files.
	Blobs fetch.Source `json:"-"`
	Files trust.Source `json:"-"`
}

// Finder keeps the list of sisters that answer.
type Finder struct {
	Identity
	// Peers are addresses a technician wrote down, for networks where mDNS
	// does not pass.
	Peers []string
	// Browse listens to announcements; nil: nobody does.
	Browse func(ctx context.Context) ([]discovery.Box, error)
	// Wrap is told each transport, to count and to pace what it carries.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Found is told when a sister or a list is new; may be nil.
	Found func()
	Log   *slog.Logger

	mu      sync.Mutex
	sisters map[string]*known // by address
	said    map[string]string // what was last said of an address
}

type known struct {
	Box
	cert  *x509.Certificate
	close func()
}

// Sisters lists those that answered last, in a stable order.
func (f *Finder) Sisters() []Box {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Box
	for _, address := range slices.Sorted(maps.Keys(f.sisters)) {
		if k := f.sisters[address]; !f.Revoked.Has(k.cert) { // a technician may have brought a list
			all = append(all, k.Box)
		}
	}
	return all
}

// Serve looks for sisters until ctx ends.
func (f *Finder) Serve(ctx context.Context) error {
	defer f.forget(nil)
	for {
		f.look(ctx)
		wait := lookEvery
		if len(f.Sisters()) == 0 {
			wait = lookAgain
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// look asks everybody who announces itself, once.
func (f *Finder) look(ctx context.Context) {
	var addresses []string
	if f.Browse != nil {
		listen, cancel := context.WithTimeout(ctx, listenFor)
		heard, err := f.Browse(listen)
		cancel()
		if err != nil && ctx.Err() == nil {
			f.say("browse", "sister boxes not looked for", err)
		}
		for _, b := range heard {
			addresses = append(addresses, reachable(b)...)
		}
	}
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	// Whoever announces crowds nobody out whom a technician wrote down.
	addresses = append(slices.Clone(f.Peers), addresses[:min(len(addresses), maxPeers)]...)
	answered := map[string]bool{}
	fresh := false
	for _, address := range addresses {
		if _, asked := answered[address]; asked {
			continue
		}
		news, err := f.probe(ctx, address)
		if ctx.Err() != nil {
			return
		}
		fresh = fresh || news
		answered[address] = err == nil
		switch {
		case err == nil:
			f.say(address, "", nil)
		case errors.Is(err, errSelf):
		default:
			f.say(address, "box on the network is not used", err)
		}
	}
	f.forget(answered)
	if fresh && f.Found != nil {
		f.Found()
	}
}

// reachable are the addresses at which a box says sisters are served.
func reachable(b discovery.Box) (all []string) {
	if b.Sister == 0 {
		return nil
	}
	for _, a := range b.Addrs {
		if a.IsPrivate() { // ours never leave the school's network
			all = append(all, netip.AddrPortFrom(a, uint16(b.Sister)).String())
		}
	}
	slices.SortFunc(all, func(x, y string) int { return strings.Compare(strings.TrimLeft(x, "["), strings.TrimLeft(y, "[")) })
	return all[:min(len(all), 2)]
}

var errSelf = errors.New("this is the box itself")

// probe knocks at an address. It reports whether there is news: a sister that
// was not known there, or a newer list of revoked certificates.
func (f *Finder) probe(ctx context.Context, address string) (news bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	conf := f.client()
	transport := &http.Transport{
		TLSClientConfig: conf, TLSHandshakeTimeout: probeLimit, ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: time.Minute,
		MaxIdleConnsPerHost: 2, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true, // no proxy: it is next door
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a sister box sends nobody elsewhere") }}
	base := "https://" + address
	peer, cert, raw, err := f.greet(ctx, client, base)
	if err == nil && len(raw) > 0 {
		if news, err = f.Revoked.Offer(raw); err == nil && news {
			f.Log.Info("newer list of revoked certificates", "from", peer.String(), "number", f.Revoked.List().Number)
		}
	}
	if err != nil {
		transport.CloseIdleConnections()
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if k := f.sisters[address]; k != nil && k.cert.Equal(cert) {
		transport.CloseIdleConnections()
		return news, nil
	} else if k != nil { // another box, or the same enrolled anew
		k.close()
	}
	var carry http.RoundTripper = guarded{transport, f.Identity}
	if f.Wrap != nil {
		carry = f.Wrap(carry)
	}
	client = &http.Client{Transport: carry, CheckRedirect: client.CheckRedirect}
	origin, err := fetch.NewHTTP(base, client)
	if err != nil {
		return false, err
	}
	files, err := trust.HTTP(base+"/catalogue", client)
	if err != nil {
		return false, err
	}
	if f.sisters == nil {
		f.sisters = map[string]*known{}
	}
	box := Box{Peer: peer, Address: address, Blobs: named{origin, "sister box " + peer.String()}, Files: files}
	f.sisters[address] = &known{box, cert, transport.CloseIdleConnections}
	f.Log.Info("sister box found", "box", peer.String(), "address", address)
	return true, nil
}

// named is a source under its box's name: addresses change, boxes do not.
type named struct {
	*fetch.HTTP
	name string
}

// Name implements fetch.Source.
func (n named) Name() string { return n.name }

// greet shakes hands, and reads the list the other has.
func (f *Finder) greet(ctx context.Context, client *http.Client, base string) (p Peer, cert *x509.Certificate, list []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/revoked", nil)
	if err != nil {
		return p, nil, nil, preau.E(preau.Invalid, "the address of a sister box is not one", "Write host:port in sisters.peers.", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return p, nil, nil, preau.E(preau.Unavailable, "no box of this authority answers at "+base, "Nothing to do, unless a box is expected there: preau doctor on that box.", err)
	}
	defer resp.Body.Close()
	cert = resp.TLS.PeerCertificates[0]
	if p, err = peerOf(cert); err != nil {
		return p, nil, nil, err
	}
	if bytes.Equal(cert.Raw, f.Certificate.Certificate[0]) {
		return p, nil, nil, errSelf
	}
	if resp.StatusCode != http.StatusOK {
		return p, nil, nil, preau.E(preau.Forbidden, fmt.Sprintf("sister box %s answers %.60s", p, resp.Status), "Check that neither certificate was revoked.", nil)
	}
	if list, err = io.ReadAll(io.LimitReader(resp.Body, revocation.MaxList+1)); err != nil {
		return p, nil, nil, preau.E(preau.Unavailable, "sister box "+p.String()+" broke off", "Nothing to do.", err)
	}
	return p, cert, list, nil
}

// forget drops the sisters that did not answer now; nil: all of them.
func (f *Finder) forget(answered map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for address, k := range f.sisters {
		if !answered[address] {
			k.close()
			delete(f.sisters, address)
			f.Log.Info("sister box gone", "box", k.String(), "address", address)
		}
	}
}

// say logs what is new about an address, not the same every five minutes.
func (f *Finder) say(address, msg string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.said == nil || len(f.said) > 10*maxPeers {
		f.said = map[string]string{}
	}
	if err == nil {
		delete(f.said, address)
		return
	}
	if text := err.Error(); f.said[address] != text {
		f.said[address] = text
		f.Log.Warn(msg, "address", address, "err", err)
	}
}

// Port is the port of a listener, for the announcement.
func Port(ln net.Listener) int {
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}
