package revocation_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"preau"
	"preau/provisioning/revocation"
)

// ca makes an authority; serial 7 is one of its certificates.
func ca(t testing.TB) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func serial(n int64) *x509.Certificate { return &x509.Certificate{SerialNumber: big.NewInt(n)} }

func sign(t testing.TB, before *revocation.List, cert *x509.Certificate, key crypto.Signer, serials ...int64) *revocation.List {
	t.Helper()
	var all []*big.Int
	for _, n := range serials {
		all = append(all, big.NewInt(n))
	}
	l, err := revocation.Sign(before, all, cert, key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestKeeper_OnlyNewerListsOfTheAuthority(t *testing.T) {
	cert, key := ca(t)
	first := sign(t, nil, cert, key, 7)
	second := sign(t, first, cert, key, 8, 8)
	if first.Number != 1 || second.Number != 2 || second.Len() != 2 || !second.Has(serial(7)) || !second.Has(serial(8)) || second.Has(serial(9)) {
		t.Fatalf("%+v, %+v", first, second)
	}
	path := filepath.Join(t.TempDir(), "revoked.crl")
	open := func() *revocation.Keeper {
		k, err := revocation.Open(path, []*x509.Certificate{cert})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := open()
	if k.Has(serial(7)) || k.List().PEM() != nil {
		t.Fatal("a box that heard nothing distrusts somebody")
	}
	for _, step := range []struct {
		list  *revocation.List
		newer bool
	}{{second, true}, {first, false}, {second, false}} {
		if newer, err := k.Offer(step.list.PEM()); err != nil || newer != step.newer {
			t.Errorf("list %d: newer %v, %v", step.list.Number, newer, err)
		}
	}
	if k = open(); !k.Has(serial(8)) {
		t.Error("forgotten by a restart")
	}
	other, otherKey := ca(t)
	forged := sign(t, second, other, otherKey, 9)
	if _, err := k.Offer(forged.PEM()); preau.KindOf(err) != preau.Untrusted || k.Has(serial(9)) {
		t.Errorf("another authority's list: %v", err)
	}
	if err := os.WriteFile(path, second.PEM()[:200], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := revocation.Open(path, []*x509.Certificate{cert}); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
		t.Errorf("a torn list: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	cert, key := ca(f)
	f.Add(sign(f, nil, cert, key, 7).PEM())
	f.Add([]byte("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if l, err := revocation.Parse(raw, cert); err == nil && l.Number == 0 || err != nil && preau.RemedyOf(err) == "" {
			t.Fatal(l, err)
		}
	})
}
