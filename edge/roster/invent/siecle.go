package invent

import (
	"fmt"

	"preau/edge/roster/source"
)

const parametres = `<PARAMETRES><UAJ>%s</UAJ><ANNEE_SCOLAIRE>%d</ANNEE_SCOLAIRE><DATE_EXPORT>02/09/2026</DATE_EXPORT><HORODATAGE>02/09/2026 08:09:38</HORODATAGE></PARAMETRES>`

// SIECLE is the set of four exports, each in its archive as SIECLE gives them.
func (s *School) SIECLE() []source.Input {
	pack := func(name string, d *doc) source.Input {
		return Zip("Export"+name+".zip", source.Input{Name: name + ".xml", Data: d.latin()})
	}
	return []source.Input{pack("ElevesSansAdresses", s.eleves()), pack("ResponsablesAvecAdresses", s.responsables()), pack("Structures", s.structures()), pack("Nomenclature", s.nomenclature())}
}

func (s *School) eleves() *doc {
	d := &doc{}
	d.f(`<BEE_ELEVES VERSION="3.0">`)
	d.f(parametres, string(UAI), s.Year)
	d.f(`<DONNEES><ELEVES>`)
	for _, p := range s.Pupils {
		sex := 1
		if p.Girl {
			sex = 2
		}
		d.f(`<ELEVE ELEVE_ID="%d" ELENOET="%d"><INE_RNIE>%s</INE_RNIE><NOM_DE_FAMILLE>%s</NOM_DE_FAMILLE><NOM_USAGE></NOM_USAGE><PRENOM>%s</PRENOM><DATE_NAISS>%s</DATE_NAISS>`+
			`<DOUBLEMENT>0</DOUBLEMENT><CODE_SEXE>%d</CODE_SEXE><CODE_REGIME>2</CODE_REGIME><DATE_ENTREE>01/09/2026</DATE_ENTREE><CODE_MEF>%s</CODE_MEF></ELEVE>`,
			p.ID, p.ID-500, p.INE, upper(p.Family), p.Given, frenchDate(p.Birth), sex, s.class(p.Class).MEF)
	}
	d.f(`</ELEVES><STRUCTURES>`)
	for _, p := range s.Pupils {
		d.f(`<STRUCTURES_ELEVE ELEVE_ID="%d" ELENOET="%d">`, p.ID, p.ID-500)
		d.f(`<STRUCTURE><CODE_STRUCTURE>%s</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE></STRUCTURE>`, p.Class)
		for _, g := range p.Groups {
			d.f(`<STRUCTURE><CODE_STRUCTURE>%s</CODE_STRUCTURE><TYPE_STRUCTURE>G</TYPE_STRUCTURE></STRUCTURE>`, g)
		}
		d.f(`</STRUCTURES_ELEVE>`)
	}
	d.f(`</STRUCTURES></DONNEES></BEE_ELEVES>`)
	return d
}

func (s *School) responsables() *doc {
	d := &doc{}
	d.f(`<BEE_RESPONSABLES VERSION="3.0">`)
	d.f(parametres, string(UAI), s.Year)
	d.f(`<DONNEES><PERSONNES>`)
	for _, a := range s.Adults {
		d.f(`<PERSONNE PERSONNE_ID="%d"><NOM_USAGE></NOM_USAGE><NOM_DE_FAMILLE>%s</NOM_DE_FAMILLE><PRENOM>%s</PRENOM><LC_CIVILITE>%s</LC_CIVILITE><TEL_PORTABLE>%s</TEL_PORTABLE><ACCEPTE_SMS>1</ACCEPTE_SMS></PERSONNE>`,
			a.ID, upper(a.Family), a.Given, a.Title, a.Phone)
	}
	d.f(`</PERSONNES><RESPONSABLES>`)
	for _, p := range s.Pupils {
		for i, a := range p.Adults {
			d.f(`<RESPONSABLE_ELEVE><ELEVE_ID>%d</ELEVE_ID><PERSONNE_ID>%d</PERSONNE_ID><RESP_LEGAL>%d</RESP_LEGAL><CODE_PARENTE>%d</CODE_PARENTE></RESPONSABLE_ELEVE>`,
				p.ID, s.Adults[a].ID, i+1, 10+10*i)
		}
	}
	d.f(`</RESPONSABLES></DONNEES></BEE_RESPONSABLES>`)
	return d
}

func (s *School) structures() *doc {
	d := &doc{}
	d.f(`<BEE_STRUCTURES VERSION="2.0">`)
	d.f(parametres, string(UAI), s.Year)
	d.f(`<DONNEES><DIVISIONS>`)
	for _, c := range s.Classes {
		d.f(`<DIVISION CODE_STRUCTURE="%s"><LIBELLE_LONG>%s</LIBELLE_LONG><MEFS_APPARTENANCE><MEF_APPARTENANCE><CODE_MEF>%s</CODE_MEF></MEF_APPARTENANCE></MEFS_APPARTENANCE></DIVISION>`, c.Code, c.Name, c.MEF)
	}
	d.f(`</DIVISIONS><GROUPES>`)
	for _, g := range s.Groups {
		d.f(`<GROUPE CODE_STRUCTURE="%s"><LIBELLE_LONG>%s</LIBELLE_LONG><DIVISIONS_APPARTENANCE>`, g.Code, g.Name)
		for _, c := range g.Of {
			d.f(`<DIVISION_APPARTENANCE><CODE_STRUCTURE>%s</CODE_STRUCTURE></DIVISION_APPARTENANCE>`, c)
		}
		d.f(`</DIVISIONS_APPARTENANCE></GROUPE>`)
	}
	d.f(`</GROUPES></DONNEES></BEE_STRUCTURES>`)
	return d
}

func (s *School) nomenclature() *doc {
	d := &doc{}
	d.f(`<BEE_NOMENCLATURES VERSION="3.1">`)
	d.f(parametres, string(UAI), s.Year)
	d.f(`<DONNEES><MATIERES>`)
	for _, m := range s.Subjects {
		d.f(`<MATIERE CODE_MATIERE="%s"><CODE_GESTION>%s</CODE_GESTION><LIBELLE_COURT>%s</LIBELLE_COURT><LIBELLE_LONG>%s</LIBELLE_LONG><LIBELLE_EDITION>%s</LIBELLE_EDITION></MATIERE>`,
			m.Code, m.Short, upper(m.Name), upper(m.Name), m.Name)
	}
	d.f(`</MATIERES><MEFS>`)
	for mef, level := range s.mefs() {
		d.f(`<MEF CODE_MEF="%s"><FORMATION>%s</FORMATION><LIBELLE_LONG>%s</LIBELLE_LONG></MEF>`, mef, level, level)
	}
	d.f(`</MEFS></DONNEES></BEE_NOMENCLATURES>`)
	return d
}

// mefs lists the formations of the classes, each once, in their order.
func (s *School) mefs() func(yield func(mef, level string) bool) {
	return func(yield func(mef, level string) bool) {
		last := ""
		for _, c := range s.Classes {
			if c.MEF != last && c.MEF != "" && !yield(c.MEF, c.LevelName) {
				return
			}
			last = c.MEF
		}
	}
}

// STS is what STS-web says of staff and services; EDT answers with the hours.
func (s *School) STS() source.Input {
	d := &doc{}
	d.f(`<STS_EDT><PARAMETRES><UAJ CODE="%s"><ACADEMIE><CODE>99</CODE><LIBELLE>TEST</LIBELLE></ACADEMIE><DENOM_PRINC>%s</DENOM_PRINC></UAJ>`, string(UAI), s.Name)
	d.f(`<ANNEE_SCOLAIRE ANNEE="%d"><DATE_DEBUT>2026-09-01</DATE_DEBUT><DATE_FIN>2027-07-03</DATE_FIN></ANNEE_SCOLAIRE></PARAMETRES>`, s.Year)
	d.f(`<NOMENCLATURES><MATIERES>`)
	for _, m := range s.Subjects {
		d.f(`<MATIERE CODE="%s"><CODE_GESTION>%s</CODE_GESTION><LIBELLE_LONG>%s</LIBELLE_LONG><LIBELLE_EDITION>%s</LIBELLE_EDITION></MATIERE>`, m.Code, m.Short, upper(m.Name), m.Name)
	}
	d.f(`</MATIERES></NOMENCLATURES><DONNEES><INDIVIDUS>`)
	for _, t := range s.Staff {
		civility := map[string]int{"M.": 1, "Mme": 2}[t.Title]
		d.f(`<INDIVIDU ID="%d" TYPE="epp"><NOM_USAGE>%s</NOM_USAGE><PRENOM>%s</PRENOM><SEXE>%d</SEXE><CIVILITE>%d</CIVILITE><FONCTION>%s</FONCTION>`, t.ID, upper(t.Family), t.Given, civility, civility, t.Function)
		if t.Main != "" {
			d.f(`<PROFS_PRINC><PROF_PRINC><CODE_STRUCTURE>%s</CODE_STRUCTURE></PROF_PRINC></PROFS_PRINC>`, t.Main)
		}
		d.f(`</INDIVIDU>`)
	}
	d.f(`</INDIVIDUS>`)
	s.services(d, false)
	d.f(`</DONNEES></STS_EDT>`)
	return source.Input{Name: fmt.Sprintf("sts_emp_%s_%d.xml", UAI, s.Year), Data: d.latin()}
}

// EDT is the timetable that goes back to STS-web.
func (s *School) EDT() source.Input {
	d := &doc{}
	d.f(`<EDT_STS><ALTERNANCES>`)
	for i, code := range []string{"A", "B"} {
		d.f(`<ALTERNANCE CODE="%s"><LIBELLE_COURT>%s</LIBELLE_COURT><LIBELLE_LONG>%s</LIBELLE_LONG><SEMAINES>`, code, code, "Semaine "+code)
		for _, monday := range s.mondays(i) {
			d.f(`<DATE_DEBUT_SEMAINE>%s</DATE_DEBUT_SEMAINE>`, monday)
		}
		d.f(`</SEMAINES></ALTERNANCE>`)
	}
	d.f(`</ALTERNANCES><DONNEES>`)
	s.services(d, true)
	d.f(`</DONNEES></EDT_STS>`)
	return source.Input{Name: fmt.Sprintf("emp_sts_%s_%d.xml", UAI, s.Year), Data: d.utf8()}
}
