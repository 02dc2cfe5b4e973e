package passkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/big"
)

// The algorithms that platforms offer, by IANA's register of COSE.
const (
	es256 = -7
	edDSA = -8
	rs256 = -257
)

// algorithms are offered in this order.
var algorithms = []algorithm{{kind, es256}, {kind, edDSA}, {kind, rs256}}

var errKey = errors.New("the key is of a kind that was not offered")

// readKey reads a COSE_Key of one of algorithms, and says which.
func readKey(b []byte) (key crypto.PublicKey, alg int64, err error) {
	r := reader(b)
	major, n, ok := r.head()
	if !ok || major != cborMap || n > 16 {
		return nil, 0, errKey
	}
	numbers, strings := map[int64]int64{}, map[int64][]byte{}
	for range n {
		label, ok := r.int()
		if _, again := numbers[label]; again || strings[label] != nil || !ok {
			return nil, 0, errKey // or a label twice
		}
		if len(r) > 0 && r[0]>>5 == cborBytes {
			strings[label], ok = r.bytes(cborBytes)
		} else {
			numbers[label], ok = r.int()
		}
		if !ok {
			return nil, 0, errKey
		}
	}
	if len(r) > 0 {
		return nil, 0, errKey
	}
	const kty, by, crv, x, y, modulus, exponent = 1, 3, -1, -2, -3, -1, -2
	switch {
	case numbers[kty] == 2 && numbers[by] == es256 && numbers[crv] == 1 && len(strings[x]) == 32 && len(strings[y]) == 32:
		point := append(append([]byte{4}, strings[x]...), strings[y]...)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		return key, es256, err
	case numbers[kty] == 1 && numbers[by] == edDSA && numbers[crv] == 6 && len(strings[x]) == ed25519.PublicKeySize:
		return ed25519.PublicKey(strings[x]), edDSA, nil
	case numbers[kty] == 3 && numbers[by] == rs256 && len(strings[modulus]) >= 256 && len(strings[modulus]) <= 512 && len(strings[exponent]) == 3:
		e := strings[exponent]
		return &rsa.PublicKey{N: new(big.Int).SetBytes(strings[modulus]), E: int(e[0])<<16 | int(e[1])<<8 | int(e[2])}, rs256, nil
	}
	return nil, 0, errKey
}

// signed says whether signature is key's over message.
func signed(key crypto.PublicKey, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest[:], signature)
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

// The major types of CBOR that WebAuthn uses.
const (
	cborUint, cborNegative, cborBytes, cborText = 0, 1, 2, 3
	cborArray, cborMap, cborTag                 = 4, 5, 6
)

// reader reads CBOR as authenticators write it: no indefinite lengths, no
// tags, few levels (CTAP2 canonical form). What it returns lies in the input.
type reader []byte

func (r *reader) head() (major byte, n uint64, ok bool) {
	b := *r
	if len(b) == 0 {
		return 0, 0, false
	}
	major, info := b[0]>>5, b[0]&31
	size := 0
	switch {
	case info < 24:
		n = uint64(info)
	case info <= 27:
		size = 1 << (info - 24)
	default:
		return 0, 0, false
	}
	if len(b) < 1+size {
		return 0, 0, false
	}
	if size > 0 {
		var wide [8]byte
		copy(wide[8-size:], b[1:1+size])
		n = binary.BigEndian.Uint64(wide[:])
	}
	*r = b[1+size:]
	return major, n, major != cborTag
}

func (r *reader) int() (int64, bool) {
	major, n, ok := r.head()
	if !ok || major > cborNegative || n > 1<<32 {
		return 0, false
	}
	if major == cborNegative {
		return -1 - int64(n), true
	}
	return int64(n), true
}

// bytes reads a string of one of the two kinds.
func (r *reader) bytes(kind byte) ([]byte, bool) {
	major, n, ok := r.head()
	if !ok || major != kind || n > uint64(len(*r)) {
		return nil, false
	}
	b := (*r)[:n:n]
	*r = (*r)[n:]
	return b, true
}

// skip passes one item over.
func (r *reader) skip(depth int) bool {
	major, n, ok := r.head()
	if !ok || depth > 4 {
		return false
	}
	items := uint64(0)
	switch major {
	case cborBytes, cborText:
		if n > uint64(len(*r)) {
			return false
		}
		*r = (*r)[n:]
	case cborArray, cborMap:
		if n > uint64(len(*r)) { // each item is a byte at least
			return false
		}
		items = n
		if major == cborMap {
			items *= 2
		}
	}
	for range items {
		if !r.skip(depth + 1) {
			return false
		}
	}
	return true
}
