package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
)

// CodeLength is how many pictures a pupil's code has.
const CodeLength = 4

// Symbol is one of the ten pictures. Digit is how forms and the API write it.
type Symbol struct {
	Digit  byte // '0' to '9'
	Name   string
	French string
}

// Symbols is the alphabet of codes: ten things a child of six names at once,
// unlike in shape, initial and colour.
func Symbols() [10]Symbol {
	return [10]Symbol{
		{'0', "sun", "soleil"}, {'1', "boat", "bateau"}, {'2', "tree", "arbre"}, {'3', "key", "clé"}, {'4', "fish", "poisson"},
		{'5', "house", "maison"}, {'6', "star", "étoile"}, {'7', "umbrella", "parapluie"}, {'8', "flower", "fleur"}, {'9', "cat", "chat"},
	}
}

// newCode draws a code, all equally likely.
func newCode() string {
	b := make([]byte, CodeLength)
	for i := range b {
		b[i] = '0' + byte(below(10))
	}
	return string(b)
}

func validCode(code string) bool {
	if len(code) != CodeLength {
		return false
	}
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// hashCode is keyed rather than slow: ten thousand codes fall to any slow
// hash in minutes, while thirty pupils who sign in at once would wait for it.
// The key is not in the database.
func (a *Access) hashCode(salt []byte, pid, code string) []byte {
	mac := hmac.New(sha256.New, a.key)
	mac.Write(salt)
	mac.Write([]byte(pid + "\x00" + code))
	return mac.Sum(nil)
}

func newSalt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // cannot fail
	return b
}

// below draws a number under n without bias.
func below(n int) int {
	v, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // crypto/rand cannot fail
	return int(v.Int64())
}
