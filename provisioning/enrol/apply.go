package enrol

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/provisioning/revocation"
)

// Grantor answers an enrolment request: an authority's folder on this
// machine, its server, or a file carried by hand.
type Grantor interface {
	Grant(ctx context.Context, r Request) (*Grant, error)
}

// Apply enrols the box whose data folder is data. Its keys are made under
// identity.new and moved to identity once all is there: a run cut short is
// run again with the same keys, hence the same token.
func Apply(ctx context.Context, data string, b *Bundle, from Grantor) error {
	final, fresh := filepath.Join(data, "identity"), filepath.Join(data, "identity.new")
	if _, err := os.Stat(filepath.Join(final, "tls.crt")); err == nil {
		return preau.E(preau.Conflict, "this box is already enrolled ("+final+")", "To enrol it anew, move that folder aside first.", nil)
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return fmt.Errorf("make the identity's folder: %w", err)
	}
	req, err := request(fresh, b)
	if err != nil {
		return err
	}
	grant, err := from.Grant(ctx, req)
	if err != nil {
		return err
	}
	if err := grant.check(b, req); err != nil {
		return err
	}
	files := map[string][]byte{"tls.crt": []byte(grant.TLS), "sign.crt": []byte(grant.Sign), "ca.crt": []byte(b.CA)}
	if len(b.Root) > 0 {
		files["catalogue-root.json"] = b.Root
	}
	if b.Revoked != "" {
		ca, err := certificate(b.CA)
		if err == nil {
			_, err = revocation.Parse([]byte(b.Revoked), ca)
		}
		if err != nil {
			return fmt.Errorf("take the bundle's revoked certificates: %w", err)
		}
		files["revoked.crl"] = []byte(b.Revoked)
	}
	if b.Credentials != nil {
		if files["store.json"], err = json.Marshal(b.Credentials); err != nil {
			return fmt.Errorf("encode the store's credentials: %w", err)
		}
	}
	for name, content := range files {
		if err := durable.WriteBytes(filepath.Join(fresh, name), 0o600, content); err != nil {
			return err
		}
	}
	cfg, err := json.MarshalIndent(b.Config, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the configuration: %w", err)
	}
	if err := durable.WriteBytes(filepath.Join(data, "config.json"), 0o600, append(cfg, '\n')); err != nil {
		return err
	}
	if err := os.Remove(final); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make room for the identity: %w", err)
	}
	if err := os.Rename(fresh, final); err != nil {
		return fmt.Errorf("put the identity in place: %w", err)
	}
	return durable.SyncDir(data)
}

// request makes the keys, or takes those of the run before.
func request(dir string, b *Bundle) (Request, error) {
	tlsKey, err := keyIn(filepath.Join(dir, "tls.key"), func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })
	if err != nil {
		return Request{}, err
	}
	signKey, err := keyIn(filepath.Join(dir, "sign.key"), func() (crypto.Signer, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	})
	if err != nil {
		return Request{}, err
	}
	r := Request{Version: 1, Token: b.Token}
	for _, part := range []struct {
		key crypto.Signer
		to  *[]byte
	}{{tlsKey, &r.TLS}, {signKey, &r.Sign}} {
		*part.to, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: b.Config.Box}}, part.key)
		if err != nil {
			return Request{}, fmt.Errorf("make a certificate request: %w", err)
		}
	}
	return r, nil
}

func keyIn(path string, generate func() (crypto.Signer, error)) (crypto.Signer, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if block, _ := pem.Decode(b); block != nil {
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if signer, ok := key.(crypto.Signer); ok {
					return signer, nil
				}
			}
		}
		// Torn by a power cut: a new one, since nothing was certified yet.
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	key, err := generate()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return key, durable.WriteBytes(path, 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// check refuses certificates that are not ours or not the authority's.
func (g *Grant) check(b *Bundle, r Request) error {
	ca, err := certificate(b.CA)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, part := range []struct {
		cert string
		csr  []byte
	}{{g.TLS, r.TLS}, {g.Sign, r.Sign}} {
		block, _ := pem.Decode([]byte(part.cert))
		if block == nil {
			return preau.E(preau.Corrupt, "the authority's answer holds no certificate", "Ask again; the same bundle still works from this box.", nil)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return preau.E(preau.Corrupt, "the authority's answer cannot be read", "Ask again; the same bundle still works from this box.", err)
		}
		csr, err := x509.ParseCertificateRequest(part.csr)
		if err != nil {
			return fmt.Errorf("read our request: %w", err)
		}
		if key, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !key.Equal(csr.PublicKey) {
			return preau.E(preau.Untrusted, "the certificate received is for another key", "Ask again from this box.", nil)
		}
		// Dated by the certificate itself: a new box may wake in 1970.
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: cert.NotBefore.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			return preau.E(preau.Untrusted, "the certificate received is not from the bundle's authority", "Check that bundle and authority belong together.", err)
		}
	}
	return nil
}

func certificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, preau.E(preau.Invalid, "the bundle's authority certificate cannot be read", "Make the bundle again.", nil)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, preau.E(preau.Invalid, "the bundle's authority certificate cannot be read", "Make the bundle again.", err)
	}
	return cert, nil
}
