package pairing

import (
	"strings"
	"testing"
)

func FuzzClaim(f *testing.F) {
	for _, s := range []string{"K7QX2M", "k7q-x2m", " K7Q X2M ", "OI01AB", "", "K7QX2Mé", strings.Repeat("A", 26), "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := readCode(s)
		if err != nil {
			return
		}
		if len(code) != codeLen && len(code) != secretLen || strings.Trim(code, alphabet) != "" {
			t.Fatalf("%q is read as %q", s, code)
		}
		if again, err := readCode(code); err != nil || again != code {
			t.Fatalf("%q does not read as itself: %q, %v", code, again, err)
		}
	})
}

func TestNewCode_UsesTheWholeAlphabet(t *testing.T) {
	if all := newCode(2000); strings.Trim(alphabet, all) != "" || strings.Trim(all, alphabet) != "" {
		t.Errorf("2 000 signs do not cover the alphabet: %s", all)
	}
}
