package siecle_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/siecle"
	"preau/edge/roster/source"
)

var want = source.Want{UAI: "9999991F", School: "Collège d’essai", Year: 2026}

var exports = []string{"ElevesSansAdresses.xml", "ResponsablesAvecAdresses.xml", "Structures.xml", "Nomenclature.xml"}

func sample(t testing.TB, name string) source.Input {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return source.Input{Name: name, Data: raw}
}

func read(inputs ...source.Input) (directory.Roster, source.Extra, error) {
	files, err := source.Open(inputs)
	if err != nil {
		return directory.Roster{}, source.Extra{}, err
	}
	for _, f := range files {
		if !siecle.Takes(f) {
			return directory.Roster{}, source.Extra{}, source.Refuse("not SIECLE's", "Choose another.", nil)
		}
	}
	return siecle.Read(files, want)
}

// file makes an export of pupils, in ISO-8859-15 as SIECLE does.
func file(pupils ...string) source.Input {
	text := `<?xml version="1.0" encoding="ISO-8859-15"?><BEE_ELEVES VERSION="3.0"><PARAMETRES><UAJ>9999991F</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE><DATE_EXPORT>02/09/2026</DATE_EXPORT></PARAMETRES><DONNEES><ELEVES>` +
		strings.Join(pupils, "") + `</ELEVES><STRUCTURES>`
	var places strings.Builder
	for i := range pupils {
		fmt.Fprintf(&places, `<STRUCTURES_ELEVE ELEVE_ID="%d"><STRUCTURE><CODE_STRUCTURE>6A</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE></STRUCTURE></STRUCTURES_ELEVE>`, i+1)
	}
	text += places.String() + `</STRUCTURES></DONNEES></BEE_ELEVES>`
	latin := strings.NewReplacer("Œ", "\xbc", "œ", "\xbd", "é", "\xe9", "É", "\xc9", "ï", "\xef", "Ÿ", "\xbe").Replace(text)
	return source.Input{Name: "ElevesSansAdresses.xml", Data: []byte(latin)}
}

func pupil(id int, given, family, more string) string {
	return fmt.Sprintf(`<ELEVE ELEVE_ID="%d"><NOM_DE_FAMILLE>%s</NOM_DE_FAMILLE><PRENOM>%s</PRENOM>%s</ELEVE>`, id, family, given, more)
}

func note(e source.Extra, code string) int {
	for _, n := range e.Notes {
		if n.Code == code {
			return n.Count
		}
	}
	return 0
}

func TestRead_FourFilesMakeOneSchool(t *testing.T) {
	var all []source.Input
	for _, name := range exports {
		all = append(all, sample(t, name))
	}
	r, extra, err := read(all...)
	if err != nil {
		t.Fatal(err)
	}
	lou := r.People[0]
	if lou.Key != "1001" || lou.Birth != "2015-03-14" || lou.INE != "123456789FF" || lou.MEF != "10010012110" {
		t.Errorf("%+v", lou)
	}
	if len(r.People) != 3 || r.People[1].Phone != "+33600000001" || r.People[2].Family != "EXEMPLE" || r.People[2].LegalFamily != "MODELE" || r.People[2].Title != "Mme" {
		t.Errorf("%+v", r.People[1:])
	}
	if len(r.Relations) != 2 || r.Relations[0] != (directory.Relation{Guardian: "resp-7001", Child: "1001", Legal: 1}) || note(extra, "responsible-unknown") != 1 {
		t.Errorf("%+v %+v", r.Relations, extra.Notes)
	}
	if len(r.Classes) != 3 || !strings.HasSuffix(r.Classes[0].Level, "-018") || r.Classes[2].Name != "6E ANGLAIS GR1" || !slices.Equal(r.Classes[2].Of, []string{"6A"}) {
		t.Errorf("%+v", r.Classes)
	}
	if len(r.Enrolments) != 2 || len(r.Subjects) != 2 || r.Subjects[0].Name != "FRANCAIS" || r.Subjects[1].Short != "AGL1" || len(r.MEFs) != 1 {
		t.Errorf("%+v %+v %+v", r.Enrolments, r.Subjects, r.MEFs)
	}
	if text := fmt.Sprintf("%+v", r); strings.Contains(text, "Invent") {
		t.Error("an address was read")
	}
	slices.Reverse(all)
	if back, _, err := read(all...); err != nil || fmt.Sprint(back) != fmt.Sprint(r) {
		t.Errorf("the order of the files matters: %v", err)
	}
}

func TestRead_EachFileAloneCoversItsPart(t *testing.T) {
	for name, covers := range map[string]directory.Coverage{
		"ElevesSansAdresses.xml": directory.Pupils, "ResponsablesAvecAdresses.xml": directory.Guardians,
		"Structures.xml": directory.Structures, "Nomenclature.xml": directory.Nothing,
	} {
		if r, _, err := read(sample(t, name)); err != nil || r.Covers != covers {
			t.Errorf("%s covers %b, want %b, %v", name, r.Covers, covers, err)
		}
	}
}

func TestRead_NamesAndWhoHasLeft(t *testing.T) {
	r, extra, err := read(file(pupil(1, "Éloïse", "Œuvrard", ""), pupil(2, "Noé", "DUPONT", "<NOM_USAGE>Cœur</NOM_USAGE>"),
		pupil(3, "Parti", "Hier", "<DATE_SORTIE>01/09/2026</DATE_SORTIE>"), pupil(4, "Part", "Demain", "<DATE_SORTIE>01/12/2026</DATE_SORTIE>"),
		pupil(5, "", "Mononyme", "<INE_RNIE>faux</INE_RNIE>"), pupil(6, "Sans", "", "")))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.People) != 4 || r.People[0].Given != "Éloïse" || r.People[0].Family != "Œuvrard" || r.People[1].Family != "Cœur" || r.People[1].LegalFamily != "DUPONT" {
		t.Errorf("%+v", r.People)
	}
	if r.People[3].Given != "–" || r.People[3].INE != "" || note(extra, "left") != 1 || note(extra, "nameless") != 1 || len(r.Enrolments) != 4 {
		t.Errorf("%+v %+v", r.People[3], extra)
	}
}

func TestRead_Refuses(t *testing.T) {
	for _, name := range exports {
		good := string(sample(t, name).Data)
		for what, raw := range map[string]string{
			"another school": strings.ReplaceAll(good, "9999991F", "0750654D"),
			"wrong letter":   strings.ReplaceAll(good, "9999991F", "9999991G"),
			"last year":      strings.Replace(good, "<ANNEE_SCOLAIRE>2026", "<ANNEE_SCOLAIRE>2025", 1),
			"cut":            good[:len(good)/2],
			"no school":      strings.ReplaceAll(good, "PARAMETRES", "AUTRES"),
			"entities":       `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + strings.SplitN(good, "?>", 2)[1],
			"encoding":       strings.Replace(good, "ISO-8859-15", "EBCDIC", 1),
		} {
			_, _, err := read(source.Input{Name: name, Data: []byte(raw)})
			if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
				t.Errorf("%s, %s: %v (%s), want a refusal with a remedy", name, what, err, preau.RemedyOf(err))
			}
		}
		if _, _, err := read(sample(t, name), sample(t, name)); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s twice: %v", name, err)
		}
	}
	for what, in := range map[string]source.Input{
		"same pupil twice": file(pupil(1, "A", "B", ""), pupil(1, "A", "B", "")),
		"no number":        file(`<ELEVE><NOM>x</NOM></ELEVE>`),
		"endless": file(slices.Collect(func(yield func(string) bool) {
			for i := range 10_001 {
				if !yield(pupil(i, "A", "B", "")) {
					return
				}
			}
		})...),
	} {
		if _, _, err := read(in); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// FuzzRead: any file is refused with words or gives a roster whose parts
// hold together.
func FuzzRead(f *testing.F) {
	for _, name := range exports {
		f.Add(sample(f, name).Data)
	}
	f.Add(file(pupil(1, "Éloïse", "Œuvrard", "")).Data)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, _, err := read(source.Input{Name: "fuzz", Data: raw})
		if err != nil {
			if preau.RemedyOf(err) == "" {
				t.Fatalf("%v is not for people", err)
			}
			return
		}
		keys, classes := map[string]bool{}, map[string]bool{}
		for _, p := range r.People {
			if p.Key == "" || keys[p.Key] || p.Family == "" {
				t.Fatalf("%+v", p)
			}
			keys[p.Key] = true
		}
		for _, c := range r.Classes {
			if classes[c.Key] {
				t.Fatalf("class %q twice", c.Key)
			}
			classes[c.Key] = true
		}
		for _, e := range r.Enrolments {
			if !keys[e.Person] || !classes[e.Class] {
				t.Fatalf("enrolment of nobody: %+v", e)
			}
		}
	})
}
