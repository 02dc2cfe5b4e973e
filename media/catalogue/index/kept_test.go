package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPack_GivesBackTheSet(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 64, 1000, 4097} {
		for _, every := range []int{1, 2, 9, 100, 5000} {
			s := newSet(n)
			for i := range n {
				if dice.IntN(every) == 0 {
					s.add(i)
				}
			}
			p := pack(s)
			if got := p.unpack(len(s)); !slices.Equal(got, s) {
				t.Errorf("%d of %d items come back as %d", s.count(), n, got.count())
			}
			if p.size() > 8*len(s)+100 {
				t.Errorf("%d of %d items are kept in %d bytes", s.count(), n, p.size())
			}
		}
	}
}

func TestKept_HasABoundAndKeepsWhatIsAskedFor(t *testing.T) {
	k := newCache[*packed](keptBytes)
	dense := newSet(100_000).fill(100_000)
	for i := range 2 * keptBytes / (8 * len(dense)) {
		p := pack(dense)
		k.put(fmt.Sprint(i), p, p.size())
		if _, ok := k.get("0"); !ok {
			t.Fatal("what is asked for all the time is gone")
		}
		if k.size > keptBytes {
			t.Fatalf("%d bytes are kept", k.size)
		}
	}
	if _, ok := k.get("1"); ok {
		t.Error("what nobody asked for is still there")
	}
}

// TestKey_TellsQueriesApart: an answer must never be another query's.
func TestKey_TellsQueriesApart(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range []Query{{}, {Q: "a"}, {Kind: "a"}, {Service: "a"}, {Taxon: 1}, {Level: 1}, {Length: "a"}, {Access: 1}, {Here: true}, {Staff: true},
		{Day: "a"}, {Skip: 1}, {Limit: 1}, {Facets: true}, {Q: `a" "b`}, {Q: "a", Kind: "b"}} {
		if seen[q.key()] || q.key() == "" {
			t.Errorf("%+v has another's key", q)
		}
		seen[q.key()] = true
	}
	if (Query{Among: []int64{1}}).key() != "" {
		t.Error("an answer among some items is kept")
	}
}
