// Package siecle reads the exports of SIECLE, the second degree's pupil
// database: ElevesSansAdresses, ResponsablesAvecAdresses, Structures and
// Nomenclature, in any combination and order. It promises that a file is read
// whole or not at all, that the same files give the same roster, and that
// what it leaves out is noted.
//
// It refuses a file for another school or year, one with records beyond any
// school's, and to keep what the box has no use for: addresses, professions,
// the régime, sex, place of birth and last year's school are not read.
package siecle

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Source names what comes from SIECLE and from STS: two faces of one system,
// with the same codes of divisions and groups.
const Source = "siecle"

// Bounds: five times the largest collège.
const (
	maxPeople  = 10_000
	maxEntries = 50_000
)

// roots tell the files.
var roots = []string{"BEE_ELEVES", "BEE_RESPONSABLES", "BEE_STRUCTURES", "BEE_NOMENCLATURES"}

// Takes reports whether the file is one of SIECLE's.
func Takes(f *source.File) bool { return f.Kind == source.XML && slices.Contains(roots, f.Root) }

// Read makes one roster of all files given.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	e := &export{want: want, pupils: map[string]*pupil{}, people: map[string]*person{}, divisions: map[string]*division{}, groups: map[string]*group{},
		mefs: map[string]directory.MEF{}, subjects: map[string]directory.Subject{}, seen: map[string]string{}}
	for _, f := range files {
		if err := e.read(f); err != nil {
			return directory.Roster{}, source.Extra{}, err
		}
	}
	r := e.roster()
	return r, e.extra, nil
}

// export gathers what the files say, in whichever order.
type export struct {
	want      source.Want
	covers    directory.Coverage
	exported  string
	pupils    map[string]*pupil
	places    []structures
	people    map[string]*person
	relations []responsible
	divisions map[string]*division
	groups    map[string]*group
	mefs      map[string]directory.MEF
	subjects  map[string]directory.Subject
	seen      map[string]string // root to file
	left      int
	extra     source.Extra
}

type parameters struct {
	UAI      string `xml:"UAJ"`
	Year     string `xml:"ANNEE_SCOLAIRE"`
	Exported string `xml:"DATE_EXPORT"`
}

func (e *export) read(f *source.File) error {
	if other, twice := e.seen[f.Root]; twice {
		return source.Refuse(fmt.Sprintf("%.80q and %.80q are the same export", other, f.Name), "Give each export once.", nil)
	}
	e.seen[f.Root] = f.Name
	said := false
	err := f.Each(func(d *xml.Decoder, el xml.StartElement) error {
		if el.Name.Local == "PARAMETRES" {
			var p parameters
			if err := d.DecodeElement(&p, &el); err != nil {
				return err
			}
			said, e.exported = true, cmp.Or(source.Date(p.Exported), e.exported)
			if err := e.want.CheckUAI(p.UAI); err != nil {
				return err
			}
			return e.want.CheckYear(p.Year)
		}
		switch f.Root {
		case "BEE_ELEVES":
			return e.pupilElement(d, el)
		case "BEE_RESPONSABLES":
			return e.responsibleElement(d, el)
		case "BEE_STRUCTURES":
			return e.structureElement(d, el)
		}
		return e.nomenclatureElement(d, el)
	})
	if err != nil {
		return err
	}
	if !said {
		return source.Refuse(fmt.Sprintf("%.80q does not say for which school it is", f.Name), "Export it again from SIECLE.", nil)
	}
	switch f.Root {
	case "BEE_ELEVES":
		e.covers |= directory.Pupils
	case "BEE_RESPONSABLES":
		e.covers |= directory.Guardians
	case "BEE_STRUCTURES":
		e.covers |= directory.Structures
	default:
		e.covers |= directory.Nothing
	}
	return nil
}

func tooMany(what string) error {
	return source.Refuse("the file holds more "+what+" than any school", "Check that it is the export of one school.", nil)
}

// names cleans what a person is called: the usage name when there is one. A
// pupil without a given name has a dash, so that one civil status does not
// stop the import.
func names(given string, families ...string) (g, family, legal string, ok bool) {
	g = source.Clean(given)
	for _, f := range families {
		if f = source.Clean(f); f == "" {
			continue
		}
		if family == "" {
			family = f
		} else if f != family && legal == "" {
			legal = f
		}
	}
	if g == "" {
		g = "–"
	}
	return g, family, legal, family != ""
}

// code is how a structure or nomenclature names itself.
func code(s string) string { return strings.TrimSpace(s) }
