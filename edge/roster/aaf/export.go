package aaf

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/source"
)

// place is a class or group of a school, by the school's id in the file.
type place struct{ school, code string }

type service struct {
	place
	group   bool
	subject string
}

type person struct {
	directory.RosterPerson
	modified        bool
	in              string // the school's id
	classes, groups []place
	teaches         []service
	relations       []directory.Relation
}

// export gathers what the files say, in whichever order.
type export struct {
	name     string
	want     source.Want
	partial  bool
	records  int
	here     map[string]bool // ids of this school
	schools  map[string]bool
	badUAI   int
	people   map[string]*person
	classes  map[string]*directory.RosterClass
	subjects map[string]directory.Subject
	mefs     map[string]directory.MEF
	gone     []string
	unread   int
	extra    source.Extra
}

func newExport(name string, want source.Want) *export {
	return &export{name: name, want: want, here: map[string]bool{}, schools: map[string]bool{}, people: map[string]*person{},
		classes: map[string]*directory.RosterClass{}, subjects: map[string]directory.Subject{}, mefs: map[string]directory.MEF{}}
}

func (e *export) school(id, uai string) {
	e.schools[id] = true
	if _, err := preau.ParseUAI(uai); err != nil {
		e.badUAI++
	}
	if strings.EqualFold(strings.TrimSpace(uai), string(e.want.UAI)) {
		e.here[id] = true
	}
}

// elsewhere tells a school that is not this one; with no list of schools,
// none is.
func (e *export) elsewhere(id string) bool { return len(e.here) > 0 && id != "" && !e.here[id] }

func (e *export) class(code, name string, group bool, of []string) {
	if code == "" {
		return
	}
	c := e.classes[code]
	if c == nil {
		c = &directory.RosterClass{Key: code, Name: code, Group: group}
		if !group {
			c.Level = source.LevelOfDivision(code)
		}
		e.classes[code] = c
	}
	if name != "" && group {
		c.Name = name
	}
	for _, d := range of {
		if d != "" && !slices.Contains(c.Of, d) {
			c.Of = append(c.Of, d)
		}
	}
}

func (e *export) subject(code, name string) {
	if code != "" {
		e.subjects[code] = directory.Subject{Code: code, Short: code, Name: cmp.Or(name, code)}
	}
}

func (e *export) mef(code, name string) {
	if code != "" && (name != "" || e.mefs[code].Name == "") {
		e.mefs[code] = directory.MEF{Code: code, Name: cmp.Or(name, code), Level: source.Level(name)}
	}
}

// roster puts together what the files said.
func (e *export) roster() (directory.Roster, error) {
	r := directory.Roster{Source: e.name, School: directory.School{UAI: e.want.UAI, Name: e.want.School, Year: e.want.Year}, Covers: directory.Nothing}
	if err := e.checkSchool(); err != nil {
		return r, err
	}
	if e.partial {
		r.Delta = &directory.Delta{Gone: e.gone}
	} else if err := e.covers(&r); err != nil {
		return r, err
	}
	nameless, elsewhere := 0, 0
	for _, id := range slices.Sorted(maps.Keys(e.people)) {
		p := e.people[id]
		if e.elsewhere(p.in) {
			elsewhere++
			p.Roles = nil
			continue
		}
		if p.Family == "" {
			nameless++
			p.Roles = nil
			continue
		}
		r.People = append(r.People, p.RosterPerson)
		if p.modified {
			r.Delta.Told = append(r.Delta.Told, id)
		}
		e.links(&r, p)
	}
	for _, code := range slices.Sorted(maps.Keys(e.classes)) {
		c := *e.classes[code]
		c.Of = slices.DeleteFunc(c.Of, func(d string) bool { return e.classes[d] == nil || e.classes[d].Group })
		r.Classes = append(r.Classes, c)
	}
	e.relations(&r)
	for _, code := range slices.Sorted(maps.Keys(e.subjects)) {
		r.Subjects = append(r.Subjects, e.subjects[code])
	}
	for _, code := range slices.Sorted(maps.Keys(e.mefs)) {
		r.MEFs = append(r.MEFs, e.mefs[code])
	}
	e.extra.Note("elsewhere", elsewhere, "people of other schools are not imported")
	e.extra.Note("nameless", nameless, "records without a name are not imported")
	e.extra.Note("bad-uai", e.badUAI, "schools of the files have a UAI that is not one")
	e.extra.Note("unread", e.unread, "records of other kinds are not imported")
	e.extra.Note("no-year", 1, "the files do not say of which school year they are")
	return r, nil
}

func (e *export) checkSchool() error {
	if len(e.here) > 0 {
		return nil
	}
	if len(e.schools) > 0 {
		return source.Refuse(fmt.Sprintf("none of the %d schools of the files is %s", len(e.schools), e.want.UAI), "Ask for the export of "+string(e.want.UAI)+".", nil)
	}
	if !e.partial {
		return source.Refuse("the files do not say for which school they are", "Give the file of schools (EtabEducNat, or GAR-ENT-Etab) with them.", nil)
	}
	in := map[string]bool{}
	for _, p := range e.people {
		if p.in != "" {
			in[p.in] = true
		}
	}
	if len(in) > 1 {
		return source.Refuse("the changes are of several schools and do not say which they are", "Give the file of schools (EtabEducNat) with them.", nil)
	}
	e.extra.Note("school-unchecked", 1, "the changes do not say for which school they are")
	return nil
}

// covers says what the files hold whole.
func (e *export) covers(r *directory.Roster) error {
	for _, p := range e.people {
		switch {
		case slices.Contains(p.Roles, directory.Pupil):
			r.Covers |= directory.Pupils | directory.Structures
		case slices.Contains(p.Roles, directory.Guardian):
			r.Covers |= directory.Guardians
		default:
			r.Covers |= directory.Staff
		}
	}
	if r.Covers == directory.Nothing && len(e.subjects)+len(e.mefs) == 0 {
		return source.Refuse("the files hold nobody", "Ask for the whole export, or the changes.", nil)
	}
	return nil
}

func (e *export) links(r *directory.Roster, p *person) {
	seen := map[string]bool{}
	enrol := func(c place, group bool, role directory.Role) bool {
		if c.code == "" || e.elsewhere(c.school) {
			return false
		}
		e.class(c.code, "", group, nil)
		if !seen[c.code] {
			seen[c.code] = true
			r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: p.Key, Class: c.code, Role: role})
		}
		return true
	}
	for _, c := range p.classes {
		enrol(c, false, directory.Pupil)
	}
	for _, c := range p.groups {
		if k := e.classes[c.code]; k == nil || k.Group { // a group with a division's code is none
			enrol(c, true, directory.Pupil)
		}
	}
	slices.SortFunc(p.teaches, func(a, b service) int { return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.subject, b.subject)) })
	for _, t := range p.teaches {
		if !slices.Contains(p.Roles, directory.Teacher) {
			break
		}
		if enrol(t.place, t.group, directory.Teacher) && t.subject != "" {
			r.Services = append(r.Services, directory.Service{Person: p.Key, Class: t.code, Subject: t.subject})
		}
	}
}

// relations keeps those between people of the files; a pupil's word for it
// ranks, a guardian's does not.
func (e *export) relations(r *directory.Roster) {
	best, order := map[[2]string]int{}, [][2]string(nil)
	for _, id := range slices.Sorted(maps.Keys(e.people)) {
		for _, l := range e.people[id].relations {
			g, c := e.people[l.Guardian], e.people[l.Child]
			if g == nil || len(g.Roles) == 0 || c != nil && len(c.Roles) == 0 || c == nil && !e.partial {
				continue
			}
			pair := [2]string{l.Guardian, l.Child}
			if _, have := best[pair]; !have {
				order = append(order, pair)
			}
			best[pair] = max(best[pair], l.Legal)
		}
	}
	for _, pair := range order {
		r.Relations = append(r.Relations, directory.Relation{Guardian: pair[0], Child: pair[1], Legal: best[pair]})
	}
}
