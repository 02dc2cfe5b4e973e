package siecle

import (
	"encoding/xml"
	"fmt"
	"strings"

	"preau/edge/roster/source"
)

// person is what is read of a PERSONNE: a name and where to call.
type person struct {
	ID     string `xml:"PERSONNE_ID,attr"`
	Title  string `xml:"LC_CIVILITE"`
	Usage  string `xml:"NOM_USAGE"`
	Family string `xml:"NOM_DE_FAMILLE"`
	Old    string `xml:"NOM"`
	Given  string `xml:"PRENOM"`
	Mobile string `xml:"TEL_PORTABLE"`
	Home   string `xml:"TEL_PERSONNEL"`
	Work   string `xml:"TEL_PROFESSIONNEL"`
}

// responsible says who answers for whom.
type responsible struct {
	Pupil  string `xml:"ELEVE_ID"`
	Person string `xml:"PERSONNE_ID"`
	Legal  string `xml:"RESP_LEGAL"`
	Level  string `xml:"NIVEAU_RESPONSABILITE"`
}

func (e *export) responsibleElement(d *xml.Decoder, el xml.StartElement) error {
	switch el.Name.Local {
	case "PERSONNE":
		p := &person{}
		if err := d.DecodeElement(p, &el); err != nil {
			return err
		}
		if p.ID == "" || e.people[p.ID] != nil {
			return source.Refuse(fmt.Sprintf("responsible person %.20q has no number or comes twice", p.ID), "Export it again from SIECLE.", nil)
		}
		if len(e.people) >= maxPeople {
			return tooMany("responsible persons")
		}
		e.people[p.ID] = p
	case "RESPONSABLE_ELEVE", "RESPONSABLE":
		var r responsible
		if err := d.DecodeElement(&r, &el); err != nil {
			return err
		}
		if len(e.relations) >= maxEntries {
			return tooMany("responsible persons")
		}
		e.relations = append(e.relations, r)
	}
	return nil
}

// rank is 1 or 2 for who answers in law, 0 for another contact.
func (r responsible) rank() int {
	switch strings.TrimSpace(r.Legal) {
	case "1":
		return 1
	case "2":
		return 2
	case "":
		if strings.TrimSpace(r.Level) == "1" {
			return 1
		}
	}
	return 0
}

// phone keeps the digits of the first number given.
func (p *person) phone() string {
	for _, number := range []string{p.Mobile, p.Home, p.Work} {
		kept := strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' || c == '+' {
				return c
			}
			return -1
		}, number)
		if len(kept) >= 6 && len(kept) <= 20 {
			return kept
		}
	}
	return ""
}

func (p *person) title() string {
	switch source.Fold(p.Title) {
	case "m", "mr", "monsieur":
		return "M."
	case "mme", "mlle", "madame", "mademoiselle":
		return "Mme"
	}
	return ""
}
