package siecle

import (
	"encoding/xml"
	"fmt"

	"preau/edge/roster/source"
)

// pupil is what is read of an ELEVE; the rest of it is skipped.
type pupil struct {
	ID     string `xml:"ELEVE_ID,attr"`
	Family string `xml:"NOM_DE_FAMILLE"`
	Usage  string `xml:"NOM_USAGE"`
	Old    string `xml:"NOM"` // version 2.1
	Given  string `xml:"PRENOM"`
	Birth  string `xml:"DATE_NAISS"`
	RNIE   string `xml:"INE_RNIE"`
	BEA    string `xml:"INE_BEA"`
	Number string `xml:"ID_NATIONAL"`
	MEF    string `xml:"CODE_MEF"`
	Left   string `xml:"DATE_SORTIE"`

	gone      bool
	divisions []string
	groups    []string
}

type structures struct {
	ID   string `xml:"ELEVE_ID,attr"`
	List []struct {
		Code string `xml:"CODE_STRUCTURE"`
		Type string `xml:"TYPE_STRUCTURE"`
	} `xml:"STRUCTURE"`
}

func (e *export) pupilElement(d *xml.Decoder, el xml.StartElement) error {
	switch el.Name.Local {
	case "ELEVE":
		p := &pupil{}
		if err := d.DecodeElement(p, &el); err != nil {
			return err
		}
		if p.ID == "" {
			return source.Refuse("a pupil of the file has no ELEVE_ID", "Export it again from SIECLE.", nil)
		}
		if e.pupils[p.ID] != nil {
			return source.Refuse(fmt.Sprintf("pupil %.20q comes twice", p.ID), "Export it again from SIECLE.", nil)
		}
		if len(e.pupils) >= maxPeople {
			return tooMany("pupils")
		}
		left := source.Date(p.Left)
		p.gone = left != "" && (e.exported == "" || left <= e.exported)
		e.pupils[p.ID] = p
	case "STRUCTURES_ELEVE":
		var s structures
		if err := d.DecodeElement(&s, &el); err != nil {
			return err
		}
		if len(e.places) >= maxPeople || len(s.List) > 200 {
			return tooMany("memberships")
		}
		e.places = append(e.places, s)
	}
	return nil
}
