// Package sts reads the two files of STS-web, the second degree's database of
// services: sts_emp (root STS_EDT: staff, what they teach and to whom, no
// hours) and its answer emp_sts (root EDT_STS: the timetable). It promises
// that they are told apart by their root, which people confuse, and that what
// it leaves out is noted.
//
// It refuses a file for another school or year. emp_sts does not say for
// which it is: then its name must (emp_sts_<UAI>_<year>.xml).
package sts

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Source is that of SIECLE: the codes of divisions and groups are the same.
const Source = "siecle"

const maxEntries = 20_000

// Takes reports whether the file is one of STS-web's.
func Takes(f *source.File) bool {
	return f.Kind == source.XML && (f.Root == "STS_EDT" || f.Root == "EDT_STS")
}

// Read makes one roster, and the timetable when there is one.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	e := &export{want: want, people: map[string]*individual{}, classes: map[string]*class{}, subjects: map[string]directory.Subject{},
		mefs: map[string]directory.MEF{}, services: map[directory.Service]bool{}, lessons: map[lessonAt]int{}, seen: map[string]string{}, covers: directory.Nothing}
	for _, f := range files {
		if err := e.read(f); err != nil {
			return directory.Roster{}, source.Extra{}, err
		}
	}
	return e.roster(), e.extra, nil
}

// export gathers what the files say.
type export struct {
	want     source.Want
	covers   directory.Coverage
	people   map[string]*individual
	classes  map[string]*class
	subjects map[string]directory.Subject
	mefs     map[string]directory.MEF
	services map[directory.Service]bool
	table    *source.Timetable
	lessons  map[lessonAt]int // index in the table
	seen     map[string]string
	unknown  int // teachers of services whom the file does not name
	badHours int
	unusable int // classes without a code, services without a matière
	extra    source.Extra
}

type parameters struct {
	UAJ struct {
		Code string `xml:"CODE,attr"`
		Text string `xml:",chardata"`
	} `xml:"UAJ"`
	Year struct {
		Code string `xml:"ANNEE,attr"`
		Text string `xml:",chardata"`
	} `xml:"ANNEE_SCOLAIRE"`
}

func (e *export) read(f *source.File) error {
	if other, twice := e.seen[f.Root]; twice {
		return source.Refuse(fmt.Sprintf("%.80q and %.80q are the same export", other, f.Name), "Give each export once.", nil)
	}
	e.seen[f.Root] = f.Name
	if f.Root == "EDT_STS" {
		e.table = &source.Timetable{Source: Source}
	} else {
		e.covers |= directory.Staff
	}
	said := false
	err := f.Each(func(d *xml.Decoder, el xml.StartElement) error {
		if el.Name.Local == "PARAMETRES" {
			var p parameters
			if err := d.DecodeElement(&p, &el); err != nil {
				return err
			}
			said = true
			return e.check(p.UAJ.Code+strings.TrimSpace(p.UAJ.Text), p.Year.Code+strings.TrimSpace(p.Year.Text))
		}
		return e.element(d, el)
	})
	if err != nil || said {
		return err
	}
	return e.checkName(f)
}

func (e *export) check(uai, year string) error {
	if err := e.want.CheckUAI(uai); err != nil {
		return err
	}
	return e.want.CheckYear(year)
}

var named = regexp.MustCompile(`(?i)_(\d{7}[A-Z])_(\d{4})`)

// checkName reads the school and year out of the name that STS-web asks for.
func (e *export) checkName(f *source.File) error {
	m := named.FindStringSubmatch(f.Name)
	if m == nil {
		return source.Refuse(fmt.Sprintf("%.80q does not say for which school and year it is", f.Name),
			fmt.Sprintf("Name it as STS-web asks: emp_sts_%s_%d.xml.", e.want.UAI, e.want.Year), nil)
	}
	return e.check(m[1], m[2])
}

func (e *export) element(d *xml.Decoder, el xml.StartElement) error {
	switch el.Name.Local {
	case "MATIERE":
		return e.subject(d, el)
	case "MEF":
		return e.mef(d, el)
	case "INDIVIDU":
		return e.individual(d, el)
	case "DIVISION", "GROUPE":
		return e.class(d, el)
	case "ALTERNANCE":
		return e.alternance(d, el)
	}
	return nil
}

func tooMany(what string) error {
	return source.Refuse("the file holds more "+what+" than any school", "Check that it is the export of one school.", nil)
}
