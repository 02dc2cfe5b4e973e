// Package revocation knows which certificates an authority has taken back: a
// signed list (an X.509 CRL, RFC 5280) with a number that only grows. It
// promises that a list which the authority did not sign is refused, that an
// older one never replaces a newer one, and that what a box was once told to
// distrust it distrusts after a power cut too. It refuses to forget because a
// list is old: an authority that is out of reach for a year has not forgiven.
//
// On disk: DATA/identity/revoked.crl, PEM.
package revocation

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"preau"
	"preau/internal/durable"
)

// MaxList bounds a list's bytes: some ten thousand certificates.
const MaxList = 1 << 20

const block = "X509 CRL"

// List is one verified list. A nil one takes nothing back.
type List struct {
	Number  uint64
	Made    time.Time
	serials map[string]bool
	pem     []byte
}

// Has reports whether a certificate was taken back.
func (l *List) Has(cert *x509.Certificate) bool {
	return l != nil && cert != nil && l.serials[cert.SerialNumber.String()]
}

// Len is how many certificates were taken back.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.serials)
}

// PEM is the list as it travels; nil: there is none.
func (l *List) PEM() []byte {
	if l == nil {
		return nil
	}
	return l.pem
}

// Serials lists what was taken back, for the next list.
func (l *List) Serials() []*big.Int {
	if l == nil {
		return nil
	}
	var all []*big.Int
	for text := range l.serials {
		n, ok := new(big.Int).SetString(text, 10)
		if ok {
			all = append(all, n)
		}
	}
	return all
}

// Sign makes the list that follows before, with serials besides.
func Sign(before *List, serials []*big.Int, ca *x509.Certificate, key crypto.Signer, now time.Time) (*List, error) {
	number := uint64(1)
	if before != nil {
		number = before.Number + 1
	}
	seen := map[string]bool{}
	template := &x509.RevocationList{Number: new(big.Int).SetUint64(number), ThisUpdate: now, NextUpdate: now.AddDate(1, 0, 0)}
	for _, serial := range append(before.Serials(), serials...) {
		if !seen[serial.String()] {
			seen[serial.String()] = true
			template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: now})
		}
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, ca, key)
	if err != nil {
		return nil, fmt.Errorf("sign the list of revoked certificates: %w", err)
	}
	return Parse(pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), ca)
}

// Parse reads a list and checks that one of authorities signed it.
func Parse(raw []byte, authorities ...*x509.Certificate) (*List, error) {
	unreadable := func(cause error) (*List, error) {
		return nil, preau.E(preau.Invalid, "the list of revoked certificates cannot be read", "Copy revoked.crl again, whole, from the authority's folder.", cause)
	}
	if len(raw) > MaxList {
		return unreadable(fmt.Errorf("%d bytes, over %d", len(raw), MaxList))
	}
	b, rest := pem.Decode(raw)
	if b == nil || b.Type != block || len(rest) > 0 {
		return unreadable(errors.New("not one " + block + " in PEM"))
	}
	crl, err := x509.ParseRevocationList(b.Bytes)
	if err != nil {
		return unreadable(err)
	}
	if crl.Number == nil || crl.Number.Sign() <= 0 || !crl.Number.IsUint64() {
		return unreadable(errors.New("it has no number"))
	}
	signed := errors.New("no authority is known")
	for _, ca := range authorities {
		if signed = crl.CheckSignatureFrom(ca); signed == nil {
			break
		}
	}
	if signed != nil {
		return nil, preau.E(preau.Untrusted, "the list of revoked certificates is not signed by this box's authority", "Take revoked.crl from the folder of the authority that enrolled the box.", signed)
	}
	l := &List{Number: crl.Number.Uint64(), Made: crl.ThisUpdate, serials: map[string]bool{}, pem: raw}
	for _, e := range crl.RevokedCertificateEntries {
		l.serials[e.SerialNumber.String()] = true
	}
	return l, nil
}

// Keeper keeps a box's newest list. Its methods may be called from any
// goroutine.
type Keeper struct {
	path        string
	authorities []*x509.Certificate

	mu  sync.Mutex // held by whoever replaces the list
	now atomic.Pointer[List]
}

// Open reads the list in path; none is no error, a torn one is: then a box
// would trust what it was told not to.
func Open(path string, authorities []*x509.Certificate) (*Keeper, error) {
	k := &Keeper{path: path, authorities: authorities}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of revoked certificates: %w", err)
	}
	l, err := Parse(raw, authorities...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	k.now.Store(l)
	return k, nil
}

// List is the newest list; nil: none came yet.
func (k *Keeper) List() *List { return k.now.Load() }

// Has reports whether a certificate was taken back.
func (k *Keeper) Has(cert *x509.Certificate) bool { return k.List().Has(cert) }

// Offer takes a list that came from anywhere, and reports whether it is newer
// than the one held. It is durable before it counts.
func (k *Keeper) Offer(raw []byte) (bool, error) {
	l, err := Parse(raw, k.authorities...)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if held := k.List(); held != nil && l.Number <= held.Number {
		return false, nil
	}
	if err := durable.WriteBytes(k.path, 0o600, l.pem); err != nil {
		return false, err
	}
	k.now.Store(l)
	return true, nil
}
