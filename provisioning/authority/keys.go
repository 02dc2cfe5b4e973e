package authority

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"preau"
	"preau/internal/durable"
)

func writeKey(path string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode a key: %w", err)
	}
	return durable.WriteBytes(path, 0o600, pemOf("PRIVATE KEY", der))
}

func readKey(path string) (crypto.Signer, error) {
	block, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, damaged(path, err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, damaged(path, errors.New("not a signing key"))
	}
	return key, nil
}

func readCert(path string) (*x509.Certificate, error) {
	block, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(block)
	if err != nil {
		return nil, damaged(path, err)
	}
	return cert, nil
}

func readPEM(path, kind string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != kind {
		return nil, damaged(path, errors.New("no "+kind+" in it"))
	}
	return block.Bytes, nil
}

func damaged(path string, cause error) error {
	return preau.E(preau.Corrupt, path+" is damaged", "Restore the authority's folder from its backup.", cause)
}
