package index

import (
	"fmt"
	"maps"
	"slices"

	"preau/internal/sqlite"
)

// filters are what was chosen, by facet; what is not a facet is under "".
type filters map[string][]set

// apply narrows all by every filter but those of one facet.
func (f filters) apply(all set, but string) set {
	for name, sets := range f {
		if name == "" || name != but {
			for _, one := range sets {
				all.and(one)
			}
		}
	}
	return all
}

func (s *shelves) filters(tx *sqlite.Tx, q Query) (filters, error) {
	f := filters{}
	add := func(name string, found set) {
		if found == nil {
			found = newSet(len(s.ids)) // a value that no item has
		}
		f[name] = append(f[name], found)
	}
	if q.Kind != "" {
		add(FacetKind, s.kinds[q.Kind])
	}
	for name, concept := range map[string]int64{FacetTaxon: q.Taxon, FacetLevel: q.Level} {
		if concept == 0 {
			continue
		}
		found, err := s.term(tx, fmt.Sprint(signConcept, concept), false)
		if err != nil {
			return nil, err
		}
		add(name, found)
	}
	if q.Service != "" {
		found, err := s.term(tx, signService+q.Service, false)
		if err != nil {
			return nil, err
		}
		add("", found)
	}
	if q.Among != nil {
		add("", s.placesOf(q.Among))
	}
	if q.Length != "" {
		var found set
		if i := slices.Index(Bands, q.Length); i >= 0 {
			found = s.bands[i]
		}
		add(FacetLength, found)
	}
	for i := range s.access {
		if q.Access&(1<<i) != 0 {
			add(FacetAccess, s.access[i])
		}
	}
	if q.Here {
		s.mu.Lock()
		add(FacetHere, s.here)
		s.mu.Unlock()
	}
	return f, nil
}

// count counts what matches by each value of each facet. Values that no item
// of the match has are left out.
func (s *shelves) count(match set, f filters) (facets []Facet) {
	s.mu.Lock()
	here := s.here
	s.mu.Unlock()
	facet := func(name string) func(v Value, of set) {
		facets = append(facets, Facet{Name: name})
		at := len(facets) - 1
		base := f.apply(match.clone(), name)
		return func(v Value, of set) {
			if v.Count = base.common(of); v.Count > 0 {
				facets[at].Values = append(facets[at].Values, v)
			}
		}
	}
	put := facet(FacetLevel)
	for _, id := range slices.Sorted(maps.Keys(s.levels)) {
		put(Value{Name: s.names[id]}, s.levels[id])
	}
	put = facet(FacetTaxon)
	for _, id := range slices.Sorted(maps.Keys(s.domains)) {
		put(Value{Name: s.names[id]}, s.domains[id])
	}
	put = facet(FacetKind)
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		put(Value{Name: kind}, s.kinds[kind])
	}
	put = facet(FacetLength)
	for i, name := range Bands {
		put(Value{Name: name}, s.bands[i])
	}
	put = facet(FacetAccess)
	for i, name := range AccessNames {
		put(Value{Name: name}, s.access[i])
	}
	put = facet(FacetHere)
	put(Value{Name: "true"}, here)
	return facets
}
