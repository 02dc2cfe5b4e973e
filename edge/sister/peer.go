package sister

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"preau"
	"preau/provisioning/revocation"
)

// anyBox is the name that every box's certificate carries.
const anyBox = "preau.local"

// Identity is what a box shows and whom it believes.
type Identity struct {
	Certificate tls.Certificate
	Authorities []*x509.Certificate
	Revoked     *revocation.Keeper
	Clock       preau.Clock
}

// Peer is who a certificate says a box is.
type Peer struct {
	UAI preau.UAI `json:"uai"`
	Box string    `json:"box"`
}

// String names a peer in logs and sentences.
func (p Peer) String() string { return string(p.UAI) + "/" + p.Box }

// peerOf reads who a certificate was given to. The authority certifies
// services too, which are no boxes.
func peerOf(cert *x509.Certificate) (Peer, error) {
	for _, name := range cert.DNSNames {
		if label, ok := strings.CutSuffix(name, "."+anyBox); ok {
			if uai, err := preau.ParseUAI(strings.ToUpper(label)); err == nil {
				return Peer{uai, cert.Subject.CommonName}, nil
			}
		}
	}
	return Peer{}, preau.E(preau.Forbidden, "the certificate is not a box's", "Enrol the box: preau provision box apply.", nil)
}

func (id Identity) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, ca := range id.Authorities {
		pool.AddCert(ca)
	}
	return pool
}

// check is what the chain alone does not say: the other end is a box, and
// nobody took its certificate back.
func (id Identity) check(s tls.ConnectionState) error {
	cert := s.PeerCertificates[0]
	p, err := peerOf(cert)
	if err != nil {
		return err
	}
	if id.Revoked.Has(cert) {
		return preau.E(preau.Forbidden, fmt.Sprintf("the certificate of box %s was revoked", p), "If the box is yours again, enrol it anew: preau provision box new.", nil)
	}
	return nil
}

// server is the TLS of the door.
func (id Identity) server() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{id.Certificate}, ClientCAs: id.roots(), ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"}, SessionTicketsDisabled: true, Time: id.now, VerifyConnection: id.check,
	}
}

// client is the TLS of who knocks. Any box of the authority will do: which
// one it is, its certificate tells.
func (id Identity) client() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{id.Certificate}, RootCAs: id.roots(), ServerName: anyBox, MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"}, Time: id.now, VerifyConnection: id.check,
	}
}

func (id Identity) now() time.Time { return id.Clock.Now() }
