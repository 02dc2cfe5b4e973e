package signature_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/edge/lrs/xapi/signature"
)

const text = `{"actor":{"mbox":"mailto:lea@e.example"},"verb":{"id":"v:1"},"object":{"id":"a:1"}}`

func sign(t testing.TB, key *rsa.PrivateKey, alg string, header map[string]any, payload string) []byte {
	t.Helper()
	header["alg"] = alg
	raw, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	signed := base64.RawURLEncoding.EncodeToString(raw) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	var sig []byte
	switch alg {
	case "RS384":
		sum := sha512.Sum384([]byte(signed))
		sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA384, sum[:])
	case "RS512":
		sum := sha512.Sum512([]byte(signed))
		sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, sum[:])
	default:
		sum := sha256.Sum256([]byte(signed))
		sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(signed + "." + base64.RawURLEncoding.EncodeToString(sig))
}

func certificate(t testing.TB, key *rsa.PrivateKey) string {
	t.Helper()
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestVerify(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string]any{}
	mine := map[string]any{"x5c": []string{certificate(t, key)}}
	for name, tt := range map[string]struct {
		jws  []byte
		good bool
	}{
		"RS256":                     {sign(t, key, "RS256", plain, text), true},
		"RS384 with certificate":    {sign(t, key, "RS384", mine, text), true},
		"RS512 with certificate":    {sign(t, key, "RS512", mine, text), true},
		"another certificate":       {sign(t, other, "RS256", mine, text), false},
		"another algorithm":         {sign(t, key, "HS256", plain, text), false},
		"none":                      {sign(t, key, "none", plain, text), false},
		"another statement":         {sign(t, key, "RS256", plain, `{"actor":{"mbox":"mailto:tom@e.example"},"verb":{"id":"v:1"},"object":{"id":"a:1"}}`), false},
		"no statement":              {sign(t, key, "RS256", plain, `{'actor'}`), false},
		"a chain that is no chain":  {sign(t, key, "RS256", map[string]any{"x5c": []string{certificate(t, key), certificate(t, other)}}, text), false},
		"a certificate that is not": {sign(t, key, "RS256", map[string]any{"x5c": []string{"AAAA"}}, text), false},
		"two parts":                 {[]byte("a.b"), false},
		"not base64":                {[]byte("a!.b.c"), false},
		"empty":                     {nil, false},
	} {
		st, err := xapi.Parse([]byte(text), xapi.V103)
		if err != nil {
			t.Fatal(err)
		}
		err = signature.Verify(st, tt.jws)
		if tt.good != (err == nil) || err != nil && preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIs(t *testing.T) {
	a := xapi.Attachment{UsageType: xapi.UsageSignature, ContentType: "application/octet-stream"}
	if yes, err := signature.Is(a); !yes || err != nil {
		t.Error(yes, err)
	}
	a.ContentType = "text/plain"
	if _, err := signature.Is(a); preau.KindOf(err) != preau.Invalid || err == nil {
		t.Error("a signature of another content type:", err)
	}
}
