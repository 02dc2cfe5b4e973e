package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
)

type fixed struct{ at time.Time }

func (c *fixed) Now() time.Time          { return c.at }
func (c *fixed) State() preau.ClockState { return preau.ClockSynced }

// school is invented; its letter is right.
var school = BoxName{UAI: "0230001B", Box: "box-1"}

func made(t *testing.T) (*Authority, *fixed) {
	t.Helper()
	clock := &fixed{time.Now()}
	a, err := Init(filepath.Join(t.TempDir(), "authority"), Info{ID: "cd23", Name: "Département", Zones: []string{"preau.creuse.example"}}, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a, clock
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func parse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// forge signs with the CA's key what the authority itself would refuse: what
// a thief of the key would do.
func forge(t *testing.T, a *Authority, hosts []string, ips []net.IP) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: hosts, IPAddresses: ips, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, newKey(t).Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestCertificatesAreGoodForTheBoxsNames(t *testing.T) {
	a, clock := made(t)
	n := school
	n.Names, n.IPs = []string{"college.preau.creuse.example"}, []net.IP{net.IPv4(192, 168, 1, 10)}
	text, err := a.SignTLS(newKey(t).Public(), n)
	if err != nil {
		t.Fatal(err)
	}
	cert := parse(t, text)
	for _, name := range []string{"preau.local", "0230001b.preau.local", "college.preau.creuse.example", "192.168.1.10"} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: name, CurrentTime: clock.at}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 398*24*time.Hour {
		t.Errorf("browsers refuse a leaf of %v", life)
	}
}

// TestNamesOutside: the constraints are in the certificate, where every
// verifier finds them, and not only in our own refusal.
func TestNamesOutside(t *testing.T) {
	a, _ := made(t)
	for _, name := range []string{"www.education.gouv.fr", "preau.local.education.gouv.fr", "local", "xpreau.local", "creuse.example"} {
		cert := forge(t, a, []string{name}, nil)
		_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: name})
		var invalid x509.CertificateInvalidError
		if !errors.As(err, &invalid) || invalid.Reason != x509.CANotAuthorizedForThisName {
			t.Errorf("a forged %s: %v", name, err)
		}
	}
	public := forge(t, a, []string{"preau.local"}, []net.IP{net.IPv4(8, 8, 8, 8)})
	if _, err := public.Verify(x509.VerifyOptions{Roots: a.Pool()}); err == nil {
		t.Error("a forged public address passes")
	}
	// The forgery is sound but for its name.
	if _, err := forge(t, a, []string{"preau.local"}, nil).Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: "preau.local"}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"www.education.gouv.fr", "*.preau.local", "a b.preau.local", "-.preau.local", "xpreau.local"} {
		n := school
		n.Names = []string{name}
		if _, err := a.SignTLS(newKey(t).Public(), n); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s is signed, or refused without a remedy: %v", name, err)
		}
		if _, err := a.NewToken(n, time.Hour); preau.KindOf(err) != preau.Invalid {
			t.Errorf("a token for %s: %v", name, err)
		}
	}
}

func TestNoAuthorityBelow(t *testing.T) {
	a, _ := made(t)
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(8), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	leaf := forge(t, &Authority{cert: middle, key: key}, []string{"preau.local"}, nil)
	between := x509.NewCertPool()
	between.AddCert(middle)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), Intermediates: between, DNSName: "preau.local"}); err == nil {
		t.Error("an authority below this one is trusted")
	}
}

func TestTokenOpensOnce(t *testing.T) {
	a, clock := made(t)
	token, err := a.NewToken(school, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	n, err := a.Spend(token, "keys of the box")
	if err != nil || n.UAI != school.UAI || n.Box != school.Box {
		t.Fatalf("%+v %v", n, err)
	}
	if _, err := a.Spend(token, "keys of the box"); err != nil {
		t.Error("the same box may not ask again for an answer it lost: ", err)
	}
	for _, c := range []struct{ token, keys string }{{token, "keys of a thief"}, {token + "x", "keys of the box"}, {"", ""}, {"../ca.key", "k"}} {
		if _, err := a.Spend(c.token, c.keys); preau.KindOf(err) != preau.Forbidden {
			t.Errorf("%q with %q: %v", c.token, c.keys, err)
		}
	}
	clock.at = clock.at.Add(2 * time.Hour)
	if _, err := a.Spend(token, "keys of the box"); preau.KindOf(err) != preau.Expired {
		t.Errorf("an old answer is given again: %v", err)
	}
	late, err := a.NewToken(school, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.Add(2 * time.Hour)
	if _, err := a.Spend(late, "k"); preau.KindOf(err) != preau.Expired {
		t.Errorf("an expired token: %v", err)
	}
	if files, err := filepath.Glob(filepath.Join(a.dir, "tokens", "*"+token[:12]+"*")); err != nil || len(files) > 0 {
		t.Error("the token itself is kept: ", files, err)
	}
}

func TestTokenRaced(t *testing.T) {
	a, _ := made(t)
	for range 20 {
		token, err := a.NewToken(school, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var errs [8]error
		start := make(chan struct{})
		for i := range errs {
			wg.Go(func() {
				<-start
				_, errs[i] = a.Spend(token, strings.Repeat("k", i+1))
			})
		}
		close(start)
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case preau.KindOf(err) != preau.Forbidden:
				t.Error(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d boxes were enrolled by one token", won)
		}
	}
}

func TestInitAndOpen(t *testing.T) {
	a, clock := made(t)
	if _, err := Init(a.dir, a.Info, clock); preau.KindOf(err) != preau.Conflict {
		t.Errorf("an authority is made over another: %v", err)
	}
	for _, name := range []string{"ca.key", "receipts.key"} {
		if info, err := os.Stat(filepath.Join(a.dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	again, err := Open(a.dir, clock)
	if err != nil || again.ID != a.ID || !again.cert.Equal(a.cert) {
		t.Fatalf("%+v %v", again, err)
	}
	if _, cert, err := again.Receipts(); err != nil || cert.CheckSignatureFrom(again.cert) != nil {
		t.Error("the receipts' key is not certified: ", err)
	}
	if _, err := Open(t.TempDir(), clock); preau.KindOf(err) != preau.NotFound {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "ca.key"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(a.dir, clock); preau.KindOf(err) != preau.Corrupt || preau.RemedyOf(err) == "" {
		t.Error(err)
	}
	for _, info := range []Info{{}, {ID: "CD23", Name: "x"}, {ID: "cd23"}, {ID: "cd23", Name: "x", Zones: []string{"*.example"}}, {ID: "cd23", Name: "x", Zones: []string{"fr"}}} {
		if _, err := Init(filepath.Join(t.TempDir(), "a"), info, clock); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%+v: %v", info, err)
		}
	}
	for _, n := range []BoxName{{UAI: "0230001A", Box: "box-1"}, {UAI: "0230001B", Box: "Box"}, {}} {
		if _, err := a.NewToken(n, time.Hour); err == nil {
			t.Errorf("%+v has a token", n)
		}
	}
}
