package party

import (
	"maps"
	"slices"
)

// Merge makes one roster of those that share a source: the files of one
// system complete each other. A class that one file lists empty and another
// with its teachers is one class.
func Merge(rosters []Roster) (merged []Roster) {
	at := map[string]int{}
	for _, r := range rosters {
		i, ok := at[r.Source]
		if !ok {
			at[r.Source] = len(merged)
			merged = append(merged, r)
			continue
		}
		merged[i] = merged[i].with(r)
	}
	return merged
}

func (r Roster) with(o Roster) Roster {
	if r.Covers == 0 || o.Covers == 0 {
		r.Covers = 0
	} else {
		r.Covers |= o.Covers
	}
	r.Shrink, r.Delta = r.Shrink || o.Shrink, r.Delta.with(o.Delta)
	if o.School.Year != 0 {
		r.School.Year = o.School.Year
	}
	settled := maps.Clone(o.Settled)
	if settled == nil {
		settled = map[string]string{}
	}
	maps.Copy(settled, r.Settled)
	r.Settled = settled

	r.People = join2(r.People, o.People, func(p RosterPerson) string { return p.Key }, samePerson)
	r.Classes = join2(r.Classes, o.Classes, func(c RosterClass) string { return c.Key }, sameClass)
	r.Subjects = join2(r.Subjects, o.Subjects, func(s Subject) string { return s.Code }, first[Subject])
	r.MEFs = join2(r.MEFs, o.MEFs, func(m MEF) string { return m.Code }, first[MEF])
	r.Enrolments = append(slices.Clone(r.Enrolments), o.Enrolments...)
	r.Services = append(slices.Clone(r.Services), o.Services...)
	r.Relations = append(slices.Clone(r.Relations), o.Relations...)
	return r
}

// join2 appends b to a, and completes what both hold. A key that one list
// holds twice stays twice, for check to refuse.
func join2[T any](a, b []T, key func(T) string, complete func(a, b T) T) []T {
	a = slices.Clone(a)
	at := make(map[string]int, len(a))
	for i, x := range a {
		at[key(x)] = i
	}
	for _, x := range b {
		if i, ok := at[key(x)]; ok {
			a[i] = complete(a[i], x)
		} else {
			a = append(a, x)
		}
	}
	return a
}

func first[T any](a, _ T) T { return a }

func samePerson(a, b RosterPerson) RosterPerson {
	a.Roles = append(slices.Clone(a.Roles), b.Roles...)
	for _, f := range []struct{ to, from *string }{
		{&a.Title, &b.Title}, {&a.Birth, &b.Birth}, {&a.INE, &b.INE}, {&a.LegalFamily, &b.LegalFamily}, {&a.MEF, &b.MEF}, {&a.Phone, &b.Phone},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return a
}

// Lists are those that hold the class.
func (c RosterClass) Lists() Coverage {
	if c.Listed == 0 {
		return Structures
	}
	return c.Listed
}

func sameClass(a, b RosterClass) RosterClass {
	if a.Name == a.Key {
		a.Name = b.Name
	}
	if a.Level == "" {
		a.Level = b.Level
	}
	a.Group, a.Listed = a.Group || b.Group, a.Lists()|b.Lists()
	for _, key := range b.Of {
		if !slices.Contains(a.Of, key) {
			a.Of = append(slices.Clone(a.Of), key)
		}
	}
	return a
}
