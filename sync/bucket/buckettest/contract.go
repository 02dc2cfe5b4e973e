// Package buckettest is the contract of bucket.Bucket as a test, and the
// faults of a store on demand. It promises that an implementation which
// passes Run can carry deliveries. It is for tests only.
package buckettest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"preau"
	"preau/sync/bucket"
)

// Run checks one empty bucket against the contract.
func Run(t *testing.T, b bucket.Bucket) {
	ctx := t.Context()
	t.Run("create never replaces", func(t *testing.T) {
		must(t, b.Create(ctx, "c/one", []byte("first")))
		kind(t, b.Create(ctx, "c/one", []byte("second")), preau.Conflict)
		kind(t, b.Create(ctx, "c/one", []byte("first")), preau.Conflict)
		content(t, b, "c/one", "first")
	})
	t.Run("one of many creators wins", func(t *testing.T) {
		var mu sync.Mutex
		var winners []string
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				body := fmt.Sprint("body of ", i)
				err := b.Create(ctx, "c/race", []byte(body))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, body)
				case preau.KindOf(err) != preau.Conflict && preau.KindOf(err) != preau.Unavailable:
					t.Errorf("loser got %v, want a conflict or try again", err)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("%d creators won: %v", len(winners), winners)
		}
		content(t, b, "c/race", winners[0])
	})
	t.Run("replace", func(t *testing.T) {
		must(t, b.Replace(ctx, "r/one", []byte("long first body")))
		must(t, b.Replace(ctx, "r/one", []byte("x")))
		content(t, b, "r/one", "x")
	})
	t.Run("absence is NotFound", func(t *testing.T) {
		_, err := b.Get(ctx, "no/such")
		kind(t, err, preau.NotFound)
		_, err = b.Stat(ctx, "no/such")
		kind(t, err, preau.NotFound)
		_, err = b.Get(ctx, "c") // a folder of keys is not an object
		kind(t, err, preau.NotFound)
	})
	t.Run("sizes", func(t *testing.T) {
		for _, n := range []int{0, 1, 5<<20 + 1, bucket.MaxObject} {
			data := bytes.Repeat([]byte{byte(n), 0xff, 0}, n/3+1)[:n]
			key := fmt.Sprint("s/", n)
			must(t, b.Create(ctx, key, data))
			kind(t, b.Create(ctx, key, data), preau.Conflict) // whatever the size
			got, err := b.Get(ctx, key)
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
			}
			if info, err := b.Stat(ctx, key); err != nil || info.Size != int64(n) || info.Key != key {
				t.Fatalf("stat of %d bytes: %+v, %v", n, info, err)
			}
		}
		kind(t, b.Create(ctx, "s/over", make([]byte, bucket.MaxObject+1)), preau.TooLarge)
	})
	t.Run("bad keys", func(t *testing.T) {
		for _, key := range []string{"", "/a", "a/", "a//b", "a/../b", ".", "a/.hidden", "a b", "é", "a\x00b", strings.Repeat("k", 600)} {
			if err := b.Create(ctx, key, nil); preau.KindOf(err) != preau.Invalid {
				t.Errorf("key %q: %v, want invalid", key, err)
			}
		}
	})
	t.Run("list", func(t *testing.T) { list(ctx, t, b) })
	t.Run("a cancelled context changes nothing", func(t *testing.T) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := b.Create(gone, "x/one", []byte("a")); err == nil {
			t.Fatal("created under a cancelled context")
		}
		_, err := b.Get(ctx, "x/one")
		kind(t, err, preau.NotFound)
	})
}

func list(ctx context.Context, t *testing.T, b bucket.Bucket) {
	// "-" and "." sort before "/": the order is of bytes, not of folders.
	keys := []string{"l/a-b/1", "l/a.c", "l/a/1", "l/a/2", "l/date=2026-11-23/x", "l/z"}
	for _, k := range slices.Backward(keys) {
		must(t, b.Create(ctx, k, []byte(k)))
	}
	for _, c := range []struct {
		prefix, after string
		want          []string
	}{
		{"l/", "", keys},
		{"l/a/", "", keys[2:4]},
		{"l/a", "", keys[:4]},
		{"l/", "l/a/1", keys[3:]},
		{"l/", "l/a/", keys[2:]},
		{"l/a", "l/a/", keys[2:4]},
		{"nothing/", "", nil},
	} {
		var got []string
		for info, err := range b.List(ctx, c.prefix, c.after) {
			must(t, err)
			if info.Size != int64(len(info.Key)) {
				t.Errorf("%s listed with size %d", info.Key, info.Size)
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("list %q after %q: %v, want %v", c.prefix, c.after, got, c.want)
		}
	}
	for range b.List(ctx, "l/", "") {
		break // stopping early must not hang or leak
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func kind(t *testing.T, err error, want preau.Kind) {
	t.Helper()
	if err == nil || preau.KindOf(err) != want {
		t.Fatalf("got %v, want kind %v", err, want)
	}
}

func content(t *testing.T, b bucket.Bucket, key, want string) {
	t.Helper()
	got, err := b.Get(t.Context(), key)
	if err != nil || string(got) != want {
		t.Fatalf("%s holds %q, %v; want %q", key, got, err, want)
	}
}
