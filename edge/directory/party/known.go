package party

import (
	"fmt"
	"slices"

	"preau"
)

// WithoutStrangers leaves out the responsible persons whose pupils are not here: a
// file of families still holds those of last year's pupils.
func (r Roster) WithoutStrangers(k *Known) Roster {
	here, theirs := map[string]bool{}, map[string]bool{}
	for _, p := range r.People {
		here[p.Key] = Side(p.Roles) == Pupils
	}
	for _, l := range r.Relations {
		if s := k.ByKey[l.Child]; here[l.Child] || s != nil && !s.Closed && !r.Knows(Pupils) {
			theirs[l.Guardian] = true
		}
	}
	r.People = slices.DeleteFunc(slices.Clone(r.People), func(p RosterPerson) bool {
		return Side(p.Roles) == Guardians && !theirs[p.Key]
	})
	return r
}

// CheckCut refuses what is so much shorter that it was surely cut.
func (r Roster) CheckCut(k *Known) error {
	if r.Shrink {
		return nil
	}
	for _, part := range []Coverage{Pupils, Staff, Guardians} {
		open, listed := 0, 0
		for _, s := range k.All {
			if !s.Closed && s.Source == r.Source && Side(s.Roles) == part {
				open++
			}
		}
		for _, p := range r.People {
			if Side(p.Roles) == part {
				listed++
			}
		}
		if r.Knows(part) && open >= 10 && listed < open/2 {
			return preau.E(preau.Conflict, fmt.Sprintf("the roster holds %d people where %d are known: it looks cut", listed, open),
				"Export it again; if half the school really left, say so when importing.", nil)
		}
	}
	return nil
}
