package onde_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/onde"
	"preau/edge/roster/source"
)

var want = source.Want{UAI: "9999991F", School: "École d’essai", Year: 2026}

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
		if !onde.Takes(f) {
			return directory.Roster{}, source.Extra{}, source.Refuse("not ONDE's", "Choose another.", nil)
		}
	}
	return onde.Read(files, want)
}

func csv(text string) source.Input { return source.Input{Name: "onde.csv", Data: []byte(text)} }

func TestRead_CurrentGeneration(t *testing.T) {
	r, _, err := read(sample(t, "onde-eleves.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.People) != 3 || r.People[0].Family != "EXEMPLE" || r.People[0].Birth != "2019-03-14" || r.People[0].INE != "123456789FF" || r.People[1].Given != "Éloïse" {
		t.Errorf("%+v", r.People)
	}
	if len(r.Classes) != 3 || r.Classes[0].Name != "CM1-CM2 de M. LEROI" || !strings.HasSuffix(r.Classes[0].Level, "-014") ||
		!strings.HasSuffix(r.Classes[1].Level, "-010") || !r.Classes[2].Group || r.Classes[2].Name != "Chorale" {
		t.Errorf("%+v", r.Classes)
	}
	for _, p := range r.People {
		if strings.Contains(p.Key, "123456789") {
			t.Error("the number is in a key")
		}
	}
}

func TestRead_BaseElevesGeneration(t *testing.T) {
	files := []source.Input{sample(t, "be1d-responsables.csv"), sample(t, "be1d-enseignants.csv"), sample(t, "be1d-eleves.csv")}
	r, extra, err := read(files...)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[directory.Role]int{}
	for _, p := range r.People {
		roles[p.Roles[0]]++
	}
	if roles[directory.Pupil] != 2 || roles[directory.Principal] != 1 || roles[directory.Teacher] != 1 || roles[directory.Guardian] != 1 {
		t.Errorf("%v", roles)
	}
	if p := r.People[0]; p.Family != "Œuvrard" || p.LegalFamily != "DUPONT" || p.Birth != "2017-02-01" {
		t.Errorf("%+v", p)
	}
	if len(r.Relations) != 2 || r.Relations[0].Child != r.People[0].Key || r.Covers != directory.Pupils|directory.Staff|directory.Guardians|directory.Structures {
		t.Errorf("%+v %b", r.Relations, r.Covers)
	}
	if !slices.ContainsFunc(extra.Notes, func(n source.Note) bool { return n.Code == "child-unknown" && n.Count == 1 }) {
		t.Errorf("%+v", extra.Notes)
	}
	again, _, _ := read(files[2], files[0], files[1])
	for i := range r.People {
		if again.People[i].Key != r.People[i].Key {
			t.Fatal("the order of the files changes keys")
		}
	}
}

func TestRead_HeadersWhateverTheirSpelling(t *testing.T) {
	for _, text := range []string{
		"NOM ELEVE;PRENOM ELEVE;SEXE;NIVEAU;DATE NAISSANCE;LIBELLE CLASSE\nA;B;F;CP;01/02/2019;CP\n",
		"\xef\xbb\xbf\"Nom élève\",\"Prénom élève\",\"Date naissance\",\" Niveau\",\"Libellé classe \"\r\n\"A\",\"B\",\"2019-02-01\",\"CP\",\"CP\"\r\n",
		"Nom Elève\tPrénom Elève\tDate naissance\tNiveau\tClasse\nA\tB\t01/02/2019\tCP\tCP",
	} {
		r, _, err := read(csv(text))
		if err != nil || len(r.People) != 1 || r.People[0].Birth != "2019-02-01" || len(r.Enrolments) != 1 {
			t.Errorf("%.40q: %+v, %v", text, r, err)
		}
	}
}

func TestRead_NamesakesAreTwo(t *testing.T) {
	r, _, err := read(csv("Nom élève;Prénom élève;Date naissance;Libellé classe\nA;B;01/02/2019;CP\nA;B;01/02/2019;CE1\n"))
	if err != nil || len(r.People) != 2 || r.People[0].Key == r.People[1].Key {
		t.Fatalf("%+v, %v", r.People, err)
	}
}

func TestRead_Refuses(t *testing.T) {
	for name, inputs := range map[string][]source.Input{
		"parents alone":  {sample(t, "be1d-responsables.csv")},
		"the same twice": {sample(t, "be1d-eleves.csv"), sample(t, "onde-eleves.csv")},
		"damaged":        {csv("Nom élève;Prénom élève\n\"A;B\n")},
		"endless":        {csv("Nom élève;Prénom élève\n" + strings.Repeat("A;B\n", 10_001))},
		"another table":  {csv("Nom;Note\nA;12\n")},
	} {
		if _, _, err := read(inputs...); err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
}

// FuzzRead: any file is refused with words or gives a roster whose parts
// hold together.
func FuzzRead(f *testing.F) {
	pupils := sample(f, "be1d-eleves.csv").Data
	for _, name := range []string{"onde-eleves.csv", "be1d-enseignants.csv", "be1d-responsables.csv", "be1d-eleves.csv"} {
		f.Add(sample(f, name).Data)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, _, err := read(csv(string(raw)))
		if err != nil { // parents want the pupils with them
			r, _, err = read(csv(string(raw)), source.Input{Name: "pupils", Data: pupils})
		}
		if err != nil {
			if preau.RemedyOf(err) == "" {
				t.Fatalf("%v is not for people", err)
			}
			return
		}
		keys, classes := map[string]bool{}, map[string]bool{}
		for _, p := range r.People {
			if keys[p.Key] || p.Family == "" || p.Given == "" {
				t.Fatalf("%+v", p)
			}
			keys[p.Key] = true
		}
		for _, c := range r.Classes {
			classes[c.Key] = true
		}
		for _, e := range r.Enrolments {
			if !keys[e.Person] || !classes[e.Class] {
				t.Fatalf("%+v", e)
			}
		}
		for _, l := range r.Relations {
			if !keys[l.Guardian] || !keys[l.Child] {
				t.Fatalf("%+v", l)
			}
		}
	})
}
