package report

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"preau"
)

// Signer is the box's key and its certificates, leaf first.
type Signer struct {
	Key   crypto.Signer // Ed25519
	Chain []*x509.Certificate
}

// signed is signature.json: what was signed, by whom.
type signed struct {
	Format       string            `json:"format"` // "preau-register-signature/1"
	UAI          preau.UAI         `json:"uai"`
	Class        string            `json:"class"`
	Made         time.Time         `json:"made"`
	Files        map[string]string `json:"files"` // name: SHA-256
	Certificates [][]byte          `json:"certificates,omitempty"`
	Signature    []byte            `json:"signature,omitempty"`
}

const (
	signatureName = "signature.json"
	maxFile       = 256 << 20
	maxFiles      = 10
)

// payload is what is signed: everything but the signature itself.
func (s signed) payload() ([]byte, error) {
	s.Signature = nil
	return json.Marshal(s)
}

// WriteArchive writes the register in all its forms, signed. A box without a
// certificate (Key nil) writes it unsigned, and Verify says so.
func WriteArchive(w io.Writer, y Year, zone *time.Location, by Signer) error {
	files := []struct {
		name  string
		write func(io.Writer) error
	}{
		{"registre.pdf", func(w io.Writer) error { return WritePDF(w, y, zone) }},
		{"registre.json", func(w io.Writer) error { return WriteJSON(w, y) }},
		{"registre.csv", func(w io.Writer) error { return WriteCSV(w, y, zone) }},
		{"lsu-vie-scolaire.xml", func(w io.Writer) error { return WriteLSU(w, y) }},
	}
	out := zip.NewWriter(w)
	s := signed{Format: "preau-register-signature/1", UAI: y.UAI, Class: y.Class, Made: y.Made, Files: map[string]string{}}
	add := func(name string, content []byte) error {
		f, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: y.Made})
		if err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		if _, err := f.Write(content); err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		return nil
	}
	for _, f := range files {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return err
		}
		sum := sha256.Sum256(b.Bytes())
		s.Files[f.name] = hex.EncodeToString(sum[:])
		if err := add(f.name, b.Bytes()); err != nil {
			return err
		}
	}
	if by.Key != nil {
		for _, c := range by.Chain {
			s.Certificates = append(s.Certificates, c.Raw)
		}
		payload, err := s.payload()
		if err != nil {
			return fmt.Errorf("encode what is signed: %w", err)
		}
		if s.Signature, err = by.Key.Sign(rand.Reader, payload, crypto.Hash(0)); err != nil {
			return fmt.Errorf("sign register: %w", err)
		}
	}
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("encode signature: %w", err)
	}
	if err := add(signatureName, b); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// Verified is what an archive proves.
type Verified struct {
	UAI   preau.UAI
	Class string
	Made  time.Time
	Files []string
}

// Verify proves that an archive is whole and was signed by a box of the
// authority whose certificates are roots.
func Verify(r io.ReaderAt, size int64, roots *x509.CertPool) (v Verified, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil || len(z.File) > maxFiles {
		return v, preau.E(preau.Invalid, "the file is no register's archive", "Give the .zip that the box made.", err)
	}
	content := map[string][]byte{}
	for _, f := range z.File {
		if content[f.Name], err = readFile(f); err != nil {
			return v, preau.E(preau.Corrupt, "the archive is damaged: "+f.Name, "Copy it again.", err)
		}
	}
	var s signed
	if err := json.Unmarshal(content[signatureName], &s); err != nil {
		return v, preau.E(preau.Corrupt, "the archive has no signature that can be read", "Ask the school for the archive as the box made it.", err)
	}
	if len(s.Files) != len(content)-1 {
		return v, preau.E(preau.Untrusted, "the archive holds other files than were signed", "Ask the school for the archive as the box made it.", nil)
	}
	for name, want := range s.Files {
		sum := sha256.Sum256(content[name])
		if _, ok := content[name]; !ok || hex.EncodeToString(sum[:]) != want {
			return v, preau.E(preau.Untrusted, "this file was altered after it was signed: "+name, "Ask the school for the archive as the box made it.", nil)
		}
		v.Files = append(v.Files, name)
	}
	slices.Sort(v.Files)
	v.UAI, v.Class, v.Made = s.UAI, s.Class, s.Made
	return v, s.verify(roots)
}

func readFile(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errors.New("larger than any register")
	}
	return b, err
}

func (s signed) verify(roots *x509.CertPool) error {
	if len(s.Signature) == 0 || len(s.Certificates) == 0 {
		return preau.E(preau.Untrusted, "the register is not signed: the box had no certificate", "Provision the box, then export again.", nil)
	}
	var chain []*x509.Certificate
	inner := x509.NewCertPool()
	for _, raw := range s.Certificates {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return preau.E(preau.Untrusted, "the signature's certificate cannot be read", "", err)
		}
		chain = append(chain, c)
		inner.AddCert(c)
	}
	// The register outlives the box's certificate: what counts is that it was
	// valid when the register was made.
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: inner, CurrentTime: s.Made, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return preau.E(preau.Untrusted, "the signature's certificate is not the authority's", "Give the authority's certificate with --ca.", err)
	}
	payload, err := s.payload()
	if err != nil {
		return fmt.Errorf("encode what was signed: %w", err)
	}
	key, ok := chain[0].PublicKey.(ed25519.PublicKey)
	if !ok || !ed25519.Verify(key, payload, s.Signature) {
		return preau.E(preau.Untrusted, "the signature is not of this register", "Ask the school for the archive as the box made it.", nil)
	}
	return nil
}
