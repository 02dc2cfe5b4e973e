package lake

import "slices"

// The smallest number of persons that a cell may speak of.
const (
	KInternal  = 5  // seen by those who run the schools
	KPublished = 11 // seen by anyone
)

// Cell is one line of a table of counts.
type Cell struct {
	Label   string
	Persons int     // how many distinct persons it is about
	Value   float64 // what is shown
	Hidden  bool
}

// Suppress hides the cells that speak of fewer than k persons, and then the
// smallest others until nothing hidden can be found by subtracting what is
// shown from the total: the hidden cells together speak of at least k
// persons, and are at least two. An empty cell speaks of nobody and stays.
// Values of hidden cells are set to zero, so that they cannot leak.
func Suppress(cells []Cell, k int) []Cell {
	out := slices.Clone(cells)
	hidden, persons := 0, 0
	hide := func(c *Cell) {
		hidden++
		persons += c.Persons
		c.Hidden = true
	}
	for i := range out {
		if c := &out[i]; c.Persons > 0 && c.Persons < k {
			hide(c)
		}
	}
	for hidden > 0 && (hidden < 2 || persons < k) {
		var smallest *Cell
		for i := range out {
			if c := &out[i]; !c.Hidden && c.Persons > 0 && (smallest == nil || c.Persons < smallest.Persons) {
				smallest = c
			}
		}
		if smallest == nil {
			break // all is hidden: the caller must not show the total either
		}
		hide(smallest)
	}
	for i := range out {
		if out[i].Hidden {
			out[i].Value, out[i].Persons = 0, 0
		}
	}
	return out
}

// TotalShown says whether the sum of all cells may stand beside them.
func TotalShown(cells []Cell, k int) bool {
	hidden, persons := 0, 0
	for i, c := range Suppress(cells, k) {
		if c.Hidden {
			hidden++
			persons += cells[i].Persons
		}
	}
	return hidden == 0 || hidden >= 2 && persons >= k
}
