// Package authority is the collectivité's root of trust: a certificate
// authority that can only speak for its own boxes' names, the key that signs
// receipts, and the ledger of one-use enrolment tokens. It promises that its
// keys never leave its folder, that a token opens one enrolment, once, even
// when two ask at the same moment, and that no default secret exists. It
// refuses names outside its constraints.
//
// On disk: DIR/authority.json who it is; ca.crt, ca.key (P-256); receipts.crt,
// receipts.key (Ed25519); tokens/<sha256> one file a
// token, and <sha256>.keys once a box has used it; issued/<uai>.<box>/ the
// certificates of each box; revoked.crl those taken back.
// Keep DIR offline but when boxes are enrolled.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"preau"
	"preau/internal/durable"
)

// Info says who the authority is.
type Info struct {
	ID    string   `json:"id"`    // slug, the first words of its keys in the store
	Name  string   `json:"name"`  // « Département de … »
	Zones []string `json:"zones"` // DNS names below which it may certify, besides preau.local
}

// Authority is an opened folder.
type Authority struct {
	Info
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
	now  func() time.Time
}

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$`)

// local is the name every box answers to on its own network.
const local = "preau.local"

// Lifetimes. A leaf is under the 398 days that browsers accept.
const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 397 * 24 * time.Hour
	backdate = time.Hour // clocks of boxes run slow
)

// Init makes a new authority in dir, which must not hold one.
func Init(dir string, info Info, clock preau.Clock) (*Authority, error) {
	if err := info.check(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "authority.json")); err == nil {
		return nil, preau.E(preau.Conflict, dir+" already holds an authority", "Choose another folder: its key must not be replaced.", nil)
	}
	if err := os.MkdirAll(filepath.Join(dir, "tokens"), 0o700); err != nil {
		return nil, fmt.Errorf("make the authority's folder: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority's key: %w", err)
	}
	now := clock.Now()
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Préau · " + info.Name, Organization: []string{info.Name}},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		// Stolen, this key still cannot speak for the rest of the Internet.
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         append([]string{local, "localhost"}, info.Zones...),
		PermittedIPRanges:           privateRanges(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the authority's certificate: %w", err)
	}
	if err := writeKey(filepath.Join(dir, "ca.key"), key); err != nil {
		return nil, err
	}
	if err := durable.WriteBytes(filepath.Join(dir, "ca.crt"), 0o644, pemOf("CERTIFICATE", der)); err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	a := &Authority{Info: info, dir: dir, cert: cert, key: key, now: clock.Now}
	if err := a.makeReceipts(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the authority: %w", err)
	}
	// Last: a folder with this file is whole.
	return a, durable.WriteBytes(filepath.Join(dir, "authority.json"), 0o644, append(b, '\n'))
}

func (i Info) check() error {
	if !slug.MatchString(i.ID) {
		return preau.E(preau.Invalid, fmt.Sprintf("%.60q is not an authority's identifier", i.ID), "Use small letters, digits and dashes, such as cd93.", nil)
	}
	if strings.TrimSpace(i.Name) == "" || len(i.Name) > 120 {
		return preau.E(preau.Invalid, "the authority needs a name", "Give it with --name, such as \"Département de la Creuse\".", nil)
	}
	for _, z := range i.Zones {
		if !hostname(z) || !strings.Contains(z, ".") {
			return preau.E(preau.Invalid, fmt.Sprintf("%.80q is not a DNS zone", z), "Give a name such as preau.creuse.example, without a star.", nil)
		}
	}
	return nil
}

// Open reads an authority made by Init.
func Open(dir string, clock preau.Clock) (*Authority, error) {
	b, err := os.ReadFile(filepath.Join(dir, "authority.json"))
	if err != nil {
		return nil, preau.E(preau.NotFound, dir+" holds no authority", "Make one with preau provision authority init.", err)
	}
	a := &Authority{dir: dir, now: clock.Now}
	if err := json.Unmarshal(b, &a.Info); err != nil {
		return nil, preau.E(preau.Corrupt, "authority.json in "+dir+" cannot be read", "Restore the authority's folder from its backup.", err)
	}
	if a.key, err = readKey(filepath.Join(dir, "ca.key")); err != nil {
		return nil, err
	}
	if a.cert, err = readCert(filepath.Join(dir, "ca.crt")); err != nil {
		return nil, err
	}
	return a, nil
}

// Certificate is the CA's, in PEM: what tablets trust.
func (a *Authority) Certificate() []byte { return pemOf("CERTIFICATE", a.cert.Raw) }

// Pool trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Receipts is the key that signs receipts, with its certificate.
func (a *Authority) Receipts() (crypto.Signer, *x509.Certificate, error) {
	key, err := readKey(filepath.Join(a.dir, "receipts.key"))
	if err != nil {
		return nil, nil, err
	}
	cert, err := readCert(filepath.Join(a.dir, "receipts.crt"))
	return key, cert, err
}

func (a *Authority) makeReceipts() error {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the receipts' key: %w", err)
	}
	der, err := a.sign(public, leaf{name: "receipts", uri: "preau://receipts/" + a.ID, life: caLife})
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(a.dir, "receipts.key"), key); err != nil {
		return err
	}
	return durable.WriteBytes(filepath.Join(a.dir, "receipts.crt"), 0o644, pemOf("CERTIFICATE", der))
}

type leaf struct {
	name  string
	uri   string
	hosts []string
	ips   []net.IP
	life  time.Duration
}

// sign certifies a key. Names outside the constraints are refused here, with
// words, before any browser refuses them without.
func (a *Authority) sign(public crypto.PublicKey, l leaf) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: l.name, Organization: []string{a.Name}},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(l.life), DNSNames: l.hosts, IPAddresses: l.ips, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if l.uri != "" {
		u, err := url.Parse(l.uri)
		if err != nil {
			return nil, fmt.Errorf("name the certificate: %w", err)
		}
		template.URIs = []*url.URL{u}
	}
	if len(l.hosts) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	for _, h := range l.hosts {
		if !a.permits(h) {
			return nil, preau.E(preau.Invalid, fmt.Sprintf("this authority may not certify the name %.80q", h),
				"Use a name below "+strings.Join(a.cert.PermittedDNSDomains, ", ")+".", nil)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return der, nil
}

func (a *Authority) permits(host string) bool {
	for _, zone := range a.cert.PermittedDNSDomains {
		if host == zone || strings.HasSuffix(host, "."+zone) {
			return hostname(host)
		}
	}
	return false
}

func hostname(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if len(label) == 0 || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(s) <= 253
}

func privateRanges() (ranges []*net.IPNet) {
	for _, cidr := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128"} {
		_, n, err := net.ParseCIDR(cidr)
		if err != nil {
			panic("private range " + cidr + " does not parse") // a constant
		}
		ranges = append(ranges, n)
	}
	return ranges
}

func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	return serial, nil
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
