package sts

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// individual is what is read of an INDIVIDU; grade and disciplines are not.
type individual struct {
	ID       string `xml:"ID,attr"`
	Type     string `xml:"TYPE,attr"`
	Usage    string `xml:"NOM_USAGE"`
	Family   string `xml:"NOM_PATRONYMIQUE"`
	Given    string `xml:"PRENOM"`
	Title    string `xml:"CIVILITE"` // 1 M., 2 Mme, 3 Mlle
	Birth    string `xml:"DATE_NAISSANCE"`
	Function string `xml:"FONCTION"`
}

// key is how a person is called in both files.
func key(typ, id string) string {
	return cmp.Or(strings.ToLower(strings.TrimSpace(typ)), "epp") + "-" + strings.TrimSpace(id)
}

func (e *export) individual(d *xml.Decoder, el xml.StartElement) error {
	p := &individual{}
	if err := d.DecodeElement(p, &el); err != nil {
		return err
	}
	k := key(p.Type, p.ID)
	if strings.TrimSpace(p.ID) == "" || e.people[k] != nil && e.table == nil {
		return source.Refuse(fmt.Sprintf("a person of the file has no ID or comes twice (%.40q)", k), "Export it again from STS-web.", nil)
	}
	if len(e.people) >= maxEntries {
		return tooMany("people")
	}
	e.people[k] = p
	return nil
}

func (p *individual) roster(k string) (directory.RosterPerson, bool) {
	family, legal := source.Clean(p.Usage), source.Clean(p.Family)
	if family == "" {
		family = legal
	}
	if legal == family {
		legal = ""
	}
	title := ""
	switch source.Fold(p.Title) {
	case "1", "m", "mr":
		title = "M."
	case "2", "3", "mme", "mlle":
		title = "Mme"
	}
	return directory.RosterPerson{Key: k, Title: title, Given: cmp.Or(source.Clean(p.Given), "–"), Family: family, LegalFamily: legal,
		Birth: source.Date(p.Birth), Roles: []directory.Role{directory.RoleOf(p.Function)}}, family != ""
}

type matiere struct {
	Code    string `xml:"CODE,attr"`
	Gestion string `xml:"CODE_GESTION"`
	Short   string `xml:"LIBELLE_COURT"`
	Long    string `xml:"LIBELLE_LONG"`
	Edition string `xml:"LIBELLE_EDITION"`
}

func (e *export) subject(d *xml.Decoder, el xml.StartElement) error {
	var m matiere
	if err := d.DecodeElement(&m, &el); err != nil {
		return err
	}
	if m.Code = strings.TrimSpace(m.Code); m.Code != "" {
		short := cmp.Or(source.Clean(m.Gestion), source.Clean(m.Short), m.Code)
		e.subjects[m.Code] = directory.Subject{Code: m.Code, Short: short, Name: cmp.Or(source.Clean(m.Edition), source.Clean(m.Long), short)}
	}
	if len(e.subjects) > maxEntries {
		return tooMany("codes")
	}
	return nil
}

type mef struct {
	Code      string `xml:"CODE,attr"`
	Formation string `xml:"FORMATION"`
	Long      string `xml:"LIBELLE_LONG"`
	Edition   string `xml:"LIBELLE_EDITION"`
}

func (e *export) mef(d *xml.Decoder, el xml.StartElement) error {
	var m mef
	if err := d.DecodeElement(&m, &el); err != nil {
		return err
	}
	name := cmp.Or(source.Clean(m.Edition), source.Clean(m.Long), source.Clean(m.Formation))
	if m.Code = strings.TrimSpace(m.Code); m.Code != "" && name != "" { // a division names its MEF by the same element
		e.mefs[m.Code] = directory.MEF{Code: m.Code, Name: name, Level: cmp.Or(source.Level(m.Formation), source.Level(m.Long))}
	}
	if len(e.mefs) > maxEntries {
		return tooMany("codes")
	}
	return nil
}

// roster puts together what the files said.
func (e *export) roster() directory.Roster {
	r := directory.Roster{Source: Source, School: directory.School{UAI: e.want.UAI, Name: e.want.School, Year: e.want.Year}, Covers: e.covers}
	nameless := 0
	known := map[string]bool{}
	for _, k := range slices.Sorted(maps.Keys(e.people)) {
		p, ok := e.people[k].roster(k)
		if !ok {
			nameless++
			continue
		}
		known[k] = true
		r.People = append(r.People, p)
	}
	for _, code := range slices.Sorted(maps.Keys(e.classes)) {
		r.Classes = append(r.Classes, e.classes[code].roster(e))
	}
	enrolled := map[[2]string]bool{}
	for _, s := range slices.SortedFunc(maps.Keys(e.services), func(a, b directory.Service) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Subject, b.Subject))
	}) {
		if !known[s.Person] {
			e.unknown++
			continue
		}
		r.Services = append(r.Services, s)
		if pair := [2]string{s.Person, s.Class}; !enrolled[pair] {
			enrolled[pair] = true
			r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: s.Person, Class: s.Class, Role: directory.Teacher})
		}
	}
	for _, c := range slices.Sorted(maps.Keys(e.subjects)) {
		r.Subjects = append(r.Subjects, e.subjects[c])
	}
	for _, c := range slices.Sorted(maps.Keys(e.mefs)) {
		r.MEFs = append(r.MEFs, e.mefs[c])
	}
	e.extra.Note("nameless", nameless, "records without a name are not imported")
	if e.covers&directory.Staff != 0 {
		e.extra.Note("teacher-unknown", e.unknown, "services of people whom the file does not name are not imported")
	}
	e.extra.Note("unusable", e.unusable, "divisions, groups or services without a code are not imported")
	e.extra.Note("bad-hours", e.badHours, "lessons without a usable day and hour are not imported")
	if e.extra.Timetable = e.table; e.table != nil {
		for i := range e.table.Slots { // the nomenclature may come after
			s := &e.table.Slots[i]
			s.Name = e.subjects[s.Subject].Name
		}
	}
	return r
}
