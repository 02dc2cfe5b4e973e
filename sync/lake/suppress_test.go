package lake_test

import (
	"math/rand/v2"
	"testing"

	"preau/sync/lake"
)

// TestSuppress_NothingSmallCanBeWorkedOut throws tables: no hidden group of
// fewer than k persons may follow from the total and what is shown.
func TestSuppress_NothingSmallCanBeWorkedOut(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		k := lake.KInternal + dice.IntN(7)
		cells := make([]lake.Cell, 1+dice.IntN(8))
		for i := range cells {
			cells[i].Persons = dice.IntN(20)
			cells[i].Value = float64(cells[i].Persons)
		}
		out := lake.Suppress(cells, k)
		hidden, persons := 0, 0
		for i, c := range out {
			switch {
			case c.Hidden:
				hidden++
				persons += cells[i].Persons
				if c.Value != 0 || c.Persons != 0 {
					t.Fatalf("k=%d %v: a hidden cell still tells %v", k, cells, c)
				}
			case c.Persons > 0 && c.Persons < k:
				t.Fatalf("k=%d %v: cell %d shows %d persons", k, cells, i, c.Persons)
			}
		}
		if hidden > 0 && lake.TotalShown(cells, k) && (hidden < 2 || persons < k) {
			t.Fatalf("k=%d %v: total minus shown gives %d persons in %d cells", k, cells, persons, hidden)
		}
		if hidden == 0 && !lake.TotalShown(cells, k) {
			t.Fatalf("k=%d %v: nothing is hidden, yet no total", k, cells)
		}
	}
}
