package access

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"

	"preau/edge/directory"
)

// Argon2id with little memory: a passphrase of ours has 45 random bits, so
// the hash need only make a stolen database useless, on a machine where 500
// tablets share one gigabyte.
const (
	argonTime    = 2
	argonMemory  = 16 << 10 // KiB
	argonThreads = 1
	hashLen      = 32
	phraseWords  = 5
)

// newPassphrase draws five words.
func newPassphrase() string {
	list := words()
	phrase := make([]string, phraseWords)
	for i := range phrase {
		phrase[i] = list[below(len(list))]
	}
	return strings.Join(phrase, " ")
}

// normalPhrase forgives case, accents, hyphens and double spaces: none of
// them carries a bit.
func normalPhrase(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == ',' || r == '\u00a0' || r == '\t' })
	for i, p := range parts {
		parts[i] = directory.Fold(p)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// hashPhrase waits for its turn: two at once bound the memory to 32 MiB.
func (a *Access) hashPhrase(ctx context.Context, salt []byte, phrase string) ([]byte, error) {
	select {
	case a.slow <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a passphrase: %w", ctx.Err())
	}
	defer func() { <-a.slow }()
	return argon2.IDKey([]byte(normalPhrase(phrase)), salt, argonTime, argonMemory, argonThreads, hashLen), nil
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
