package cmi5

import "preau/edge/cmi5/course"

// Meets reports whether an AU of the rule is satisfied.
func (s State) Meets(m course.MoveOn) bool {
	if s.Waived {
		return true
	}
	switch m {
	case course.Passed:
		return s.Passed
	case course.Completed:
		return s.Completed
	case course.CompletedAndPassed:
		return s.Completed && s.Passed
	case course.CompletedOrPassed:
		return s.Completed || s.Passed
	}
	return true // NotApplicable
}

// SatisfiedBlocks lists the blocks of a course that are satisfied, the inner
// before the outer, and says whether the course is. states is by AU.
func SatisfiedBlocks(c *course.Course, states map[string]State) (blocks []*course.Block, whole bool) {
	whole = walk(c.Children, states, &blocks)
	return blocks, whole
}

func walk(nodes []course.Node, states map[string]State, found *[]*course.Block) bool {
	all := true
	for _, n := range nodes {
		switch {
		case n.AU != nil:
			all = states[n.AU.ID].Meets(n.AU.MoveOn) && all
		case walk(n.Block.Children, states, found):
			*found = append(*found, n.Block)
		default:
			all = false
		}
	}
	return all
}
