package passkey_test

import (
	"slices"
	"testing"

	"preau/edge/access/passkey"
)

// TestKey_IsReadOneWay: what two readers could take for two keys is none.
func TestKey_IsReadOneWay(t *testing.T) {
	s, a := open(t), newAuthenticator(t)
	key, err := passkey.Made(home, a.create(mustOffer(t, s, s.teacher)))
	if err != nil {
		t.Fatal(err)
	}
	used := a.sign(s.Ask(home))
	if err := passkey.Used(home, key, used); err != nil {
		t.Fatalf("an honest key: %v", err)
	}
	six := append([]byte{0xa6}, key[1:]...)
	for name, bad := range map[string][]byte{
		"a label twice":                  append(slices.Clone(six), 1, 2),
		"a label twice, of two types":    append(slices.Clone(six), 0x20, 0x41, 0),
		"a label twice, in a longer way": append(slices.Clone(six), 0x18, 1, 2),
		"bytes after it":                 append(slices.Clone(key), 0),
		"an indefinite length":           append(append([]byte{0xbf}, key[1:]...), 0xff),
		"cut":                            key[:len(key)-1],
		"more labels than there are":     {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if err := passkey.Used(home, bad, used); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
