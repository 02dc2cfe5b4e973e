package passkey_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"preau/edge/access/passkey"
)

// peerMade and peerUsed are go-webauthn's judgement of the same bytes. It is
// not in the binary, where it weighs 1.8 MB; here it holds ours to the letter.
func peerMade(body []byte) error {
	made, err := protocol.ParseCredentialCreationResponseBytes(body)
	if err != nil {
		return err
	}
	offered := []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA}, {Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256}}
	_, err = made.Verify(made.Response.CollectedClientData.Challenge, home.Host, []string{home.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, true, true, nil, offered, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	return err
}

func peerUsed(key, body []byte) error {
	got, err := protocol.ParseCredentialRequestResponseBytes(body)
	if err != nil {
		return err
	}
	if got.Response.AuthenticatorData.Flags.HasAttestedCredentialData() {
		return errors.New("a new key in a use, which the library lets pass")
	}
	return got.Verify(got.Response.CollectedClientData.Challenge, home.Host, "", []string{home.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, true, true, key, protocol.SignaturePolicy{})
}

// TestPeer_WhatWeAcceptTheLibraryAccepts changes every byte of honest answers
// in a few ways: whatever is still accepted must be by go-webauthn too.
func TestPeer_WhatWeAcceptTheLibraryAccepts(t *testing.T) {
	s := open(t)
	a := newAuthenticator(t)
	made := a.create(mustOffer(t, s, s.teacher))
	a.counter = 7
	used := a.sign(s.Ask(home))
	key, err := passkey.Made(home, made)
	if err != nil {
		t.Fatalf("an honest key: %v", err)
	}
	if err := peerMade(made); err != nil {
		t.Fatalf("the library refuses an honest key: %v", err)
	}
	if err := passkey.Used(home, key, used); err != nil {
		t.Fatalf("an honest use: %v", err)
	}
	if err := peerUsed(key, used); err != nil {
		t.Fatalf("the library refuses an honest use: %v", err)
	}
	tried, passed := 0, 0
	try := func(body []byte, field string, ours, peer func([]byte) error) {
		t.Helper()
		for _, changed := range mutations(t, body, field) {
			tried++
			if ours(changed) != nil {
				continue
			}
			passed++
			if err := peer(changed); err != nil {
				t.Errorf("%s: we accept what the library refuses: %v", field, err)
			}
		}
	}
	b := newAuthenticator(t)
	b.itself = true
	itself := b.create(mustOffer(t, s, s.teacher))
	if _, err := passkey.Made(home, itself); err != nil {
		t.Fatalf("a key that attests itself: %v", err)
	}
	if err := peerMade(itself); err != nil {
		t.Fatalf("the library refuses a key that attests itself: %v", err)
	}
	for _, body := range [][]byte{made, itself} {
		for _, field := range []string{"clientDataJSON", "attestationObject"} {
			try(body, field, func(b []byte) error { _, err := passkey.Made(home, b); return err }, peerMade)
		}
	}
	for _, field := range []string{"clientDataJSON", "authenticatorData", "signature"} {
		try(used, field, func(b []byte) error { return passkey.Used(home, key, b) }, func(b []byte) error { return peerUsed(key, b) })
	}
	if tried < 1500 {
		t.Fatalf("only %d changes tried", tried)
	}
	t.Logf("%d changes, of which %d change nothing that matters", tried, passed)
}

// mutations flip bits of one field, cut it, and add to it.
func mutations(t *testing.T, body []byte, field string) (all [][]byte) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	response := v["response"].(map[string]any)
	honest, err := b64.DecodeString(response[field].(string))
	if err != nil {
		t.Fatal(err)
	}
	with := func(b []byte) {
		response[field] = b64.EncodeToString(b)
		changed, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, changed)
	}
	for i := range honest {
		for _, bit := range []byte{1, 8, 64, 128} {
			b := bytes.Clone(honest)
			b[i] ^= bit
			with(b)
		}
		with(honest[:i])
	}
	with(append(bytes.Clone(honest), 0))
	return all
}

// TestUsed_ByEveryAlgorithmOffered: what phones and computers have beside P-256.
func TestUsed_ByEveryAlgorithmOffered(t *testing.T) {
	s := open(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edKey := append([]byte{0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32}, public...)
	rsaKey := slices.Concat([]byte{0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0}, strong.N.Bytes(), []byte{0x21, 0x43, 1, 0, 1})
	for name, of := range map[string]struct {
		key  []byte
		sign func(message []byte) ([]byte, error)
	}{
		"EdDSA": {edKey, func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }},
		"RS256": {rsaKey, func(m []byte) ([]byte, error) {
			digest := sha256.Sum256(m)
			return rsa.SignPKCS1v15(rand.Reader, strong, crypto.SHA256, digest[:])
		}},
	} {
		a := newAuthenticator(t)
		client, data := a.client("webauthn.get", s.Ask(home).PublicKey.Challenge), a.data(a.flags)
		hash := sha256.Sum256(client)
		signature, err := of.sign(slices.Concat(data, hash[:]))
		if err != nil {
			t.Fatal(err)
		}
		answer := func(signature []byte) []byte {
			return a.credential(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(signature)})
		}
		if err := passkey.Used(home, of.key, answer(signature)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := peerUsed(of.key, answer(signature)); err != nil {
			t.Errorf("%s, by the library: %v", name, err)
		}
		signature[9] ^= 1
		if err := passkey.Used(home, of.key, answer(signature)); err == nil {
			t.Errorf("%s: another signature is accepted", name)
		}
		for i := range of.key[:8] { // another kind, curve or algorithm
			changed := bytes.Clone(of.key)
			changed[i] ^= 4
			signature[9] ^= 1
			if err := passkey.Used(home, changed, answer(signature)); err == nil {
				t.Errorf("%s: accepted with byte %d of its key changed", name, i)
			}
			signature[9] ^= 1
		}
	}
}
