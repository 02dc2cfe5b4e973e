// Package signature checks the signatures of xAPI statements: a JWS among the
// attachments whose payload says what the statement says. It promises to find
// a signature that its own certificate did not make; it refuses to say whose
// certificate that is, and every algorithm but RS256, RS384 and RS512.
package signature

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // RS256
	_ "crypto/sha512" // RS384 and RS512
	"crypto/x509"
	"encoding/base64"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/jsontree"
)

const octetStream = "application/octet-stream"

// MaxSize bounds the JWS of a signed statement.
const MaxSize = 4 << 20

func badSignature(why string, cause error) error {
	return preau.E(preau.Invalid, "the signature is malformed: "+why, "Sign the statement as a JWS in compact form, with RS256, RS384 or RS512.", cause)
}

// Is reports whether the attachment says it is a JWS, and refuses
// one of another content type.
func Is(a xapi.Attachment) (bool, error) {
	if a.UsageType != xapi.UsageSignature {
		return false, nil
	}
	if a.ContentType != octetStream {
		return false, badSignature("its content type is not "+octetStream, nil)
	}
	return true, nil
}

// Verify checks that jws is a JWS whose payload says what the
// statement says and, when it brings its certificate (x5c), that this one
// signed it. It says nothing about whose certificate that is.
func Verify(st *xapi.Statement, jws []byte) error {
	parts := bytes.Split(bytes.TrimSpace(jws), []byte("."))
	if len(parts) != 3 || len(jws) > MaxSize {
		return badSignature("it is not three parts with dots between", nil)
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(string(part)); err != nil {
			return badSignature("a part is not base64url", err)
		}
	}
	header, err := jsontree.Decode(decoded[0])
	if err != nil || header.Kind != jsontree.Object {
		return badSignature("its header is not a JSON object", err)
	}
	hash, ok := map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512}[header.Str("alg")]
	if !ok {
		return badSignature("its algorithm is not RS256, RS384 or RS512", nil)
	}
	if len(decoded[2]) == 0 {
		return badSignature("nothing is signed", nil)
	}
	if header.Get("x5c") != nil {
		key, err := leaf(header.Get("x5c"))
		if err != nil {
			return err
		}
		h := hash.New()
		h.Write(parts[0])
		h.Write([]byte("."))
		h.Write(parts[1])
		if err := rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), decoded[2]); err != nil {
			return badSignature("its certificate did not sign it", err)
		}
	}
	payload, err := xapi.Parse(decoded[1], st.Protocol)
	if err != nil {
		return badSignature("its payload is not a statement", err)
	}
	if !payload.ID.IsZero() && !st.ID.IsZero() && payload.ID != st.ID || !xapi.Equal(payload, st) {
		return badSignature("what was signed is not this statement", nil)
	}
	return nil
}

// leaf reads the signer's certificate and checks that each of the chain is
// signed by the next.
func leaf(x5c *jsontree.Value) (*rsa.PublicKey, error) {
	if x5c.Kind != jsontree.Array || len(x5c.Items) == 0 || len(x5c.Items) > 10 {
		return nil, badSignature("x5c is not a chain of certificates", nil)
	}
	var chain []*x509.Certificate
	for _, m := range x5c.Items {
		if m.Kind != jsontree.String {
			return nil, badSignature("x5c holds more than certificates", nil)
		}
		der, err := base64.StdEncoding.DecodeString(m.Text)
		if err != nil {
			return nil, badSignature("a certificate is not base64", err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, badSignature("a certificate cannot be read", err)
		}
		chain = append(chain, cert)
	}
	for i := 1; i < len(chain); i++ {
		if err := chain[i-1].CheckSignatureFrom(chain[i]); err != nil {
			return nil, badSignature("its certificates are not a chain", err)
		}
	}
	key, ok := chain[0].PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, badSignature("its certificate holds no RSA key", nil)
	}
	return key, nil
}
