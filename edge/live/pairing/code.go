package pairing

import (
	"crypto/rand"
	"strings"

	"preau"
)

// alphabet has 32 signs, none of which is mistaken for another at eight
// metres: no I, O, 0, 1.
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

const (
	codeLen   = 6  // 30 bits, typed
	secretLen = 26 // 130 bits, scanned
)

func newCode(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand aborts the process instead
	for i := range b {
		b[i] = alphabet[b[i]%32] // 32 divides 256: no bias
	}
	return string(b)
}

// readCode accepts a code as people type it: any case, with spaces and dashes.
func readCode(s string) (string, error) {
	if len(s) > 64 {
		return "", errNotCode
	}
	code := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\u00a0':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, s)
	if len(code) != codeLen && len(code) != secretLen {
		return "", errNotCode
	}
	for _, r := range code {
		if !strings.ContainsRune(alphabet, r) {
			return "", errNotCode
		}
	}
	return code, nil
}

var errNotCode = preau.E(preau.Invalid, "this is not a board's code", "Six letters or digits; never the letters I and O, nor the digits 0 and 1.", nil)
