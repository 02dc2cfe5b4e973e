package progress

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestUnion_IsTheSetOfWhatWasPlayed compares union with painting every
// millisecond, for any grouping and order.
func TestUnion_IsTheSetOfWhatWasPlayed(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all []Segment
		painted := make([]bool, 20_000)
		for range 1 + rnd.IntN(12) {
			from := rnd.Int64N(19_000)
			s := Segment{from, from + 1 + rnd.Int64N(min(3000, 20_000-from-1))}
			all = append(all, s)
			for ms := s[0]; ms < s[1]; ms++ {
				painted[ms] = true
			}
		}
		want := strokes(painted)
		if got := union(all); !slices.Equal(got, want) {
			t.Fatalf("union of %v is %v, want %v", all, got, want)
		}
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var grown []Segment
		for _, s := range all { // one by one, and some twice
			grown = union(union(grown, []Segment{s}), []Segment{s})
		}
		if !slices.Equal(grown, want) {
			t.Fatalf("one by one %v, want %v", grown, want)
		}
	}
}

// strokes reads the painted parts back, gaps of up to join closed.
func strokes(painted []bool) (segments []Segment) {
	for ms, p := range painted {
		at := int64(ms)
		switch n := len(segments); {
		case !p:
		case n > 0 && at <= segments[n-1][1]+join:
			segments[n-1][1] = at + 1
		default:
			segments = append(segments, Segment{at, at + 1})
		}
	}
	return segments
}

func TestPlayed_IsWrittenAsTheProfileSays(t *testing.T) {
	if got := played([]Segment{{0, 12_500}, {45_000, 60_001}}); got != "0[.]12.5[,]45[.]60.001" {
		t.Fatal(got)
	}
}
