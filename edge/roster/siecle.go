package roster

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/directory"
)

// SourceSiecle names the people that come from SIECLE's export.
const SourceSiecle = "siecle"

// Siecle reads ElevesSansAdresses.xml (root BEE_ELEVES, versions 2.1 and 3.0
// seen), as it is or in the ZIP that SIECLE gives.
func Siecle(file io.Reader, want Want) (directory.Roster, Report, error) {
	raw, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return directory.Roster{}, Report{}, fmt.Errorf("read roster file: %w", err)
	}
	if len(raw) > maxFile {
		return directory.Roster{}, Report{}, preau.E(preau.TooLarge, "the file is larger than any school's", "Choose ElevesSansAdresses.xml.", nil)
	}
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		if raw, err = unzip(raw); err != nil {
			return directory.Roster{}, Report{}, err
		}
	}
	s := &siecle{want: want, pupils: map[string]pupil{}, classes: map[string][]string{}}
	if err := s.read(raw); err != nil {
		return directory.Roster{}, Report{}, err
	}
	return s.roster(), s.report, nil
}

// unzip takes the one XML file out of an archive, within the same bound.
func unzip(raw []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, refuse("the archive cannot be read", "Export it again.", err)
	}
	var found *zip.File
	for _, f := range z.File {
		if strings.HasSuffix(strings.ToLower(f.Name), ".xml") {
			if found != nil {
				return nil, refuse("the archive holds several XML files", "Give ElevesSansAdresses.xml alone.", nil)
			}
			found = f
		}
	}
	if found == nil {
		return nil, refuse("the archive holds no XML file", "Give ElevesSansAdresses.xml.", nil)
	}
	// The reader holds an archive to the sizes it declares.
	if found.UncompressedSize64 > maxFile {
		return nil, preau.E(preau.TooLarge, "the archive unfolds to more than any school's file", "Choose ElevesSansAdresses.xml.", nil)
	}
	in, err := found.Open()
	if err != nil {
		return nil, refuse("the archive cannot be read", "Export it again.", err)
	}
	defer in.Close()
	out, err := io.ReadAll(in)
	if err != nil {
		return nil, refuse("the archive is damaged", "Export it again.", err)
	}
	return out, nil
}

// siecle gathers what the file says, in whichever order.
type siecle struct {
	want    Want
	uai     string
	year    string
	pupils  map[string]pupil    // by ELEVE_ID
	classes map[string][]string // ELEVE_ID to its divisions
	report  Report
}

// pupil is what is read of an ELEVE; the rest of it is skipped.
type pupil struct {
	ID     string `xml:"ELEVE_ID,attr"`
	Family string `xml:"NOM_DE_FAMILLE"`
	Usage  string `xml:"NOM_USAGE"`
	Old    string `xml:"NOM"` // version 2.1
	Given  string `xml:"PRENOM"`
	Left   string `xml:"DATE_SORTIE"`
}

type structures struct {
	ID   string `xml:"ELEVE_ID,attr"`
	List []struct {
		Code string `xml:"CODE_STRUCTURE"`
		Type string `xml:"TYPE_STRUCTURE"`
	} `xml:"STRUCTURE"`
}

type parameters struct {
	UAI      string `xml:"UAJ"`
	Year     string `xml:"ANNEE_SCOLAIRE"`
	Exported string `xml:"DATE_EXPORT"`
}

func (s *siecle) read(raw []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	dec.CharsetReader = charset
	root := false
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return refuse("the file is not whole XML", "Export it again; do not open it in another program first.", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return refuse("the file declares entities or a document type, which no export does", "Export it again.", nil)
		case xml.StartElement:
			if !root && t.Name.Local != "BEE_ELEVES" {
				return refuse(fmt.Sprintf("the file is %.40q, not the list of pupils", t.Name.Local), "Choose ElevesSansAdresses.xml.", nil)
			}
			root = true
			if err := s.element(dec, t); err != nil {
				return err
			}
		}
	}
	if !root || s.uai == "" {
		return refuse("the file does not say for which school it is", "Choose ElevesSansAdresses.xml.", nil)
	}
	return nil
}

func (s *siecle) element(dec *xml.Decoder, t xml.StartElement) error {
	var err error
	switch t.Name.Local {
	case "PARAMETRES":
		var p parameters
		if err = dec.DecodeElement(&p, &t); err == nil {
			s.uai, s.year, s.report.Exported = strings.TrimSpace(p.UAI), strings.TrimSpace(p.Year), strings.TrimSpace(p.Exported)
			return s.want.check(s.uai, s.year)
		}
	case "ELEVE":
		var p pupil
		if err = dec.DecodeElement(&p, &t); err == nil {
			return s.add(p)
		}
	case "STRUCTURES_ELEVE":
		var st structures
		if err = dec.DecodeElement(&st, &t); err == nil {
			s.place(st)
		}
	}
	if err != nil {
		return refuse("the file is not whole XML", "Export it again; do not open it in another program first.", err)
	}
	return nil
}

func (s *siecle) add(p pupil) error {
	if p.ID == "" {
		return refuse("a pupil of the file has no ELEVE_ID", "Export it again from SIECLE.", nil)
	}
	if _, twice := s.pupils[p.ID]; twice {
		return refuse(fmt.Sprintf("pupil %.20q comes twice", p.ID), "Export it again from SIECLE.", nil)
	}
	if p.gone(s.report.Exported) {
		s.report.Left++
		return nil
	}
	s.pupils[p.ID] = p
	return nil
}

// gone reports whether the pupil had left when the file was made.
func (p pupil) gone(exported string) bool {
	left, err := time.Parse("02/01/2006", strings.TrimSpace(p.Left))
	if err != nil {
		return false
	}
	at, err := time.Parse("02/01/2006", exported)
	return err != nil || !left.After(at)
}

func (s *siecle) place(st structures) {
	for _, one := range st.List {
		code := strings.TrimSpace(one.Code)
		switch {
		case one.Type == "D" && code != "" && !slices.Contains(s.classes[st.ID], code):
			s.classes[st.ID] = append(s.classes[st.ID], code)
		case one.Type == "G":
			s.report.Groups++
		}
	}
}

// name is what the pupil is called: the usage name when there is one.
func (p pupil) name() (given, family string) {
	for _, family = range []string{p.Usage, p.Family, p.Old} {
		if family = strings.TrimSpace(family); family != "" {
			break
		}
	}
	return strings.TrimSpace(p.Given), family
}

func (s *siecle) roster() directory.Roster {
	r := directory.Roster{Source: SourceSiecle, School: s.want.School}
	ids := make([]string, 0, len(s.pupils))
	for id := range s.pupils {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	known := map[string]bool{}
	for _, id := range ids {
		given, family := s.pupils[id].name()
		r.People = append(r.People, directory.RosterPerson{Key: id, Given: given, Family: family, Roles: []directory.Role{directory.Pupil}})
		if len(s.classes[id]) == 0 {
			s.report.Unplaced++
		}
		for _, code := range s.classes[id] {
			if !known[code] {
				known[code] = true
				r.Classes = append(r.Classes, directory.RosterClass{Key: code, Name: code})
			}
			r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: id, Class: code, Role: directory.Pupil})
		}
	}
	slices.SortFunc(r.Classes, func(a, b directory.RosterClass) int { return strings.Compare(a.Key, b.Key) })
	return r
}
