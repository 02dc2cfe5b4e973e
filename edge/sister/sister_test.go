package sister_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/discovery"
	"preau/edge/sister"
	"preau/media/blob"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/provisioning/authority"
	"preau/provisioning/revocation"
)

func newAuthority(t *testing.T, id string) *authority.Authority {
	t.Helper()
	a, err := authority.Init(filepath.Join(t.TempDir(), id), authority.Info{ID: id, Name: id}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// certify gives a new key a certificate.
func certify(t *testing.T, sign func(key *ecdsa.PrivateKey) ([]byte, error)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := sign(key)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	return tls.Certificate{Certificate: [][]byte{b.Bytes}, PrivateKey: key}
}

func parse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	b, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// box is one box: its identity, its content, its door and who it knows.
type box struct {
	sister.Identity
	blobs   *blob.Store
	door    *sister.Door
	finder  *sister.Finder
	address string
	log     *lines
}

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// local is the school's own file: in the store, not in the catalogue.
var local = blob.Digest(sha256.Sum256([]byte("a course that a teacher brought")))

func newBox(t *testing.T, a *authority.Authority, name string) *box {
	t.Helper()
	cert := certify(t, func(key *ecdsa.PrivateKey) ([]byte, error) {
		return a.SignTLS(key.Public(), authority.BoxName{UAI: "0230001B", Box: name})
	})
	return boxOf(t, a, cert)
}

func boxOf(t *testing.T, a *authority.Authority, cert tls.Certificate) *box {
	t.Helper()
	b := &box{log: &lines{}}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	cas := []*x509.Certificate{parse(t, a.Certificate())}
	revoked, err := revocation.Open(filepath.Join(t.TempDir(), "revoked.crl"), cas)
	if err != nil {
		t.Fatal(err)
	}
	b.Identity = sister.Identity{Certificate: cert, Authorities: cas, Revoked: revoked, Clock: preau.SystemClock()}
	if b.blobs, err = blob.Open(t.TempDir(), 0); err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "timestamp.json"), []byte(`{"signed":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.door = &sister.Door{Identity: b.Identity, Blobs: b.blobs, Catalogue: trust.Folder(files), Log: log,
		Pace: func(context.Context, int) error { return nil },
		Known: func(_ context.Context, d blob.Digest) error {
			if d == local {
				return preau.E(preau.NotFound, "not of the catalogue", "", nil)
			}
			return nil
		}}
	b.finder = &sister.Finder{Identity: b.Identity, Log: log}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = ln.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.door.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return b
}

// hold puts content on a box.
func (b *box) hold(t *testing.T, content []byte) fetch.Want {
	t.Helper()
	d := blob.Digest(sha256.Sum256(content))
	in, err := b.blobs.Receive(t.Context(), d, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	return fetch.Want{Digest: d, Size: int64(len(content))}
}

func (b *box) bring(t *testing.T, wants ...fetch.Want) error {
	f := &fetch.Fetcher{Store: b.blobs, Log: slog.New(slog.NewTextHandler(b.log, nil)), Backoff: time.Millisecond}
	sisters := b.finder.Sisters()
	slices.SortFunc(sisters, func(x, y sister.Box) int { return strings.Compare(x.Box, y.Box) })
	for _, s := range sisters {
		f.Sources = append(f.Sources, s.Blobs)
	}
	return f.Run(t.Context(), wants)
}

func content(seed byte, n int) []byte { return bytes.Repeat([]byte{seed, 1, 2}, n/3) }

func TestSisters_GiveWhatTheCatalogueHas(t *testing.T) {
	a := newAuthority(t, "cd23")
	rich, poor := newBox(t, a, "box-1"), newBox(t, a, "box-2")
	want := rich.hold(t, content(7, 300_000))
	rich.hold(t, []byte("a course that a teacher brought"))
	poor.finder.Peers = []string{rich.address, poor.address}
	told := 0
	poor.finder.Found = func() { told++ }
	poor.finder.Look(t.Context())
	sisters := poor.finder.Sisters()
	if len(sisters) != 1 || sisters[0].String() != "0230001B/box-1" || told != 1 {
		t.Fatalf("%+v, told %d times\n%s", sisters, told, poor.log)
	}
	if err := poor.bring(t, want); err != nil || !poor.blobs.Has(want.Digest) {
		t.Fatal(err)
	}
	if b, err := sisters[0].Files.Fetch(t.Context(), "timestamp.json", 100); err != nil || string(b) != `{"signed":{}}` {
		t.Errorf("%q, %v", b, err)
	}
	if _, _, err := sisters[0].Blobs.Open(t.Context(), local, 0, 31); preau.KindOf(err) != preau.NotFound {
		t.Errorf("what the school made itself is given: %v", err)
	}
	if _, err := sisters[0].Files.Fetch(t.Context(), "../identity/tls.key", 1000); err == nil {
		t.Error("a file outside the mirror is given")
	}
	poor.finder.Peers = nil
	poor.finder.Look(t.Context())
	if left := poor.finder.Sisters(); len(left) != 0 {
		t.Errorf("a box that left is still listed: %+v", left)
	}
}

// revoke takes box-1's certificates back.
func revoke(t *testing.T, a *authority.Authority) []byte {
	t.Helper()
	l, err := a.Revoke("0230001B", "box-1")
	if err != nil {
		t.Fatal(err)
	}
	return l.PEM()
}

// TestRevoked_GetsAndGivesNothing: on the connection that is open already, and
// on new ones; and the list goes from box to box.
func TestRevoked_GetsAndGivesNothing(t *testing.T) {
	a := newAuthority(t, "cd23")
	stolen, ours, third := newBox(t, a, "box-1"), newBox(t, a, "box-2"), newBox(t, a, "box-3")
	mine, theirs := ours.hold(t, content(1, 90_000)), stolen.hold(t, content(2, 90_000))
	stolen.finder.Peers, ours.finder.Peers, third.finder.Peers = []string{ours.address}, []string{stolen.address}, []string{ours.address, stolen.address}
	for _, b := range []*box{stolen, ours, third} {
		b.finder.Look(t.Context())
	}
	taker, giver := stolen.finder.Sisters()[0], ours.finder.Sisters()[0]
	for _, open := range []struct {
		from fetch.Source
		want fetch.Want
	}{{taker.Blobs, mine}, {giver.Blobs, theirs}} {
		body, _, err := open.from.Open(t.Context(), open.want.Digest, 0, open.want.Size)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil { // whole, so that the connection is kept
			t.Fatal(err)
		}
		body.Close()
	}
	under, _, err := giver.Blobs.Open(t.Context(), theirs.Digest, 0, theirs.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer under.Close()

	if newer, err := ours.Revoked.Offer(revoke(t, a)); err != nil || !newer {
		t.Fatal(newer, err)
	}
	if _, err := io.ReadAll(under); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("a transfer under way goes on: %v", err)
	}
	if _, _, err := taker.Blobs.Open(t.Context(), mine.Digest, 0, mine.Size); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("it still gets, on its old connection: %v", err)
	}
	if _, _, err := giver.Blobs.Open(t.Context(), theirs.Digest, 0, theirs.Size); err == nil {
		t.Error("it still gives, on its old connection")
	}
	if left := ours.finder.Sisters(); len(left) != 0 {
		t.Errorf("it is still listed: %v", left)
	}
	stolen.finder.Look(t.Context())
	ours.finder.Look(t.Context())
	if len(stolen.finder.Sisters()) != 0 || len(ours.finder.Sisters()) != 0 || !strings.Contains(ours.log.String(), "was revoked") {
		t.Errorf("it comes back on a new connection\n%s", ours.log)
	}
	if err := ours.bring(t, theirs); err == nil || ours.blobs.Has(theirs.Digest) {
		t.Error("its bytes came")
	}
	third.finder.Look(t.Context()) // hears of it from ours
	if third.Revoked.List() == nil || len(third.finder.Sisters()) != 1 {
		t.Errorf("the list does not travel: %v", third.finder.Sisters())
	}
}

// TestRogues_AreIgnored: an announcement is nothing, nor is a certificate
// that is not a box's of this authority.
func TestRogues_AreIgnored(t *testing.T) {
	a, other := newAuthority(t, "cd23"), newAuthority(t, "cd87")
	ours := newBox(t, a, "box-2")
	want := ours.hold(t, content(3, 9000))
	service := certify(t, func(key *ecdsa.PrivateKey) ([]byte, error) { return a.SignService(key.Public(), anyBox) })
	late := certify(t, func(key *ecdsa.PrivateKey) ([]byte, error) { return selfSigned(t, key, time.Now().Add(time.Hour)) })
	for name, rogue := range map[string]*box{
		"of another authority": newBox(t, other, "box-1"), "a service of the authority": boxOf(t, a, service), "self-signed": boxOf(t, a, late),
	} {
		rogue.finder.Authorities = ours.Authorities // it believes us
		rogue.finder.Peers = []string{ours.address}
		rogue.finder.Look(t.Context())
		if found := rogue.finder.Sisters(); len(found) != 0 {
			t.Errorf("%s: let in", name)
		}
		ours.finder.Peers = []string{rogue.address}
		ours.finder.Look(t.Context())
		ours.finder.Look(t.Context())
		if found := ours.finder.Sisters(); len(found) != 0 {
			t.Errorf("%s: believed", name)
		}
		if n := strings.Count(ours.log.String(), "address="+rogue.address); n != 1 {
			t.Errorf("%s: said %d times\n%s", name, n, ours.log)
		}
	}
	naked := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	if resp, err := naked.Get("https://" + ours.address + "/blobs/" + want.Digest.String()); err == nil {
		resp.Body.Close()
		t.Errorf("without a certificate: %s", resp.Status)
	}
	expired := ours.Identity
	expired.Clock = inTwoYears{}
	f := &sister.Finder{Identity: expired, Peers: []string{newBox(t, a, "box-3").address}, Log: slog.New(slog.DiscardHandler)}
	f.Look(t.Context())
	if len(f.Sisters()) != 0 {
		t.Error("a certificate that ended is believed")
	}
}

const anyBox = "preau.local"

type inTwoYears struct{}

func (inTwoYears) Now() time.Time          { return time.Now().AddDate(2, 0, 0) }
func (inTwoYears) State() preau.ClockState { return preau.ClockSynced }

func selfSigned(t *testing.T, key *ecdsa.PrivateKey, until time.Time) ([]byte, error) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(77), DNSNames: []string{anyBox, "0230001b." + anyBox}, NotBefore: until.Add(-2 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

// TestWrongBytes_NameTheSister: three wrong blobs and it is dropped.
func TestWrongBytes_NameTheSister(t *testing.T) {
	a := newAuthority(t, "cd23")
	bad, good, ours := newBox(t, a, "box-1"), newBox(t, a, "box-2"), newBox(t, a, "box-3")
	var wants []fetch.Want
	for i := range byte(5) {
		b := content(i, 6000)
		w := bad.hold(t, b)
		good.hold(t, b)
		spoil(t, bad.blobs, w.Digest)
		wants = append(wants, w)
	}
	ours.finder.Peers = []string{bad.address, good.address}
	ours.finder.Look(t.Context())
	if err := ours.bring(t, wants...); err != nil {
		t.Fatal(err)
	}
	if said := ours.log.String(); !strings.Contains(said, `"source dropped: it has too many wrong blobs" source="sister box 0230001B/box-1"`) {
		t.Errorf("it is not named:\n%s", said)
	}
}

// spoil flips a bit on the disk.
func spoil(t *testing.T, s *blob.Store, d blob.Digest) {
	t.Helper()
	f, _, err := s.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := os.ReadFile(f.Name())
	if err == nil {
		b[len(b)/2] ^= 4
		err = errors.Join(os.Chmod(f.Name(), 0o600), os.WriteFile(f.Name(), b, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnnounced_IsHeard(t *testing.T) {
	a := newAuthority(t, "cd23")
	ours := newBox(t, a, "box-1")
	asked := 0
	ours.finder.Browse = func(context.Context) ([]discovery.Box, error) {
		asked++
		addrs := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.99.99.99")}
		return []discovery.Box{{Label: "no sisters", Port: 80, Addrs: addrs}, {Label: "the Internet", Port: 80, Sister: 8446, Addrs: addrs[:1]}}, nil
	}
	ours.finder.Look(t.Context())
	if asked != 1 || len(ours.finder.Sisters()) != 0 || ours.log.String() != "" {
		t.Errorf("asked %d times; somebody was knocked at:\n%s", asked, ours.log)
	}
}

// TestEnrolledAnew_IsBelieved at the address at which it was known under the
// certificate that was taken back.
func TestEnrolledAnew_IsBelieved(t *testing.T) {
	a := newAuthority(t, "cd23")
	before, ours := newBox(t, a, "box-1"), newBox(t, a, "box-2")
	var now atomic.Pointer[string]
	now.Store(&before.address)
	address := forward(t, &now)
	ours.finder.Peers = []string{address}
	ours.finder.Look(t.Context())
	if len(ours.finder.Sisters()) != 1 {
		t.Fatal(ours.log)
	}
	list := revoke(t, a)
	after := newBox(t, a, "box-1")
	want := after.hold(t, content(5, 9000))
	now.Store(&after.address)
	if _, err := ours.Revoked.Offer(list); err != nil {
		t.Fatal(err)
	}
	ours.finder.Look(t.Context())
	if err := ours.bring(t, want); err != nil || !ours.blobs.Has(want.Digest) {
		t.Errorf("%v\n%s", err, ours.log)
	}
}

// forward passes connections on to the address of the moment.
func forward(t *testing.T, to *atomic.Pointer[string]) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", *to.Load())
			if err != nil {
				in.Close()
				continue
			}
			t.Cleanup(func() { in.Close(); out.Close() })
			work.Go(func() { _, _ = io.Copy(out, in); out.Close() })
			work.Go(func() { _, _ = io.Copy(in, out); in.Close() })
		}
	})
	t.Cleanup(work.Wait)
	t.Cleanup(func() { ln.Close() })
	return ln.Addr().String()
}

// TestPeers_AreNotCrowdedOut however many are written down or announced.
func TestPeers_AreNotCrowdedOut(t *testing.T) {
	a := newAuthority(t, "cd23")
	rich, poor := newBox(t, a, "box-1"), newBox(t, a, "box-2")
	for port := range 20 {
		poor.finder.Peers = append(poor.finder.Peers, net.JoinHostPort("127.0.0.1", strconv.Itoa(port+100)))
	}
	poor.finder.Peers = append(poor.finder.Peers, rich.address)
	poor.finder.Look(t.Context())
	if len(poor.finder.Sisters()) != 1 {
		t.Error(poor.log)
	}
}
