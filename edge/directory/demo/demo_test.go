package demo_test

import (
	"reflect"
	"testing"

	"preau/edge/directory"
	"preau/edge/directory/demo"
)

func TestRoster_IsTheSameForTheSameSeed(t *testing.T) {
	if !reflect.DeepEqual(demo.Roster(7), demo.Roster(7)) {
		t.Fatal("one seed gave two schools")
	}
	if reflect.DeepEqual(demo.Roster(7), demo.Roster(8)) {
		t.Fatal("two seeds gave one school")
	}
	seen := map[string]bool{}
	for _, p := range demo.Roster(7).People {
		if p.Roles[0] == directory.Guardian {
			continue // called like the child
		}
		name := directory.Fold(p.Family)
		if seen[name] {
			t.Errorf("the name %s comes twice", p.Family)
		}
		seen[name] = true
	}
}
