package oneroster

import (
	"maps"
	"slices"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// roster puts together what the files said.
func (e *export) roster() (directory.Roster, error) {
	r := directory.Roster{Source: Source, School: directory.School{UAI: e.want.UAI, Name: e.want.School, Year: e.want.Year}, Covers: directory.Nothing}
	partial := e.delta()
	if partial {
		r.Delta = &directory.Delta{}
	} else {
		if e.by["users"] != nil {
			r.Covers = directory.Pupils | directory.Staff | directory.Guardians | directory.Structures
		}
		if e.by["users"] != nil && (e.by["enrollments"] == nil || e.by["classes"] == nil) {
			return r, source.Refuse("the list of people comes without classes or enrolments", "Export users, classes and enrollments together.", nil)
		}
		if e.by["users"] == nil {
			return r, source.Refuse("classes and enrolments come without the list of people", "Export users, classes and enrollments together.", nil)
		}
		if e.version == "1.2" && e.by["roles"] == nil {
			return r, source.Refuse("the list of people comes without their roles", "Export roles with users, as OneRoster 1.2 has it.", nil)
		}
	}
	if !e.year {
		e.extra.Note("no-year", 1, "the files do not say of which school year they are")
	}
	e.extra.Note("unused", e.unused, "lists are not read: marks, resources and demographics are not imported")
	e.people(&r)
	for _, key := range slices.Sorted(maps.Keys(e.classes)) {
		if c := e.classes[key]; !c.gone && c.name != "" {
			r.Classes = append(r.Classes, directory.RosterClass{Key: c.key, Name: c.name, Level: c.level, Group: c.group, Listed: directory.Pupils | directory.Staff | directory.Structures})
		}
	}
	e.enrolments(&r, partial)
	used := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(e.courses)) {
		if c := e.courses[id]; c.code != "" && c.title != "" && !used[c.code] {
			used[c.code] = true
			r.Subjects = append(r.Subjects, directory.Subject{Code: c.code, Short: c.code, Name: c.title})
		}
	}
	return r, nil
}

func (e *export) people(r *directory.Roster) {
	nameless, elsewhere, none := 0, 0, 0
	for _, id := range slices.Sorted(maps.Keys(e.users)) {
		u := e.users[id]
		switch {
		case u.gone:
			if r.Delta != nil {
				r.Delta.Gone = append(r.Delta.Gone, id)
			}
			continue
		case u.elsewhere:
			elsewhere++
		case len(u.roles) == 0:
			none++
		case u.family == "":
			nameless++
		default:
			p := directory.RosterPerson{Key: id, Title: u.title, Given: u.given, Family: u.family, Roles: u.roles}
			switch {
			case slices.Contains(u.roles, directory.Pupil):
				p.MEF, p.Title = u.mef, ""
				e.relations(r, u)
			case slices.Contains(u.roles, directory.Guardian):
				p.Phone = u.phone
			}
			r.People = append(r.People, p)
			continue
		}
		u.roles = nil
	}
	r.Relations = slices.DeleteFunc(r.Relations, func(l directory.Relation) bool {
		u := e.users[l.Guardian]
		return u == nil || u.gone || len(u.roles) == 0
	})
	e.extra.Note("elsewhere", elsewhere, "people of other schools are not imported")
	e.extra.Note("no-role", none, "people without a role are not imported")
	e.extra.Note("nameless", nameless, "records without a name are not imported")
}

// relations names who answers for a pupil. OneRoster does not rank them: the
// first two are taken for the legal ones, as we write them.
func (e *export) relations(r *directory.Roster, u *user) {
	rank := 0
	for _, id := range u.agents {
		a := e.users[id]
		if a == nil || !slices.Contains(a.roles, directory.Guardian) {
			continue
		}
		legal := 0
		if rank++; rank <= 2 {
			legal = rank
		}
		r.Relations = append(r.Relations, directory.Relation{Guardian: id, Child: u.id, Legal: legal})
	}
}

func (e *export) enrolments(r *directory.Roster, partial bool) {
	unknown, seen := 0, map[directory.Enrolment]bool{}
	for _, l := range e.links {
		one := directory.Enrolment{Person: l.user, Class: l.class, Role: l.role}
		c, known := e.classes[l.class]
		u := e.users[l.user]
		switch {
		case l.gone:
			if partial {
				r.Delta.Withdrawn = append(r.Delta.Withdrawn, one)
			}
			continue
		case !partial && (!known || c.gone || u == nil || len(u.roles) == 0):
			unknown++
			continue
		case u != nil && l.role == directory.Pupil && len(u.roles) > 0 && !slices.Contains(u.roles, directory.Pupil):
			unknown++
			continue
		}
		if !seen[one] {
			seen[one] = true
			r.Enrolments = append(r.Enrolments, one)
		}
		if l.role == directory.Teacher {
			if code := e.courses[c.course].code; code != "" {
				r.Services = append(r.Services, directory.Service{Person: l.user, Class: l.class, Subject: code})
			}
		}
	}
	e.extra.Note("enrolment-unknown", unknown, "enrolments of people or classes that the files do not hold are not imported")
}
