package siecle

import (
	"cmp"
	"encoding/xml"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

type division struct {
	Code string   `xml:"CODE_STRUCTURE,attr"`
	MEFs []string `xml:"MEFS_APPARTENANCE>MEF_APPARTENANCE>CODE_MEF"`

	listed directory.Coverage // which files hold it
}

type group struct {
	Code string   `xml:"CODE_STRUCTURE,attr"`
	Name string   `xml:"LIBELLE_LONG"`
	Of   []string `xml:"DIVISIONS_APPARTENANCE>DIVISION_APPARTENANCE>CODE_STRUCTURE"`

	listed directory.Coverage
}

func (e *export) structureElement(d *xml.Decoder, el xml.StartElement) error {
	switch el.Name.Local {
	case "DIVISION":
		v := &division{}
		if err := d.DecodeElement(v, &el); err != nil {
			return err
		}
		if v.Code = code(v.Code); v.Code != "" {
			v.listed = directory.Structures
			e.divisions[v.Code] = v
		}
	case "GROUPE":
		g := &group{}
		if err := d.DecodeElement(g, &el); err != nil {
			return err
		}
		if g.Code = code(g.Code); g.Code != "" {
			g.listed = directory.Structures
			e.groups[g.Code] = g
		}
	}
	if len(e.divisions)+len(e.groups) > 1000 {
		return tooMany("divisions and groups")
	}
	return nil
}

type matiere struct {
	Code    string `xml:"CODE_MATIERE,attr"`
	Short   string `xml:"LIBELLE_COURT"`
	Long    string `xml:"LIBELLE_LONG"`
	Edition string `xml:"LIBELLE_EDITION"` // may be missing
	Gestion string `xml:"CODE_GESTION"`
}

type mef struct {
	Code      string `xml:"CODE_MEF,attr"`
	Formation string `xml:"FORMATION"`
	Long      string `xml:"LIBELLE_LONG"`
	Edition   string `xml:"LIBELLE_EDITION"`
}

func (e *export) nomenclatureElement(d *xml.Decoder, el xml.StartElement) error {
	switch el.Name.Local {
	case "MATIERE":
		var m matiere
		if err := d.DecodeElement(&m, &el); err != nil {
			return err
		}
		name := cmp.Or(source.Clean(m.Edition), source.Clean(m.Long), source.Clean(m.Short), code(m.Code))
		if m.Code = code(m.Code); m.Code != "" {
			e.subjects[m.Code] = directory.Subject{Code: m.Code, Short: cmp.Or(source.Clean(m.Gestion), source.Clean(m.Short), m.Code), Name: name}
		}
	case "MEF":
		var m mef
		if err := d.DecodeElement(&m, &el); err != nil {
			return err
		}
		if m.Code = code(m.Code); m.Code != "" {
			name := cmp.Or(source.Clean(m.Edition), source.Clean(m.Long), source.Clean(m.Formation), m.Code)
			e.mefs[m.Code] = directory.MEF{Code: m.Code, Name: name, Level: cmp.Or(source.Level(m.Formation), source.Level(m.Long))}
		}
	}
	if len(e.subjects)+len(e.mefs) > maxEntries {
		return tooMany("codes")
	}
	return nil
}
