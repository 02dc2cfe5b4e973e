package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"preau/edge/access/passkey"
)

// The bits of an authenticator's answer, by WebAuthn §6.1.
const (
	present  = 1 << 0
	verified = 1 << 2
	eligible = 1 << 3
	backedUp = 1 << 4
	attested = 1 << 6
)

// authenticator is one key of a phone or a stick, ES256, and the browser
// around it, with what each may lie about.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	flags   byte

	origin, host string // what the browser sees, what the key was made for
	challenge    string // instead of the one asked for
	ceremony     string // instead of the right one
	itself       bool   // the key attests itself
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authenticator{t: t, key: key, id: make([]byte, 32), flags: present | verified, origin: home.Origin, host: home.Host}
	rand.Read(a.id)
	return a
}

var b64 = base64.RawURLEncoding

func (a *authenticator) client(ceremony string, challenge []byte) []byte {
	text := b64.EncodeToString(challenge)
	if a.challenge != "" {
		text = a.challenge
	}
	if a.ceremony != "" {
		ceremony = a.ceremony
	}
	b, err := json.Marshal(map[string]any{"type": ceremony, "challenge": text, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) data(flags byte) []byte {
	host := sha256.Sum256([]byte(a.host))
	b := append(host[:], flags)
	return binary.BigEndian.AppendUint32(b, a.counter)
}

// create answers an offer with attestation none.
func (a *authenticator) create(offer passkey.Offer) []byte {
	a.t.Helper()
	a.handle = offer.PublicKey.User.ID
	data := append(a.data(a.flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(data, a.id...)
	public, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	// A COSE key in canonical CBOR: kty EC2, alg ES256, crv P-256, x, y.
	data = append(data, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32)
	data = append(data, public[1:33]...)
	data = append(data, 0x22, 0x58, 32)
	data = append(data, public[33:]...)
	client := a.client("webauthn.create", offer.PublicKey.Challenge)
	statement := []byte("\x64none\x67attStmt\xa0")
	if a.itself {
		hash := sha256.Sum256(client)
		signature := a.signature(append(slices.Clone(data), hash[:]...))
		statement = slices.Concat([]byte("\x66packed\x67attStmt\xa2\x63alg\x26\x63sig\x58"), []byte{byte(len(signature))}, signature)
	}
	object := slices.Concat([]byte("\xa3\x63fmt"), statement, []byte("\x68authData\x58"), []byte{byte(len(data))}, data)
	return a.credential(map[string]any{"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(object)})
}

// sign answers the door.
func (a *authenticator) sign(ask passkey.Ask) []byte {
	a.t.Helper()
	client, data := a.client("webauthn.get", ask.PublicKey.Challenge), a.data(a.flags)
	hash := sha256.Sum256(client)
	signature := a.signature(append(slices.Clone(data), hash[:]...))
	return a.credential(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle)})
}

func (a *authenticator) signature(message []byte) []byte {
	digest := sha256.Sum256(message)
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return signature
}

func (a *authenticator) credential(response map[string]any) []byte {
	id := b64.EncodeToString(a.id)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}
