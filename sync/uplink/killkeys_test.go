package uplink

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"preau/sync/segment"
)

// writeSigner gives the killed process its key as files.
func writeSigner(t *testing.T, dir string, s segment.Signer) (key, chain string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	key, chain = filepath.Join(dir, "sign.key"), filepath.Join(dir, "sign.crt")
	for path, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: der}, chain: {Type: "CERTIFICATE", Bytes: s.Chain[0].Raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key, chain
}

func readSigner(t *testing.T, key, chain, ca string) (s segment.Signer, roots *x509.CertPool) {
	t.Helper()
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		fatal(t, err)
		block, _ := pem.Decode(b)
		return block.Bytes
	}
	private, err := x509.ParsePKCS8PrivateKey(read(key))
	fatal(t, err)
	s.Key = private.(crypto.Signer)
	leaf, err := x509.ParseCertificate(read(chain))
	fatal(t, err)
	s.Chain = []*x509.Certificate{leaf}
	root, err := x509.ParseCertificate(read(ca))
	fatal(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(root)
	return s, roots
}
