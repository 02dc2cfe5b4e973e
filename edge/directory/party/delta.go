package party

import "slices"

// Delta is what a partial file says beside the records it holds: the source
// tells only what has changed since its last one.
type Delta struct {
	Gone      []string    // keys of people who have left
	Withdrawn []Enrolment // who no longer belongs to what
	// Told are the people whose classes and services the file tells whole:
	// what it does not name of theirs is closed.
	Told []string
}

// with joins what two partial files say.
func (d *Delta) with(o *Delta) *Delta {
	if d == nil || o == nil {
		return d.or(o)
	}
	return &Delta{Gone: slices.Concat(d.Gone, o.Gone), Withdrawn: slices.Concat(d.Withdrawn, o.Withdrawn), Told: slices.Concat(d.Told, o.Told)}
}

func (d *Delta) or(o *Delta) *Delta {
	if d != nil {
		return d
	}
	return o
}

// SaysGone reports that a partial roster says so of somebody.
func (r Roster) SaysGone(s *Someone) bool {
	return r.Delta != nil && slices.ContainsFunc(r.Delta.Gone, func(key string) bool {
		return s.Source == r.Source && s.Key == key || slices.Contains(s.Keys, key)
	})
}
