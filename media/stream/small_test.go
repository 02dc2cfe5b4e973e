package stream

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"preau/media/blob"
)

func TestSmall_ForgetsTheLeastRecentlyUsed(t *testing.T) {
	store, err := blob.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	cache := newSmall(3000)
	var ds []blob.Digest
	for i := range 4 {
		b := bytes.Repeat([]byte{byte(i)}, 1000)
		d := blob.Digest(sha256.Sum256(b))
		if err := store.Put(t.Context(), d, 1000, bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		ds = append(ds, d)
	}
	for _, i := range []int{0, 1, 2, 0, 3} { // 1 is the oldest when 3 comes
		c, err := cache.open(store, ds[i])
		if err != nil || c.mem == nil || c.size != 1000 {
			t.Fatalf("blob %d: %+v, %v", i, c, err)
		}
		c.Close()
	}
	for i, want := range []bool{true, false, true, true} {
		if got := cache.get(ds[i]) != nil; got != want {
			t.Errorf("blob %d in memory: %v, want %v", i, got, want)
		}
	}
	if cache.total != 3000 {
		t.Errorf("counts %d bytes, want 3000", cache.total)
	}
}
