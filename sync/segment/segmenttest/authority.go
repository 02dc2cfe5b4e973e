// Package segmenttest makes the keys and certificates that tests of delivery
// need: an authority, its boxes and its receipt key. It is for tests only.
package segmenttest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"testing"
	"time"

	"preau/sync/segment"
)

// Authority is a CA that lives as long as the test.
type Authority struct {
	Roots *x509.CertPool
	Cert  *x509.Certificate
	key   ed25519.PrivateKey
	t     testing.TB
}

// New makes an authority.
func New(t testing.TB) *Authority {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := template("Autorité d’essai")
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.KeyUsage = true, true, x509.KeyUsageCertSign
	a := &Authority{Roots: x509.NewCertPool(), key: key, t: t}
	a.Cert = sign(t, tmpl, tmpl, pub, key)
	a.Roots.AddCert(a.Cert)
	return a
}

// Box is the box that most tests speak of.
func Box() segment.Box {
	return segment.Box{Authority: "departement-99", Academie: "exemple", UAI: "0750654D", ID: "borne-1"}
}

// Signer gives a box its key and certificate.
func (a *Authority) Signer(b segment.Box) segment.Signer { return a.leaf(b.URI()) }

// Receipts gives the authority's receipt key.
func (a *Authority) Receipts(authority string) segment.Signer {
	return a.leaf(segment.ReceiptsURI(authority))
}

func (a *Authority) leaf(uri string) segment.Signer {
	a.t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	u, err := url.Parse(uri)
	if err != nil {
		a.t.Fatal(err)
	}
	tmpl := template(uri)
	tmpl.URIs = []*url.URL{u}
	return segment.Signer{Key: key, Chain: []*x509.Certificate{sign(a.t, tmpl, a.Cert, pub, a.key)}}
}

// PEM is the CA's certificate as a file holds it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Cert.Raw})
}

func template(cn string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cn},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func sign(t testing.TB, tmpl, parent *x509.Certificate, pub ed25519.PublicKey, key ed25519.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
