package sts_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/source"
	"preau/edge/roster/sts"
)

var want = source.Want{UAI: "9999991F", School: "Collège d’essai", Year: 2026}

const (
	staff   = "sts_emp_9999991F_2026.xml"
	lessons = "emp_sts_9999991F_2026.xml"
)

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
		if !sts.Takes(f) {
			return directory.Roster{}, source.Extra{}, source.Refuse("not STS's", "Choose another.", nil)
		}
	}
	return sts.Read(files, want)
}

func TestRead_StaffAndServices(t *testing.T) {
	r, extra, err := read(sample(t, staff))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.People) != 1 || r.People[0].Key != "epp-4189" || r.People[0].Title != "Mme" || !slices.Equal(r.People[0].Roles, []directory.Role{directory.Teacher}) {
		t.Errorf("%+v", r.People)
	}
	if len(r.Classes) != 2 || r.Classes[0].Name != "6A" || r.Classes[1].Name != "6E ANGLAIS GR1" || !slices.Equal(r.Classes[1].Of, []string{"6A"}) {
		t.Errorf("%+v", r.Classes)
	}
	if len(r.Services) != 2 || len(r.Enrolments) != 2 || len(r.Subjects) != 1 || len(r.MEFs) != 1 || extra.Timetable != nil {
		t.Errorf("%+v %+v", r, extra)
	}
	if r.Covers != directory.Staff|directory.Nothing {
		t.Errorf("covers %b", r.Covers)
	}
}

func TestRead_TimetableWithAndWithoutStaff(t *testing.T) {
	for _, inputs := range [][]source.Input{{sample(t, lessons)}, {sample(t, lessons), sample(t, staff)}, {sample(t, staff), sample(t, lessons)}} {
		r, extra, err := read(inputs...)
		if err != nil {
			t.Fatal(err)
		}
		table := extra.Timetable
		if table == nil || len(table.Slots) != 3 || len(table.Alternances) != 2 {
			t.Fatalf("%+v", table)
		}
		first := table.Slots[0]
		if first.Day != time.Monday || first.Start != 8*60+30 || first.Minutes != 55 || first.Room != "B12" || !slices.Equal(first.Teachers, []string{"epp-4189", "local-77"}) {
			t.Errorf("%+v", first)
		}
		if a := table.Alternances[1]; a.Name != "Semaine A" || a.Weeks[0].Format(time.DateOnly) != "2026-08-31" {
			t.Errorf("%+v", a)
		}
		if !slices.ContainsFunc(extra.Notes, func(n source.Note) bool { return n.Code == "bad-hours" && n.Count == 1 }) {
			t.Errorf("%+v", extra.Notes)
		}
		if len(inputs) == 1 && (r.Covers != directory.Nothing || len(r.People) != 0 || first.Name != "") {
			t.Errorf("covers %b, %+v, %s", r.Covers, r.People, first.Name)
		}
		if len(inputs) == 2 && (len(r.People) != 1 || len(r.Services) != 2 || first.Name != "Anglais lv1") {
			t.Errorf("%+v, %s", r, first.Name)
		}
	}
}

func TestRead_Refuses(t *testing.T) {
	good, table := string(sample(t, staff).Data), string(sample(t, lessons).Data)
	for name, in := range map[string]source.Input{
		"another school":          {Name: staff, Data: []byte(strings.ReplaceAll(good, "9999991F", "0750654D"))},
		"wrong letter":            {Name: staff, Data: []byte(strings.ReplaceAll(good, "9999991F", "9999991G"))},
		"last year":               {Name: staff, Data: []byte(strings.Replace(good, `ANNEE="2026"`, `ANNEE="2025"`, 1))},
		"cut":                     {Name: staff, Data: []byte(good[:len(good)/2])},
		"entities":                {Name: staff, Data: []byte(`<!DOCTYPE x [<!ENTITY a "a">]>` + good)},
		"same person twice":       {Name: staff, Data: []byte(strings.Replace(good, "</INDIVIDUS>", `<INDIVIDU ID="4189" TYPE="epp"><NOM_USAGE>X</NOM_USAGE></INDIVIDU></INDIVIDUS>`, 1))},
		"lessons of nobody knows": {Name: "edt.xml", Data: []byte(table)},
		"lessons of another":      {Name: "emp_sts_0750654D_2026.xml", Data: []byte(table)},
		"lessons of another year": {Name: "emp_sts_9999991F_2025.xml", Data: []byte(table)},
		"lessons cut":             {Name: lessons, Data: []byte(table[:len(table)/2])},
	} {
		_, _, err := read(in)
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
}

// TestRead_EndlessLessons: as many lessons as fit are bounded, and quickly.
func TestRead_EndlessLessons(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<EDT_STS><DONNEES><STRUCTURE><DIVISIONS><DIVISION CODE="6A"><SERVICES><SERVICE CODE_MATIERE="1"><ENSEIGNANTS>`)
	for i := range 20_100 {
		fmt.Fprintf(&b, `<ENSEIGNANT ID="%d"><COURS_RATTACHES><COURS><JOUR>1</JOUR><HEURE_DEBUT>0800</HEURE_DEBUT><DUREE>0055</DUREE><CODE_SALLE>%d</CODE_SALLE></COURS></COURS_RATTACHES></ENSEIGNANT>`, i, i)
	}
	b.WriteString(`</ENSEIGNANTS></SERVICE></SERVICES></DIVISION></DIVISIONS></STRUCTURE></DONNEES></EDT_STS>`)
	if _, _, err := read(source.Input{Name: lessons, Data: []byte(b.String())}); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
		t.Fatal(err)
	}
}

// FuzzRead: any file is refused with words or gives a roster whose parts
// hold together and lessons that a week can have.
func FuzzRead(f *testing.F) {
	f.Add(sample(f, staff).Data)
	f.Add(sample(f, lessons).Data)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, extra, err := read(source.Input{Name: lessons, Data: raw})
		if err != nil {
			if preau.RemedyOf(err) == "" {
				t.Fatalf("%v is not for people", err)
			}
			return
		}
		keys, classes := map[string]bool{}, map[string]bool{}
		for _, p := range r.People {
			if keys[p.Key] || p.Family == "" || len(p.Roles) == 0 {
				t.Fatalf("%+v", p)
			}
			keys[p.Key] = true
		}
		for _, c := range r.Classes {
			classes[c.Key] = true
		}
		for _, s := range r.Services {
			if !keys[s.Person] || !classes[s.Class] {
				t.Fatalf("%+v", s)
			}
		}
		if extra.Timetable != nil {
			for _, s := range extra.Timetable.Slots {
				if s.Start < 0 || s.Minutes <= 0 || s.Start+s.Minutes > 24*60 || !classes[s.Class] {
					t.Fatalf("%+v", s)
				}
			}
		}
	})
}
