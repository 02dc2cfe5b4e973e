// Package bucket is the S3 port: the few operations that delivery needs, over
// a real store, a folder (a USB stick) or memory. It promises that Create
// never replaces what is there, that an error says by its kind what to do
// next, and that no retry happens behind the caller's back. It refuses
// deletion, objects over 16 MiB and keys outside a small alphabet.
//
// Kinds of errors: NotFound nothing there · Conflict something is there (it
// may be ours: compare) · Forbidden the store refuses us, stop and say so ·
// Unavailable try again later · Full the store has no room · TooLarge,
// Invalid our fault · Corrupt the answer is not what the store said it was.
// Unavailable carries ErrPortal or ErrClock when the cause is known.
package bucket

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"preau"
)

// MaxObject is the largest object: one PUT, never multipart, because
// multipart loses the create-only condition.
const MaxObject = 16 << 20

const maxKey = 512

// Info describes an object without its bytes.
type Info struct {
	Key      string
	Size     int64
	Modified time.Time // by the store's clock
}

// Bucket is a flat store of small immutable objects.
type Bucket interface {
	// Create puts data at key if nothing is there, else preau.Conflict.
	Create(ctx context.Context, key string, data []byte) error
	// Replace puts data at key whatever was there.
	Replace(ctx context.Context, key string, data []byte) error
	// Get reads the whole object.
	Get(ctx context.Context, key string) ([]byte, error)
	// Stat reads what is known of the object.
	Stat(ctx context.Context, key string) (Info, error)
	// List walks the keys that start with prefix and sort after `after`, in
	// byte order. It stops after the first error. What was just written may
	// be missing from it: decide nothing on an absence.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]
}

// ErrPortal marks an answer that came from a web page between us and the
// store; ErrClock a refusal because the clocks differ too much.
var (
	ErrPortal = errors.New("a web page answered instead of the store")
	ErrClock  = errors.New("the clocks of the box and of the store differ")
)

// CheckKey refuses keys that not every store, file system or tool can hold.
func CheckKey(key string) error {
	ok := key != "" && len(key) <= maxKey
	for seg := range strings.SplitSeq(key, "/") {
		ok = ok && seg != "" && seg[0] != '.' && len(seg) <= 255
	}
	for i := 0; ok && i < len(key); i++ {
		c := key[i]
		ok = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.=/", c) >= 0
	}
	if !ok {
		return preau.E(preau.Invalid, "a store's key is made of letters, digits and -_.=/: "+quote(key), "", nil)
	}
	return nil
}

func checkPut(key string, data []byte) error {
	if len(data) > MaxObject {
		return preau.E(preau.TooLarge, "an object of the store is at most 16 MiB: "+quote(key), "Cut it into smaller ranges.", nil)
	}
	return CheckKey(key)
}

func notFound(key string, cause error) error {
	return preau.E(preau.NotFound, "the store has no "+key, "", cause)
}

func exists(key string, cause error) error {
	return preau.E(preau.Conflict, "the store already has "+key, "", cause)
}

// quote shortens what may be anything for a message.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return "“" + strings.ToValidUTF8(s, "�") + "”"
}
