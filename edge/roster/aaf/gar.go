package aaf

import (
	"encoding/xml"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// GARSource names what an ENT writes for the GAR.
const GARSource = "gar"

// TakesGAR reports whether the file is one that an ENT writes for the GAR, of
// the first or the second degree.
func TakesGAR(f *source.File) bool {
	return f.Kind == source.XML && strings.HasPrefix(f.Root, "GAR-ENT")
}

type garPerson struct {
	ID      string `xml:"GARPersonIdentifiant"`
	Profile []struct {
		UAI  string `xml:"GARStructureUAI"`
		Role string `xml:"GARPersonProfil"`
	} `xml:"GARPersonProfils"`
	Family string `xml:"GARPersonNom"`
	Birth  string `xml:"GARPersonDateNaissance"`
	Legal  string `xml:"GARPersonNomPatro"`
	Given  string `xml:"GARPersonPrenom"`
	Title  string `xml:"GARPersonCivilite"`
	In     string `xml:"GARPersonStructRattach"`
}

type garGroup struct {
	Code   string   `xml:"GARGroupeCode"`
	UAI    string   `xml:"GARStructureUAI"`
	Name   string   `xml:"GARGroupeLibelle"`
	Status string   `xml:"GARGroupeStatut"`
	Of     []string `xml:"GARGroupeDivAppartenance"`
}

type garLink struct {
	UAI      string   `xml:"GARStructureUAI"`
	Person   string   `xml:"GARPersonIdentifiant"`
	Group    string   `xml:"GARGroupeCode"`
	Subjects []string `xml:"GARMatiereCode"`
	MEF      string   `xml:"GARMEFCode"`
}

type garCode struct {
	UAI  string `xml:"GARStructureUAI"`
	Code string `xml:"GARMatiereCode"`
	Name string `xml:"GARMatiereLibelle"`
	MEF  string `xml:"GARMEFCode"`
	MEFs string `xml:"GARMEFLibelle"`
}

// ReadGAR makes one roster of all files given. They are always whole.
func ReadGAR(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	g := &gar{export: newExport(GARSource, want), statuses: map[string]bool{}}
	for _, f := range files {
		if err := f.Each(g.element); err != nil {
			return directory.Roster{}, g.extra, err
		}
	}
	g.join()
	r, err := g.roster()
	return r, g.extra, err
}

type gar struct {
	*export
	links    []garLink
	statuses map[string]bool // codes of groups: is it a teaching group?
}

func decode[T any](d *xml.Decoder, el xml.StartElement, fn func(T) error) error {
	var v T
	if err := d.DecodeElement(&v, &el); err != nil {
		return err
	}
	return fn(v)
}

func (g *gar) element(d *xml.Decoder, el xml.StartElement) error {
	if g.records++; g.records > 40*maxPeople {
		return tooMany("records")
	}
	switch el.Name.Local {
	case "GAREtab":
		return decode(d, el, func(c garCode) error {
			uai := strings.TrimSpace(c.UAI)
			g.school(uai, uai)
			return nil
		})
	case "GAREleve", "GAREnseignant", "GARRespAff":
		return decode(d, el, g.person)
	case "GARGroupe":
		return decode(d, el, g.group)
	case "GARPersonMEF", "GARPersonGroupe", "GAREnsGroupeMatiere", "GAREnsClasseMatiere":
		return decode(d, el, func(l garLink) error {
			if len(l.Subjects) > maxValues || len(g.links) > 20*maxPeople {
				return tooMany("memberships")
			}
			g.links = append(g.links, l)
			return nil
		})
	case "GARMatiere":
		return decode(d, el, func(c garCode) error {
			g.subject(source.Clean(c.Code), source.Clean(c.Name))
			return nil
		})
	case "GARMEF":
		return decode(d, el, func(c garCode) error {
			g.mef(source.Clean(c.MEF), source.Clean(c.MEFs))
			return nil
		})
	}
	return nil
}

func (g *gar) person(in garPerson) error {
	p := &person{in: strings.TrimSpace(in.In)}
	p.Key, p.Given, p.Family, p.LegalFamily = strings.TrimSpace(in.ID), source.Clean(in.Given), source.Clean(in.Family), source.Clean(in.Legal)
	p.Title = title(in.Title)
	if p.Family == "" || p.LegalFamily == p.Family {
		p.Family, p.LegalFamily = p.Family+strings.TrimPrefix(p.LegalFamily, p.Family), ""
	}
	if p.Given == "" {
		p.Given = "–"
	}
	for _, profile := range in.Profile {
		if uai := strings.TrimSpace(profile.UAI); strings.EqualFold(uai, string(g.want.UAI)) {
			p.in = uai
			switch role := directory.Role(strings.TrimSpace(profile.Role)); strings.ToUpper(string(role)) {
			case "NATIONAL_ELV":
				p.Roles = append(p.Roles, directory.Pupil)
			case "NATIONAL_ENS":
				p.Roles = append(p.Roles, directory.Teacher)
			case "NATIONAL_DOC":
				p.Roles = append(p.Roles, directory.Librarian)
			case "NATIONAL_DIR":
				p.Roles = append(p.Roles, directory.Principal)
			case "NATIONAL_EVS":
				p.Roles = append(p.Roles, directory.Supervisor)
			case "NATIONAL_COL":
				p.Roles = append(p.Roles, directory.Authority)
			default:
				p.Roles = append(p.Roles, directory.Office)
			}
		} else if p.in == "" {
			p.in = uai
		}
	}
	if len(p.Roles) == 0 {
		g.unread++
		return nil
	}
	if p.Roles[0] == directory.Pupil {
		p.Title, p.Birth = "", source.Date(in.Birth)
	}
	if p.Key == "" || len(g.people) > maxPeople {
		return tooMany("people, or one without an identifier,")
	}
	g.people[p.Key] = p
	return nil
}

func (g *gar) group(in garGroup) error {
	if !strings.EqualFold(strings.TrimSpace(in.UAI), string(g.want.UAI)) {
		return nil
	}
	code, group := source.Clean(in.Code), !strings.EqualFold(strings.TrimSpace(in.Status), "DIVISION")
	g.statuses[code] = group
	of := make([]string, len(in.Of))
	for i, d := range in.Of {
		of[i] = source.Clean(d)
	}
	g.class(code, source.Clean(in.Name), group, of)
	return nil
}

// join gives the people their classes, once all are read.
func (g *gar) join() {
	for _, l := range g.links {
		p, code := g.people[strings.TrimSpace(l.Person)], source.Clean(l.Group)
		if p == nil || !strings.EqualFold(strings.TrimSpace(l.UAI), string(g.want.UAI)) {
			continue
		}
		where := place{strings.TrimSpace(l.UAI), code}
		switch {
		case l.MEF != "":
			p.MEF = source.Clean(l.MEF)
		case p.Roles[0] == directory.Pupil && g.statuses[code]:
			p.groups = append(p.groups, where)
		case p.Roles[0] == directory.Pupil:
			p.classes = append(p.classes, where)
		case len(l.Subjects) == 0:
			p.teaches = append(p.teaches, service{where, g.statuses[code], ""})
		default:
			for _, s := range l.Subjects {
				p.teaches = append(p.teaches, service{where, g.statuses[code], source.Clean(s)})
			}
		}
	}
}
