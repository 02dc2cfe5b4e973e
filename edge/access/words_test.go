package access

import (
	"regexp"
	"testing"
)

func TestWords_CannotBeMistaken(t *testing.T) {
	list := words()
	if len(list) < 512 {
		t.Fatalf("%d words: fewer than 45 bits in five", len(list))
	}
	shape := regexp.MustCompile(`^[a-z]{4,9}$`)
	for i, a := range list {
		if !shape.MatchString(a) {
			t.Errorf("%q is not a plain word", a)
		}
		for _, b := range list[i+1:] {
			if a == b || near(a, b) {
				t.Errorf("%q and %q are one slip apart", a, b)
			}
		}
	}
	if got := normalPhrase("  Été-FORÊT…  Œuf\u00a0noël. "); got != "ete foret oeuf noel" {
		t.Errorf("normalised to %q", got)
	}
}

// near reports whether one letter typed, missed or changed turns a into b.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && a[i+1:] == b[i+1:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}
