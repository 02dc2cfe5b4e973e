// Package aaf reads what the academic directories (AAF) and the ENT for the
// GAR write: people, classes, groups, services, whole or changes only. It
// promises that a file of several schools gives this school only, that a
// change file changes only those it names, and that what it leaves out is
// noted.
//
// It refuses files in which this school is not, and to keep what the box has
// no use for: scholarships, transport, régime, addresses and mails are not
// read. A UAI that is not one is noted and not refused: test data of the
// directories is full of them.
package aaf

import (
	"encoding/xml"
	"fmt"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Source names what comes from the academic directories.
const Source = "aaf"

// Bounds: an académie's file of one school, five times over.
const (
	maxPeople = 10_000
	maxValues = 2_000 // of one attribute
)

// Takes reports whether the file is one of AAF's.
func Takes(f *source.File) bool { return f.Kind == source.XML && f.Root == "ficAlimMENESR" }

// request is one record: SPML, as the directories write it.
type request struct {
	Operational []attr `xml:"operationalAttributes>attr"`
	ID          string `xml:"identifier>id"`
	Attributes  []attr `xml:"attributes>attr"`
	Modified    []attr `xml:"modifications>modification"`
}

type attr struct {
	Name   string   `xml:"name,attr"`
	Values []string `xml:"value"`
}

// record is a request by attribute.
type record struct {
	id, kind string
	modified bool
	told     map[string][]string
}

func (r *record) one(names ...string) string {
	for _, n := range names {
		for _, v := range r.told[n] {
			if v = source.Clean(v); v != "" {
				return v
			}
		}
	}
	return ""
}

// parts are the values of an attribute, split at $.
func (r *record) parts(name string) (out [][]string) {
	for _, v := range r.told[name] {
		p := strings.Split(v, "$")
		for i := range p {
			p[i] = source.Clean(p[i])
		}
		out = append(out, p)
	}
	return out
}

// Read makes one roster of all files given.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	e := newExport(Source, want)
	for _, f := range files {
		if strings.Contains(strings.ToLower(f.Name), "_delta_") {
			e.partial = true
		}
		if err := e.read(f); err != nil {
			return directory.Roster{}, e.extra, err
		}
	}
	r, err := e.roster()
	return r, e.extra, err
}

func (e *export) read(f *source.File) error {
	return f.Each(func(d *xml.Decoder, el xml.StartElement) error {
		what := el.Name.Local
		if what != "addRequest" && what != "modifyRequest" && what != "deleteRequest" {
			return nil
		}
		var q request
		if err := d.DecodeElement(&q, &el); err != nil {
			return err
		}
		r := &record{id: strings.TrimSpace(q.ID), modified: what == "modifyRequest", told: map[string][]string{}}
		for _, a := range q.Operational {
			if strings.HasPrefix(a.Name, "categorie") && len(a.Values) > 0 {
				r.kind = strings.TrimSpace(a.Values[0])
			}
		}
		for _, a := range append(q.Attributes, q.Modified...) {
			if len(a.Values) > maxValues {
				return tooMany("values")
			}
			r.told[a.Name] = a.Values
		}
		if r.id == "" {
			return source.Refuse(fmt.Sprintf("%.80q holds a record without an identifier", f.Name), "Ask for the export again.", nil)
		}
		if e.records++; e.records > 4*maxPeople {
			return tooMany("records")
		}
		if what != "addRequest" {
			e.partial = true
		}
		if what == "deleteRequest" {
			e.gone = append(e.gone, r.id)
			return nil
		}
		return e.record(r)
	})
}

func tooMany(what string) error {
	return source.Refuse("the file holds more "+what+" than any school", "Ask for the export of one school.", nil)
}

func (e *export) record(r *record) error {
	switch r.kind {
	case "EtabEducNat":
		e.school(r.id, r.one("ENTStructureUAI"))
		if e.here[r.id] {
			for _, p := range r.parts("ENTStructureClasses") {
				e.class(p[0], at(p, 1), false, nil)
			}
			for _, p := range r.parts("ENTStructureGroupes") {
				e.class(p[0], at(p, 1), true, p[min(2, len(p)):])
			}
		}
	case "Eleve":
		e.people[r.id] = e.pupil(r)
	case "PersEducNat":
		e.people[r.id] = e.staff(r)
	case "PersRelEleve":
		e.people[r.id] = e.guardian(r)
	case "MatiereEducNat":
		code := r.one("ENTMatJointure")
		e.subject(code[strings.LastIndex(code, "$")+1:], r.one("ENTLibelleMatiere"))
	case "MefEducNat":
		code := r.one("ENTMEFJointure")
		e.mef(code[strings.LastIndex(code, "$")+1:], r.one("ENTLibelleMef"))
	default:
		e.unread++
	}
	if len(e.people) > maxPeople {
		return tooMany("people")
	}
	return nil
}

// at is the part of a value, or nothing.
func at(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}

func (e *export) named(r *record, roles ...directory.Role) *person {
	p := &person{modified: r.modified, in: r.one("ENTPersonStructRattach")}
	p.Key, p.Roles, p.Given = r.id, roles, r.one("givenName")
	p.Family, p.LegalFamily, p.Title = r.one("sn"), r.one("ENTPersonNomPatro"), title(r.one("personalTitle"))
	if p.Family == "" {
		p.Family, p.LegalFamily = p.LegalFamily, ""
	}
	if p.LegalFamily == p.Family {
		p.LegalFamily = ""
	}
	if p.Given == "" {
		p.Given = "–"
	}
	return p
}

func title(s string) string {
	switch strings.ToLower(strings.TrimSuffix(s, ".")) {
	case "m", "mr":
		return "M."
	case "mme", "mlle":
		return "Mme"
	}
	return ""
}

func (e *export) pupil(r *record) *person {
	p := e.named(r, directory.Pupil)
	p.Title, p.Birth, p.INE = "", source.Date(r.one("ENTPersonDateNaissance")), source.INE(r.one("ENTEleveINE"))
	p.MEF = r.one("ENTEleveMEF")
	p.MEF = p.MEF[strings.LastIndex(p.MEF, "$")+1:]
	e.mef(p.MEF, r.one("ENTEleveLibelleMEF"))
	for _, c := range r.parts("ENTEleveClasses") {
		p.classes = append(p.classes, place{c[0], at(c, 1)})
	}
	for _, c := range r.parts("ENTEleveGroupes") {
		p.groups = append(p.groups, place{c[0], at(c, 1)})
	}
	for _, l := range r.parts("ENTElevePersRelEleve") {
		legal := 0 // responsable légal 1 or 2 is the fourth part
		if v := at(l, 3); v == "1" || v == "2" {
			legal = int(v[0] - '0')
		}
		p.relations = append(p.relations, directory.Relation{Guardian: l[0], Child: r.id, Legal: legal})
	}
	return p
}

func (e *export) staff(r *record) *person {
	p := e.named(r)
	for _, f := range r.parts("ENTPersonFonctions") {
		if e.elsewhere(f[0]) {
			continue
		}
		if role := directory.RoleOf(at(f, 1)); role != directory.Office {
			p.Roles = append(p.Roles, role)
		}
		p.in = f[0]
	}
	if len(p.Roles) == 0 {
		p.Roles = []directory.Role{directory.Office}
		if len(r.told["ENTAuxEnsClassesMatieres"])+len(r.told["ENTAuxEnsGroupesMatieres"]) > 0 {
			p.Roles[0] = directory.Teacher
		}
	}
	for name, group := range map[string]bool{"ENTAuxEnsClassesMatieres": false, "ENTAuxEnsGroupesMatieres": true} {
		for _, c := range r.parts(name) {
			p.teaches = append(p.teaches, service{place{c[0], at(c, 1)}, group, at(c, 2)})
		}
	}
	for _, c := range r.parts("ENTAuxEnsClassesPrincipal") {
		p.teaches = append(p.teaches, service{place{c[0], at(c, 1)}, false, ""})
	}
	return p
}

func (e *export) guardian(r *record) *person {
	p := e.named(r, directory.Guardian)
	p.Phone = r.one("mobile", "ENTPersonMobileSMS", "homePhone", "telephoneNumber")
	for _, l := range r.parts("ENTAuxPersRelEleveEleve") {
		p.relations = append(p.relations, directory.Relation{Guardian: r.id, Child: l[0], Legal: 0})
	}
	return p
}
