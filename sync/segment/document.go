package segment

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"preau"
)

// The types of documents. A signature covers the type, so that one document
// can never be passed off as another.
const (
	typeHead     = "preau-head-v1"
	typeIdentity = "preau-identity-v1"
	typeReceipt  = "preau-receipt-v1"
	typeState    = "preau-receipt-state-v1"
	typeNamed    = "preau-named-v1"
)

const maxDocument = 4 << 20

// Signer signs documents: an Ed25519 key and its certificates, leaf first,
// without the root.
type Signer struct {
	Key   crypto.Signer
	Chain []*x509.Certificate
}

// envelope is a document as stored. Fields are in alphabetical order and the
// encoding is canonical: a document that would be written otherwise is not
// read, so that every reader sees the same thing.
type envelope struct {
	Certificates [][]byte        `json:"certificates"`
	Payload      json.RawMessage `json:"payload"`
	Signature    []byte          `json:"signature"`
	Type         string          `json:"type"`
}

// sign makes a document. Ed25519 is deterministic: the same payload gives the
// same bytes.
func (s Signer) sign(kind string, payload any) ([]byte, error) {
	pub, ok := s.Key.Public().(ed25519.PublicKey)
	if !ok || len(s.Chain) == 0 || !pub.Equal(s.Chain[0].PublicKey) {
		return nil, preau.E(preau.Untrusted, "the signing key is not the Ed25519 key of its certificate", "Enrol the box again, or give the matching key.", nil)
	}
	body, err := canonical(payload)
	if err != nil {
		return nil, err
	}
	e := envelope{Payload: body, Type: kind}
	for _, c := range s.Chain {
		e.Certificates = append(e.Certificates, c.Raw)
	}
	if e.Signature, err = s.Key.Sign(rand.Reader, signed(kind, body), crypto.Hash(0)); err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind, err)
	}
	return canonical(e)
}

func signed(kind string, payload []byte) []byte {
	return append([]byte(kind+"\n"), payload...)
}

// canonical encodes without spaces, escapes or line end; structs list their
// fields in alphabetical order and hold no floats.
func canonical(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode document: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// document is an envelope whose form was checked, not yet its signature.
type document struct {
	kind    string
	payload []byte
	sig     []byte
	chain   []*x509.Certificate
}

// parse reads an envelope of the given type and its payload into v.
func parse(kind string, data []byte, v any) (*document, error) {
	bad := func(text string, err error) (*document, error) {
		return nil, preau.E(preau.Corrupt, text, "", err)
	}
	if len(data) > maxDocument {
		return bad("the document is too large", nil)
	}
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return bad("not a signed document", err)
	}
	if e.Type != kind {
		return bad(fmt.Sprintf("a document of type %.40q where %s belongs", e.Type, kind), nil)
	}
	again, err := canonical(e)
	if err != nil || !bytes.Equal(again, data) {
		return bad("the document is not in canonical form", err)
	}
	if err := json.Unmarshal(e.Payload, v); err != nil {
		return bad("the document's payload is not understood", err)
	}
	d := &document{kind: kind, payload: e.Payload, sig: e.Signature}
	if len(e.Certificates) == 0 || len(e.Certificates) > 4 {
		return bad("the document carries no certificate, or too many", nil)
	}
	for _, raw := range e.Certificates {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return bad("the document's certificate is not readable", err)
		}
		d.chain = append(d.chain, c)
	}
	return d, nil
}

// verify checks the signature, that the certificate carries the name, and
// that the authority signed the certificate.
//
// The time is not now: what was signed while the certificate was valid stays
// signed. A box's clock may be wrong, so the stated time is brought within
// the certificate's life; revocation is the authority's, by name.
func (d *document) verify(roots *x509.CertPool, uri string, stated time.Time) error {
	untrusted := func(text string, err error) error { return preau.E(preau.Untrusted, text, "", err) }
	leaf := d.chain[0]
	pub, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok || !ed25519.Verify(pub, signed(d.kind, d.payload), d.sig) {
		return untrusted("the signature does not hold", nil)
	}
	named := false
	for _, u := range leaf.URIs {
		named = named || u.String() == uri
	}
	if !named {
		return untrusted("the certificate is not that of "+uri, nil)
	}
	inner := x509.NewCertPool()
	for _, c := range d.chain[1:] {
		inner.AddCert(c)
	}
	if stated.Before(leaf.NotBefore) {
		stated = leaf.NotBefore
	}
	if stated.After(leaf.NotAfter) {
		stated = leaf.NotAfter
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inner, CurrentTime: stated, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return untrusted("the certificate is not the authority's", err)
	}
	return nil
}

// SHA256 gives the hexadecimal hash that names bytes everywhere.
func SHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
