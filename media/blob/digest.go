package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"preau"
)

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(s string) (d Digest, err error) {
	ok := len(s) == 2*len(d)
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f'
	}
	if !ok {
		return d, preau.E(preau.Invalid, fmt.Sprintf("%.70q is not a SHA-256", s), "Give 64 lower-case hexadecimal digits.", nil)
	}
	_, err = hex.Decode(d[:], []byte(s))
	return d, err
}

// String gives the 64 digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }
