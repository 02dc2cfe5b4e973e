package passkey

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"

	"preau"
)

const (
	lasts    = 5 * time.Minute // to find one's phone
	drawn    = 16              // random bytes of a challenge
	maxSpent = 10_000          // challenges; whoever spends pays for tries, see access
)

// challenges draws what authenticators sign. Nothing is kept of one until it
// is spent, so that strangers who ask for many take no memory; the key is of
// this process, so that none outlives it.
type challenges struct {
	key   [32]byte
	clock preau.Clock
	mu    sync.Mutex
	spent map[string]time.Time // until when it would have served
}

func newChallenges(clock preau.Clock) *challenges {
	c := &challenges{clock: clock, spent: map[string]time.Time{}}
	_, _ = rand.Read(c.key[:]) // cannot fail
	return c
}

// draw makes a challenge for one use at one host; pid is whose key is added,
// or empty when somebody signs in.
func (c *challenges) draw(use, host, pid string) []byte {
	b := make([]byte, drawn, drawn+8+sha256.Size)
	_, _ = rand.Read(b) // cannot fail
	b = binary.BigEndian.AppendUint64(b, uint64(c.clock.Now().Add(lasts).UnixMilli()))
	return append(b, c.sign(b, use, host, pid)...)
}

func (c *challenges) sign(b []byte, use, host, pid string) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write(b) // of one length, hence no word can pass for part of it
	for _, word := range []string{use, host, pid} {
		mac.Write([]byte(word))
		mac.Write([]byte{0})
	}
	return mac.Sum(nil)
}

// spend takes a challenge as it came back, once. Its error is the same for all
// that are not ours; one that is merely old is said so.
func (c *challenges) spend(text, use, host, pid string) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != drawn+8+sha256.Size || !hmac.Equal(b[drawn+8:], c.sign(b[:drawn+8], use, host, pid)) {
		return refused("a challenge that is not ours, or not for this", err)
	}
	ends := time.UnixMilli(int64(binary.BigEndian.Uint64(b[drawn : drawn+8])))
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if !now.Before(ends) {
		return preau.E(preau.Expired, "this took too long", "Start again.", nil)
	}
	if len(c.spent) >= maxSpent {
		for k, until := range c.spent {
			if !now.Before(until) {
				delete(c.spent, k)
			}
		}
	}
	if len(c.spent) >= maxSpent {
		return preau.E(preau.RateLimited, "too many tries", "Wait a few minutes.", nil)
	}
	if _, again := c.spent[string(b[:drawn])]; again {
		return refused("a challenge that was spent", nil)
	}
	c.spent[string(b[:drawn])] = ends
	return nil
}
