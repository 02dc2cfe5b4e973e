package authority

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"preau"
	"preau/internal/durable"
	"preau/provisioning/revocation"
)

// Revoked is the list of certificates taken back; nil when none was.
func (a *Authority) Revoked() (*revocation.List, error) {
	raw, err := os.ReadFile(filepath.Join(a.dir, "revoked.crl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of revoked certificates: %w", err)
	}
	return revocation.Parse(raw, a.cert)
}

// Revoke takes back every certificate of a box, and signs the list that says
// so. A box that has the list neither gives to that box nor takes from it.
func (a *Authority) Revoke(uai preau.UAI, box string) (*revocation.List, error) {
	certs, err := filepath.Glob(filepath.Join(a.issued(uai, box), "*.crt"))
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	if len(certs) == 0 {
		return nil, preau.E(preau.NotFound, fmt.Sprintf("this authority keeps no certificate of box %.60s of %s", box, uai),
			"Check --uai and --box; a box enrolled before releases kept them is revoked with --cert and its identity/tls.crt.", nil)
	}
	var serials []*big.Int
	for _, path := range certs {
		cert, err := readCert(path)
		if err != nil {
			return nil, err
		}
		serials = append(serials, cert.SerialNumber)
	}
	return a.revoke(serials)
}

// RevokeCertificate takes one certificate back, in PEM.
func (a *Authority) RevokeCertificate(path string) (*revocation.List, error) {
	cert, err := readCert(path)
	if err != nil {
		return nil, preau.E(preau.Invalid, path+" is not a certificate", "Give a box's tls.crt, in PEM.", err)
	}
	if err := cert.CheckSignatureFrom(a.cert); err != nil {
		return nil, preau.E(preau.Invalid, path+" was not signed by this authority", "Give the folder of the authority that enrolled the box.", err)
	}
	return a.revoke([]*big.Int{cert.SerialNumber})
}

func (a *Authority) revoke(serials []*big.Int) (*revocation.List, error) {
	before, err := a.Revoked()
	if err != nil {
		return nil, err
	}
	l, err := revocation.Sign(before, serials, a.cert, a.key, a.now())
	if err != nil {
		return nil, err
	}
	return l, durable.WriteBytes(filepath.Join(a.dir, "revoked.crl"), 0o644, l.PEM())
}

// issued is where the certificates of a box are kept, so that they can be
// taken back when the box is stolen.
func (a *Authority) issued(uai preau.UAI, box string) string {
	return filepath.Join(a.dir, "issued", strings.ToLower(string(uai))+"."+filepath.Base(box))
}

// keep notes a certificate before it is given to anybody.
func (a *Authority) keep(n BoxName, der []byte) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("read a certificate back: %w", err)
	}
	dir := a.issued(n.UAI, n.Box)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of certificates: %w", err)
	}
	return durable.WriteBytes(filepath.Join(dir, cert.SerialNumber.Text(16)+".crt"), 0o600, pemOf("CERTIFICATE", der))
}
