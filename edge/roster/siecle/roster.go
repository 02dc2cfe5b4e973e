package siecle

import (
	"cmp"
	"maps"
	"slices"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// roster puts together what the files said.
func (e *export) roster() directory.Roster {
	r := directory.Roster{Source: Source, School: directory.School{UAI: e.want.UAI, Name: e.want.School, Year: e.want.Year}, Covers: e.covers}
	e.place()
	nameless, unplaced := 0, 0
	for _, id := range slices.Sorted(maps.Keys(e.pupils)) {
		p := e.pupils[id]
		if p.gone {
			e.left++
			continue
		}
		given, family, legal, ok := names(p.Given, p.Usage, p.Family, p.Old)
		if !ok {
			nameless++
			p.gone = true
			continue
		}
		r.People = append(r.People, directory.RosterPerson{Key: id, Given: given, Family: family, LegalFamily: legal, Birth: source.Date(p.Birth),
			INE: source.INE(p.RNIE, p.Number, p.BEA), MEF: code(p.MEF), Roles: []directory.Role{directory.Pupil}})
		if len(p.divisions) == 0 {
			unplaced++
		}
		for _, c := range append(slices.Clone(p.divisions), p.groups...) {
			r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: id, Class: c, Role: directory.Pupil})
		}
	}
	e.extra.Note("left", e.left, "pupils who have left the school are not imported")
	e.extra.Note("nameless", nameless, "records without a name are not imported")
	e.extra.Note("unplaced", unplaced, "pupils have no division yet")
	e.classes(&r)
	e.responsibles(&r)
	for _, c := range slices.Sorted(maps.Keys(e.subjects)) {
		r.Subjects = append(r.Subjects, e.subjects[c])
	}
	for _, c := range slices.Sorted(maps.Keys(e.mefs)) {
		r.MEFs = append(r.MEFs, e.mefs[c])
	}
	return r
}

// place gives the pupils their divisions and groups, and makes those that no
// file of structures lists.
func (e *export) place() {
	var groups []structures
	clash, nobody := 0, 0
	for _, s := range e.places {
		p := e.pupils[s.ID]
		if p == nil {
			nobody++
			continue
		}
		for _, one := range s.List {
			c := code(one.Code)
			if one.Type == "D" && c != "" && !p.gone && !slices.Contains(p.divisions, c) {
				p.divisions = append(p.divisions, c)
				if e.divisions[c] == nil {
					e.divisions[c] = &division{Code: c}
				}
				e.divisions[c].listed |= directory.Pupils
			}
		}
		groups = append(groups, s)
	}
	for _, s := range groups { // once all divisions are known
		p := e.pupils[s.ID]
		for _, one := range s.List {
			c := code(one.Code)
			if one.Type != "G" || c == "" || p.gone || slices.Contains(p.groups, c) {
				continue
			}
			if e.divisions[c] != nil {
				clash++
				continue
			}
			p.groups = append(p.groups, c)
			if e.groups[c] == nil {
				e.groups[c] = &group{Code: c}
			}
			e.groups[c].listed |= directory.Pupils
		}
	}
	e.extra.Note("group-named-as-division", clash, "memberships of a group with the code of a division are not imported")
	e.extra.Note("nobody", nobody, "memberships of pupils who are not in the file are not imported")
}

// classes lists divisions and groups. A division's level is that of its MEF,
// or of most of its pupils', or what its code begins with.
func (e *export) classes(r *directory.Roster) {
	count := map[string]map[string]int{}
	for _, p := range e.pupils {
		for _, c := range p.divisions {
			if level := e.mefs[code(p.MEF)].Level; level != "" {
				if count[c] == nil {
					count[c] = map[string]int{}
				}
				count[c][level]++
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(e.divisions)) {
		level := ""
		for _, m := range e.divisions[c].MEFs {
			level = cmp.Or(level, e.mefs[code(m)].Level)
		}
		if level == "" {
			for _, l := range slices.Sorted(maps.Keys(count[c])) {
				if count[c][l] > count[c][level] {
					level = l
				}
			}
		}
		r.Classes = append(r.Classes, directory.RosterClass{Key: c, Name: c, Level: cmp.Or(level, source.LevelOfDivision(c)), Listed: e.divisions[c].listed})
	}
	for _, c := range slices.Sorted(maps.Keys(e.groups)) {
		if e.divisions[c] != nil {
			continue
		}
		g := e.groups[c]
		of := make([]string, 0, len(g.Of))
		for _, d := range g.Of {
			if e.divisions[code(d)] != nil {
				of = append(of, code(d))
			}
		}
		r.Classes = append(r.Classes, directory.RosterClass{Key: c, Name: cmp.Or(source.Clean(g.Name), c), Group: true, Of: of, Listed: g.listed})
	}
}

// responsibles lists who answers for a pupil of the school. Pupils are not
// in the same file: without it, the relations name pupils known already.
func (e *export) responsibles(r *directory.Roster) {
	used, of := map[string]bool{}, 0
	for _, l := range e.relations {
		id, child := code(l.Person), code(l.Pupil)
		p := e.people[id]
		if p == nil || child == "" {
			of++
			continue
		}
		if e.covers&directory.Pupils != 0 && (e.pupils[child] == nil || e.pupils[child].gone) {
			continue
		}
		if _, _, _, ok := names(p.Given, p.Usage, p.Family, p.Old); !ok {
			of++
			continue
		}
		used[id] = true
		r.Relations = append(r.Relations, directory.Relation{Guardian: "resp-" + id, Child: child, Legal: l.rank()})
	}
	e.extra.Note("responsible-unknown", of, "relations to responsible persons without a name are not imported")
	for _, id := range slices.Sorted(maps.Keys(used)) {
		p := e.people[id]
		given, family, legal, _ := names(p.Given, p.Usage, p.Family, p.Old)
		r.People = append(r.People, directory.RosterPerson{Key: "resp-" + id, Title: p.title(), Given: given, Family: family, LegalFamily: legal,
			Phone: p.phone(), Roles: []directory.Role{directory.Guardian}})
	}
}
