package passkey

import (
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The flags of an authenticator's data, WebAuthn §6.1.
const (
	flagPresent  = 1 << 0
	flagVerified = 1 << 2
	flagEligible = 1 << 3 // the key may be copied to other devices of its holder
	flagBackedUp = 1 << 4
	flagAttested = 1 << 6 // a new key follows
	flagExtended = 1 << 7 // extensions follow
)

// data is what an authenticator says and signs.
type data struct {
	flags   byte
	counter uint32
	id, key []byte // of a new key; key is its COSE_Key as it came
}

func (d data) eligible() bool { return d.flags&flagEligible != 0 }

var errShape = errors.New("the authenticator's data have another shape")

// readData checks host, presence and verification, and reads the rest: §7.1
// steps 13 to 17 and §7.2 steps 15 to 19. made tells a new key from a use.
func readData(b []byte, host string, made bool) (d data, err error) {
	const fixed = sha256.Size + 1 + 4
	if len(b) < fixed {
		return d, errShape
	}
	want := sha256.Sum256([]byte(host))
	d.flags, d.counter = b[sha256.Size], binary.BigEndian.Uint32(b[sha256.Size+1:])
	switch {
	case subtle.ConstantTimeCompare(b[:sha256.Size], want[:]) != 1:
		return d, errors.New("the key is of another host")
	case d.flags&flagPresent == 0, d.flags&flagVerified == 0:
		return d, fmt.Errorf("its holder was not verified: flags %08b", d.flags)
	case d.flags&(flagEligible|flagBackedUp) == flagBackedUp:
		return d, errors.New("a copy of a key that cannot be copied")
	case made != (d.flags&flagAttested != 0):
		return d, errShape
	}
	rest := b[fixed:]
	if made {
		const aaguid = 16
		if len(rest) < aaguid+2 {
			return d, errShape
		}
		n := int(binary.BigEndian.Uint16(rest[aaguid:]))
		if rest = rest[aaguid+2:]; n == 0 || n > maxID || len(rest) < n {
			return d, errShape
		}
		d.id, rest = rest[:n], rest[n:]
		r := reader(rest)
		if !r.skip(0) {
			return d, errShape
		}
		d.key, rest = rest[:len(rest)-len(r)], r
	}
	if d.flags&flagExtended != 0 {
		r := reader(rest)
		if !r.skip(0) {
			return d, errShape
		}
		rest = r
	}
	if len(rest) > 0 {
		return d, errShape
	}
	return d, nil
}

// attestation is what came with a new key. None is asked for: a browser gives
// none, or a key's own signature over itself, which says as little.
type attestation struct {
	data      []byte // the authenticator's
	format    string
	parts     uint64 // of the statement
	alg       int64
	signature []byte
}

func readAttestation(b []byte) (a attestation, err error) {
	r := reader(b)
	major, n, ok := r.head()
	if !ok || major != cborMap || n != 3 {
		return a, errShape
	}
	seen := map[string]bool{}
	for range n {
		name, ok := r.bytes(cborText)
		if !ok || seen[string(name)] {
			return a, errShape
		}
		seen[string(name)] = true
		switch string(name) {
		case "fmt":
			var format []byte
			format, ok = r.bytes(cborText)
			a.format = string(format)
		case "attStmt":
			ok = a.statement(&r)
		case "authData":
			a.data, ok = r.bytes(cborBytes)
		default:
			ok = false
		}
		if !ok {
			return a, errShape
		}
	}
	if len(r) > 0 {
		return a, errShape
	}
	return a, nil
}

// statement reads the two parts that a key's own signature has.
func (a *attestation) statement(r *reader) bool {
	major, n, ok := r.head()
	if !ok || major != cborMap || n > 2 {
		return false
	}
	a.parts = n
	for range n {
		name, ok := r.bytes(cborText)
		switch {
		case !ok:
			return false
		case string(name) == "alg" && a.alg == 0:
			a.alg, ok = r.int()
		case string(name) == "sig" && a.signature == nil:
			a.signature, ok = r.bytes(cborBytes)
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return true
}

// holds checks the statement for a key: §8.7 and §8.2, without certificates.
func (a attestation) holds(key crypto.PublicKey, alg int64, clientHash []byte) error {
	switch {
	case a.format == "none" && a.parts == 0:
		return nil
	case a.format == "packed" && a.parts == 2 && a.alg == alg && signed(key, slices.Concat(a.data, clientHash), a.signature):
		return nil
	}
	return fmt.Errorf("an attestation that was not asked for, or does not hold: %.20q", a.format)
}
