// Package settings reads what a box was given: its configuration, its secret, its
// identity. It promises an error that says what to do for each that cannot be
// used; it refuses a configuration with a field it does not know.
package settings

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"preau"
	"preau/internal/durable"
	"preau/provisioning/enrol"
)

// Read reads the box's configuration. A file that is not there is no
// error when it is the default one: the box then serves, unprovisioned.
func Read(path string, must bool) (cfg enrol.Config, ok bool, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return cfg, false, nil
	}
	if err != nil {
		return cfg, false, preau.E(preau.Invalid, "the configuration "+path+" cannot be read", "Check its path and its mode, or make one with preau provision box apply.", err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		return cfg, false, preau.E(preau.Invalid, fmt.Sprintf("the configuration %s is not valid: %v", path, err), "Correct the file, or make it again with preau provision box apply.", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return cfg, false, preau.E(preau.Invalid, "the configuration "+path+" holds more than one JSON value", "Keep one object.", nil)
	}
	if cfg.UAI, err = preau.ParseUAI(string(cfg.UAI)); err != nil {
		return cfg, false, fmt.Errorf("configuration %s: %w", path, err)
	}
	return cfg, true, nil
}

// Secret reads the box's own secret, made on the first start. It never
// leaves but in a sealed backup: pseudonyms and codes hang on it.
func Secret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "secret")
	b, err := os.ReadFile(path)
	switch {
	case err == nil && len(b) == 32:
		return b, nil
	case err == nil:
		return nil, preau.E(preau.Corrupt, path+" is damaged", "Restore it from the box's sealed backup: without it pseudonyms and pupils' codes are lost.", nil)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the box's secret: %w", err)
	}
	b = make([]byte, 32)
	_, _ = rand.Read(b) // cannot fail
	return b, durable.WriteBytes(path, 0o600, b)
}

// Identity is what provisioning put under DIR/identity. ok is false before it.
type Identity struct {
	TLS   tls.Certificate
	Key   crypto.Signer // Ed25519
	Chain []*x509.Certificate
	Roots *x509.CertPool
	// Authorities are the same as Roots, one by one.
	Authorities []*x509.Certificate
}

// ReadIdentity reads it.
func ReadIdentity(dir string) (id Identity, ok bool, err error) {
	dir = filepath.Join(dir, "identity")
	if _, err := os.Stat(filepath.Join(dir, "tls.crt")); errors.Is(err, fs.ErrNotExist) {
		return id, false, nil
	}
	damaged := func(err error) (Identity, bool, error) {
		return id, false, preau.E(preau.Corrupt, "the box's identity in "+dir+" cannot be used", "Provision the box again: preau provision box apply.", err)
	}
	if id.TLS, err = tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")); err != nil {
		return damaged(err)
	}
	sign, err := tls.LoadX509KeyPair(filepath.Join(dir, "sign.crt"), filepath.Join(dir, "sign.key"))
	if err != nil {
		return damaged(err)
	}
	id.Key, ok = sign.PrivateKey.(crypto.Signer)
	if !ok {
		return damaged(errors.New("the signing key cannot sign"))
	}
	for _, der := range sign.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return damaged(err)
		}
		id.Chain = append(id.Chain, cert)
	}
	if id.Authorities, err = readRoots(filepath.Join(dir, "ca.crt")); err != nil {
		return damaged(err)
	}
	id.Roots = x509.NewCertPool()
	for _, ca := range id.Authorities {
		id.Roots.AddCert(ca)
	}
	return id, true, nil
}

func readRoots(path string) (roots []*x509.Certificate, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return roots, nil
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificate: %w", err)
		}
		roots = append(roots, cert)
		b = rest
	}
}
