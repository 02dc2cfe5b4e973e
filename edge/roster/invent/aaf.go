package invent

import (
	"fmt"

	"preau/edge/roster/source"
)

const doctype = `<!DOCTYPE ficAlimMENESR SYSTEM "ficAlimMENESR.dtd">` + "\n"

// request writes one record of AAF: attributes are name, value, name, value…
func (d *doc) request(verb, kind, id string, attributes ...string) {
	d.f(`<`+verb+`><operationalAttributes><attr name="categorie%s"><value>%s</value></attr></operationalAttributes><identifier><id>%s</id></identifier>`,
		map[bool]string{true: "Structure", false: "Personne"}[kind == "EtabEducNat"], kind, id)
	if len(attributes) > 0 {
		d.f(`<attributes>`)
		for i := 0; i < len(attributes); {
			name := attributes[i]
			d.f(`<attr name="%s">`, name)
			for ; i < len(attributes) && attributes[i] == name; i += 2 {
				d.f(`<value>%s</value>`, attributes[i+1])
			}
			d.f(`</attr>`)
		}
		d.f(`</attributes>`)
	}
	d.f(`</%s>`, verb)
}

func aafFile(kind, mode string, fill func(d *doc)) source.Input {
	d := &doc{}
	d.b.WriteString(doctype)
	d.f(`<ficAlimMENESR>`)
	fill(d)
	d.f(`</ficAlimMENESR>`)
	return source.Input{Name: fmt.Sprintf("ENT_99_%s_20260902_%s_0000.xml", mode, kind), Data: d.utf8()}
}

const structID = "990001"

// AAF is the whole school as the academic directory exports it.
func (s *School) AAF() source.Input {
	_, adults := s.chosen(nil)
	return Zip("aaf-complet.zip",
		aafFile("EtabEducNat", "Complet", func(d *doc) {
			a := []string{"ENTStructureUAI", string(UAI), "ENTStructureNomCourant", s.Name}
			for _, c := range s.Classes {
				a = append(a, "ENTStructureClasses", c.Code+"$"+c.Name+"$"+c.MEF)
			}
			for _, g := range s.Groups {
				v := g.Code + "$" + g.Name
				for _, c := range g.Of {
					v += "$" + c
				}
				a = append(a, "ENTStructureGroupes", v)
			}
			d.request("addRequest", "EtabEducNat", structID, a...)
		}),
		aafFile("MatiereEducNat", "Complet", func(d *doc) {
			for _, m := range s.Subjects {
				d.request("addRequest", "MatiereEducNat", "mat"+m.Code, "ENTMatJointure", "99$"+m.Code, "ENTLibelleMatiere", m.Name)
			}
		}),
		aafFile("Eleve", "Complet", func(d *doc) {
			for _, p := range s.Pupils {
				s.aafPupil(d, "addRequest", p)
			}
		}),
		aafFile("PersRelEleve", "Complet", func(d *doc) {
			for _, a := range adults {
				aafAdult(d, a)
			}
		}),
		aafFile("PersEducNat", "Complet", s.aafStaff))
}

// AAFDelta is what changed at mid-year: s is the school then.
func (s *School) AAFDelta(c Changes) source.Input {
	pupils, adults := s.chosen(&c)
	return Zip("aaf-delta.zip",
		aafFile("Eleve", "Delta", func(d *doc) {
			for _, p := range pupils {
				s.aafPupil(d, "addRequest", p)
			}
			for _, i := range c.Moved {
				s.aafPupil(d, "modifyRequest", s.Pupils[i])
			}
			for _, p := range append(append([]Pupil(nil), c.Left...), c.Old) {
				d.request("deleteRequest", "Eleve", fmt.Sprint(p.ID))
			}
		}),
		aafFile("PersRelEleve", "Delta", func(d *doc) {
			for _, a := range adults {
				aafAdult(d, a)
			}
			for _, a := range c.AdultsLeft {
				d.request("deleteRequest", "PersRelEleve", fmt.Sprint(s.Adults[a].ID))
			}
		}))
}

func (s *School) aafPupil(d *doc, verb string, p Pupil) {
	c := s.class(p.Class)
	a := []string{"ENTPersonJointure", fmt.Sprint("99$", p.ID), "ENTPersonDateNaissance", frenchDate(p.Birth), "sn", upper(p.Family), "givenName", p.Given,
		"ENTEleveINE", p.INE, "ENTPersonStructRattach", structID, "ENTEleveMEF", "99$" + c.MEF, "ENTEleveLibelleMEF", c.LevelName, "ENTEleveBoursier", "N",
		"ENTEleveClasses", structID + "$" + c.Code}
	for _, g := range p.Groups {
		a = append(a, "ENTEleveGroupes", structID+"$"+g)
	}
	for i, at := range p.Adults {
		a = append(a, "ENTElevePersRelEleve", fmt.Sprintf("%d$%d$1$%d$1$0", s.Adults[at].ID, 10+10*i, i+1))
	}
	d.request(verb, "Eleve", fmt.Sprint(p.ID), a...)
}

func aafAdult(d *doc, a Adult) {
	d.request("addRequest", "PersRelEleve", fmt.Sprint(a.ID), "sn", upper(a.Family), "givenName", a.Given, "personalTitle", a.Title, "mobile", a.Phone)
}

func (s *School) aafStaff(d *doc) {
	for i, t := range s.Staff {
		a := []string{"sn", upper(t.Family), "givenName", t.Given, "personalTitle", t.Title, "ENTPersonStructRattach", structID,
			"ENTPersonFonctions", structID + "$" + t.Function + "$" + t.Function}
		for _, c := range s.Classes {
			for _, v := range s.taught(c.Code) {
				if v.teacher == i {
					a = append(a, "ENTAuxEnsClassesMatieres", structID+"$"+c.Code+"$"+v.subject)
				}
			}
		}
		for _, g := range s.Groups {
			if g.Teacher == i {
				a = append(a, "ENTAuxEnsGroupesMatieres", structID+"$"+g.Code+"$"+g.Subject)
			}
		}
		d.request("addRequest", "PersEducNat", fmt.Sprint("ens", t.ID), a...)
	}
}

// GAR is the school as an ENT describes it to the GAR.
func (s *School) GAR() source.Input {
	file := func(kind string, fill func(d *doc)) source.Input {
		d := &doc{}
		d.f(`<men:GAR-ENT-%s xmlns:men="http://data.education.fr/ns/gar" Version="1.7">`, kind)
		fill(d)
		d.f(`</men:GAR-ENT-%s>`, kind)
		return source.Input{Name: "ent_GAR-ENT_Complet_20260902_080000_" + kind + "_0000.xml", Data: d.utf8()}
	}
	person := func(d *doc, element, id, profile, title, given, family, birth string) {
		d.f(`<men:%s><men:GARPersonIdentifiant>%s</men:GARPersonIdentifiant><men:GARPersonProfils><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARPersonProfil>%s</men:GARPersonProfil></men:GARPersonProfils>`+
			`<men:GARPersonNom>%s</men:GARPersonNom><men:GARPersonPrenom>%s</men:GARPersonPrenom><men:GARPersonCivilite>%s</men:GARPersonCivilite><men:GARPersonStructRattach>%s</men:GARPersonStructRattach><men:GARPersonDateNaissance>%s</men:GARPersonDateNaissance></men:%s>`,
			element, id, string(UAI), profile, family, given, title, string(UAI), birth, element)
	}
	link := func(d *doc, element, id, group, subject string) {
		d.f(`<men:%s><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARPersonIdentifiant>%s</men:GARPersonIdentifiant><men:GARGroupeCode>%s</men:GARGroupeCode>`, element, string(UAI), id, group)
		if subject != "" {
			d.f(`<men:GARMatiereCode>%s</men:GARMatiereCode>`, subject)
		}
		d.f(`</men:%s>`, element)
	}
	return Zip("gar.zip",
		file("Etab", func(d *doc) {
			d.f(`<men:GAREtab><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARStructureNomCourant>%s</men:GARStructureNomCourant></men:GAREtab>`, string(UAI), s.Name)
			for _, m := range s.Subjects {
				d.f(`<men:GARMatiere><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARMatiereCode>%s</men:GARMatiereCode><men:GARMatiereLibelle>%s</men:GARMatiereLibelle></men:GARMatiere>`, string(UAI), m.Code, m.Name)
			}
		}),
		file("Eleve", func(d *doc) {
			for _, p := range s.Pupils {
				person(d, "GAREleve", fmt.Sprint("e", p.ID), "National_elv", "", p.Given, upper(p.Family), p.Birth)
			}
			for _, p := range s.Pupils {
				d.f(`<men:GARPersonMEF><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARPersonIdentifiant>e%d</men:GARPersonIdentifiant><men:GARMEFCode>%s</men:GARMEFCode></men:GARPersonMEF>`, string(UAI), p.ID, s.class(p.Class).MEF)
			}
		}),
		file("Enseignant", func(d *doc) {
			for _, t := range s.Staff {
				profile := map[string]string{"ENS": "National_ens", "DIR": "National_dir", "EDU": "National_evs", "DOC": "National_doc"}[t.Function]
				person(d, "GAREnseignant", fmt.Sprint("p", t.ID), profile, t.Title, t.Given, upper(t.Family), "")
			}
		}),
		file("Groupe", func(d *doc) {
			group := func(code, name, status string, of []string) {
				d.f(`<men:GARGroupe><men:GARGroupeCode>%s</men:GARGroupeCode><men:GARStructureUAI>%s</men:GARStructureUAI><men:GARGroupeLibelle>%s</men:GARGroupeLibelle><men:GARGroupeStatut>%s</men:GARGroupeStatut>`, code, string(UAI), name, status)
				for _, c := range of {
					d.f(`<men:GARGroupeDivAppartenance>%s</men:GARGroupeDivAppartenance>`, c)
				}
				d.f(`</men:GARGroupe>`)
			}
			for _, c := range s.Classes {
				group(c.Code, c.Name, "DIVISION", nil)
			}
			for _, g := range s.Groups {
				group(g.Code, g.Name, "GROUPE", g.Of)
			}
			for _, p := range s.Pupils {
				for _, code := range append([]string{p.Class}, p.Groups...) {
					link(d, "GARPersonGroupe", fmt.Sprint("e", p.ID), code, "")
				}
			}
			for _, c := range s.Classes {
				for _, v := range s.taught(c.Code) {
					link(d, "GAREnsClasseMatiere", fmt.Sprint("p", s.Staff[v.teacher].ID), c.Code, v.subject)
				}
			}
			for _, g := range s.Groups {
				link(d, "GAREnsGroupeMatiere", fmt.Sprint("p", s.Staff[g.Teacher].ID), g.Code, g.Subject)
			}
		}))
}
