package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
)

var school = directory.School{UAI: "9999991F", Name: "Collège d’essai"}

// roster makes one of pupils: "key family given birth ine class", dashes for
// nothing.
func roster(source string, pupils ...string) directory.Roster {
	r := directory.Roster{Source: source, School: school, Covers: directory.Pupils | directory.Structures}
	for _, line := range pupils {
		f := strings.Fields(line)
		for i := range f {
			if f[i] == "-" {
				f[i] = ""
			}
		}
		r.People = append(r.People, directory.RosterPerson{Key: f[0], Family: f[1], Given: f[2], Birth: f[3], INE: f[4], Roles: []directory.Role{directory.Pupil}})
		if f[5] == "" {
			continue
		}
		if !slices.ContainsFunc(r.Classes, func(c directory.RosterClass) bool { return c.Key == f[5] }) {
			r.Classes = append(r.Classes, directory.RosterClass{Key: f[5], Name: f[5]})
		}
		r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: f[0], Class: f[5], Role: directory.Pupil})
	}
	return r
}

func pid(t *testing.T, d *directory.Directory, source, key string) string {
	t.Helper()
	p, err := d.ByKey(t.Context(), source, key)
	if err != nil {
		t.Fatalf("%s/%s: %v", source, key, err)
	}
	return p.ID
}

func preview(t *testing.T, d *directory.Directory, r ...directory.Roster) directory.Diff {
	t.Helper()
	diff, err := d.Preview(t.Context(), r...)
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

func TestApply_MidYear(t *testing.T) {
	d := open(t)
	var before, after []string
	for i := range 30 {
		line := fmt.Sprintf("%d Famille%d Lou 2015-01-%02d - 6A", i, i, i%28+1)
		before = append(before, line)
		switch {
		case i < 3: // leaves
		case i < 5:
			after = append(after, strings.Replace(line, "6A", "6B", 1))
		default:
			after = append(after, line)
		}
	}
	for i := range 12 {
		after = append(after, fmt.Sprintf("n%d Nouveau%d Zoé 2015-02-%02d - 6B", i, i, i+1))
	}
	apply(t, d, roster("siecle", before...))
	diff := apply(t, d, roster("siecle", after...))
	if got := diff.Summary(); got != "12 join, 3 leave, 2 change class" {
		t.Fatalf("%s: %+v", got, diff)
	}
	if diff.Moved[0].From != "6A" || diff.Moved[0].To != "6B" {
		t.Fatalf("%+v", diff.Moved)
	}
	if again := apply(t, d, roster("siecle", after...)); !again.Empty() || again.Summary() != "no change" {
		t.Fatalf("%+v", again)
	}
}

// TestMatch_WhoIsRecognised gives one person in the tables and one record of
// another source, and says what must come of them.
func TestMatch_WhoIsRecognised(t *testing.T) {
	const lou = "1 Exemple Lou 2015-03-14 123456789FF 6A"
	for name, c := range map[string]struct{ then, want string }{
		"by number, all else changed":   {"x Autre Lou 2015-03-14 123456789FF 6B", "recognise"},
		"number, other name and birth":  {"x Autre Ana 2014-01-01 123456789FF 6B", "same-number"},
		"by name and birth":             {"x EXEMPLE lou 2015-03-14 - 5C", "recognise"},
		"accents and hyphens":           {"x Éxemple Lou 2015-03-14 - -", "recognise"},
		"other number of the same form": {"x Exemple Lou 2015-03-14 987654321GG 6A", "join"},
		"a number of the older form":    {"x Exemple Lou 2015-03-14 1234567890A 6A", "recognise"},
		"other birth date":              {"x Exemple Lou 2015-03-15 - 6A", "join"},
		"name alone, same class":        {"x Exemple Lou - - 6A", "recognise"},
		"name alone, other class":       {"x Exemple Lou - - 6B", "same-name"},
		"somebody else":                 {"x Autre Lou 2015-03-14 - 6A", "join"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			apply(t, d, roster("siecle", lou))
			was := pid(t, d, "siecle", "1")
			next := roster("oneroster", c.then)
			diff := preview(t, d, next)
			if len(diff.Doubts) > 0 {
				doubt := diff.Doubts[0]
				if doubt.Why != c.want || doubt.Key != "oneroster/x" || doubt.Candidates[0].ID != was {
					t.Fatalf("%+v, want %s", doubt, c.want)
				}
				if _, err := d.Apply(t.Context(), next); preau.KindOf(err) != preau.Conflict || preau.RemedyOf(err) == "" {
					t.Fatalf("applied in doubt: %v", err)
				}
				settles(t, d, next, was)
				return
			}
			diff = apply(t, d, next)
			what := diff.People[0].What
			if what == directory.Corrected { // recognised, and something changed
				what = directory.Recognised
			}
			if what != c.want || (pid(t, d, "oneroster", "x") == was) != (c.want == "recognise") {
				t.Fatalf("%+v, want %s", diff.People, c.want)
			}
			if again := apply(t, d, next); !again.Empty() {
				t.Fatalf("again: %+v", again)
			}
			if back, _ := d.ByKey(t.Context(), "siecle", "1"); back.ID != was {
				t.Fatal("the old source's name is lost")
			}
		})
	}
}

// settles answers the doubt both ways and finds that it is not asked again.
func settles(t *testing.T, d *directory.Directory, r directory.Roster, was string) {
	t.Helper()
	r.Settled = map[string]string{"oneroster/x": "nobody"}
	if diff := preview(t, d, r); len(diff.Doubts) != 1 {
		t.Fatalf("an unknown pid settled a doubt: %+v", diff)
	}
	r.Settled["oneroster/x"] = directory.New
	if diff := preview(t, d, r); len(diff.Doubts) != 0 || diff.Count(directory.Joined) != 1 {
		t.Fatalf("%+v", diff)
	}
	r.Settled["oneroster/x"] = was
	if diff := apply(t, d, r); diff.Count(directory.Joined) != 0 || pid(t, d, "oneroster", "x") != was {
		t.Fatalf("%+v", diff)
	}
	r.Settled = nil
	if again := apply(t, d, r); !again.Empty() {
		t.Fatalf("asked again: %+v", again)
	}
}

func TestMatch_DoublesInTheSourceAreAsked(t *testing.T) {
	d := open(t)
	double := roster("siecle", "1 Exemple Lou 2015-03-14 - 6A", "2 Exemple Lou 2015-03-14 - 6B", "3 Autre Ana 2015-01-01 - 6A")
	diff := preview(t, d, double)
	if len(diff.Doubts) != 1 || diff.Doubts[0].Key != "siecle/2" || diff.Doubts[0].Candidates[0].ID != "key:1" {
		t.Fatalf("%+v", diff.Doubts)
	}
	double.Settled = map[string]string{"siecle/2": "key:1"}
	if diff := apply(t, d, double); diff.Count(directory.Joined) != 2 {
		t.Fatalf("%+v", diff)
	}
	double.Settled = nil
	if again := apply(t, d, double); !again.Empty() {
		t.Fatalf("%+v", again)
	}
	if pid(t, d, "siecle", "1") != pid(t, d, "siecle", "2") {
		t.Fatal("one pupil has two pids")
	}
	// The school removes the double: the pupil stays.
	one := roster("siecle", "2 Exemple Lou 2015-03-14 - 6B", "3 Autre Ana 2015-01-01 - 6A")
	if diff := apply(t, d, one); diff.Count(directory.Left) != 0 || diff.Count(directory.Joined) != 0 {
		t.Fatalf("%+v", diff)
	}
}

func TestMatch_WhoComesBackUnderAnotherKeyIsTheSame(t *testing.T) {
	d := open(t)
	apply(t, d, roster("siecle", "1 Exemple Lou 2015-03-14 - 6A", "3 Autre Ana 2015-01-01 - 6A"))
	was := pid(t, d, "siecle", "1")
	apply(t, d, roster("siecle", "3 Autre Ana 2015-01-01 - 6A"))
	diff := apply(t, d, roster("siecle", "9 Exemple Lou 2015-03-14 - 6A", "3 Autre Ana 2015-01-01 - 6A"))
	if diff.Count(directory.Returned) != 1 || pid(t, d, "siecle", "9") != was {
		t.Fatalf("%+v", diff)
	}
}

func TestApply_OneFileDoesNotCloseWhatAnotherHolds(t *testing.T) {
	d := open(t)
	pupils := roster("siecle", "1 Exemple Lou 2015-03-14 - 6A", "2 Autre Ana 2015-01-01 - 6A")
	staff := directory.Roster{Source: "siecle", School: school, Covers: directory.Staff | directory.Structures,
		People:     []directory.RosterPerson{{Key: "epp-1", Title: "Mme", Family: "Garnier", Given: "Claire", Roles: []directory.Role{directory.Teacher}}},
		Classes:    []directory.RosterClass{{Key: "6A", Name: "6A"}, {Key: "6ANG", Name: "Anglais 6", Group: true, Of: []string{"6A"}}},
		Services:   []directory.Service{{Person: "epp-1", Class: "6ANG", Subject: "030201"}},
		Subjects:   []directory.Subject{{Code: "030201", Short: "AGL1", Name: "Anglais lv1"}},
		Enrolments: []directory.Enrolment{{Person: "epp-1", Class: "6ANG", Role: directory.Teacher}}}
	parents := directory.Roster{Source: "siecle", School: school, Covers: directory.Guardians,
		People:    []directory.RosterPerson{{Key: "resp-1", Title: "M.", Family: "Exemple", Given: "Max", Phone: "0600000000", Roles: []directory.Role{directory.Guardian}}},
		Relations: []directory.Relation{{Guardian: "resp-1", Child: "1", Legal: 1}, {Guardian: "resp-1", Child: "gone", Legal: 1}}}
	first := apply(t, d, pupils, staff, parents)
	if first.Count(directory.Joined) != 4 {
		t.Fatalf("%+v", first)
	}
	for name, r := range map[string]directory.Roster{"pupils": pupils, "staff": staff, "parents": parents} {
		if again := apply(t, d, r); !again.Empty() {
			t.Fatalf("%s alone: %+v", name, again)
		}
	}
	lou, teacher := pid(t, d, "siecle", "1"), pid(t, d, "siecle", "epp-1")
	if g, err := d.GuardiansOf(t.Context(), lou); err != nil || len(g) != 1 || g[0].Phone != "0600000000" || g[0].Formal() != "M. Exemple" {
		t.Fatalf("%+v, %v", g, err)
	}
	if c, err := d.ChildrenOf(t.Context(), pid(t, d, "siecle", "resp-1")); err != nil || len(c) != 1 || c[0].ID != lou {
		t.Fatalf("%+v, %v", c, err)
	}
	if taught, err := d.Teaches(t.Context(), teacher); err != nil || len(taught) != 1 || taught[0].Subject.Name != "Anglais lv1" {
		t.Fatalf("%+v, %v", taught, err)
	}
	if groups, err := d.Groups(t.Context()); err != nil || len(groups) != 1 || !groups[0].Group {
		t.Fatalf("%+v, %v", groups, err)
	}
	if classes, err := d.Classes(t.Context()); err != nil || len(classes) != 1 || classes[0].Pupils != 2 {
		t.Fatalf("%+v, %v", classes, err)
	}
	staff.Services, staff.Enrolments = nil, nil
	if diff := apply(t, d, staff); diff.Withdrawn != 1 || diff.Links != 1 {
		t.Fatalf("%+v", diff)
	}
}

// TestINE_StaysInside: nothing that the package returns holds the number.
func TestINE_StaysInside(t *testing.T) {
	const ine = "123456789FF"
	d := open(t)
	diff := apply(t, d, roster("siecle", "1 Exemple Lou 2015-03-14 "+ine+" 6A"))
	doubt := preview(t, d, roster("oneroster", "x Autre Ana 2014-01-01 "+ine+" 6B"))
	_, refused := d.Apply(t.Context(), roster("oneroster", "x Autre Ana 2014-01-01 "+ine+" 6B"))
	p, _ := d.Person(t.Context(), pid(t, d, "siecle", "1"))
	keys, _ := d.Keys(t.Context(), "siecle")
	if all := fmt.Sprintf("%+v %+v %v %+v %v", diff, doubt, refused, p, keys); strings.Contains(all, ine) {
		t.Fatal(all)
	}
}

// TestMatch_AdultsChangeSource: staff by name where nothing speaks against
// it, parents by their children.
func TestMatch_AdultsChangeSource(t *testing.T) {
	make := func(source, prefix string) directory.Roster {
		r := roster(source, prefix+"1 Exemple Lou 2015-03-14 - 6A", prefix+"2 Autre Ana 2015-01-01 - 6A")
		r.Covers = 0
		r.People = append(r.People, []directory.RosterPerson{
			{Key: prefix + "t", Given: "Claire", Family: "Garnier", Roles: []directory.Role{directory.Teacher}},
			{Key: prefix + "d", Given: "Claire", Family: "Exemple", Roles: []directory.Role{directory.Principal}},
			{Key: prefix + "g", Given: "Max", Family: "Martin", Roles: []directory.Role{directory.Guardian}},
			{Key: prefix + "h", Given: "Max", Family: "Martin", Roles: []directory.Role{directory.Guardian}},
		}...)
		r.Relations = []directory.Relation{{Guardian: prefix + "g", Child: prefix + "1", Legal: 1}, {Guardian: prefix + "h", Child: prefix + "2", Legal: 1}}
		return r
	}
	d := open(t)
	apply(t, d, make("siecle", "s"))
	diff := apply(t, d, make("oneroster", "o"))
	if diff.Count(directory.Recognised) != 6 || diff.Count(directory.Joined) != 0 || diff.Links != 0 {
		t.Fatalf("%+v", diff)
	}
	for _, k := range []string{"1", "2", "t", "d", "g", "h"} {
		if pid(t, d, "siecle", "s"+k) != pid(t, d, "oneroster", "o"+k) {
			t.Errorf("%s is two people", k)
		}
	}
	if again := apply(t, d, make("oneroster", "o")); !again.Empty() {
		t.Fatalf("%+v", again)
	}
	// A namesake who comes when the other has left is asked about.
	gone := make("oneroster", "o")
	gone.People = slices.DeleteFunc(gone.People, func(p directory.RosterPerson) bool { return p.Key == "ot" })
	apply(t, d, gone)
	gone.People = append(gone.People, directory.RosterPerson{Key: "new", Given: "Claire", Family: "Garnier", Roles: []directory.Role{directory.Teacher}})
	if diff := preview(t, d, gone); len(diff.Doubts) != 1 || !diff.Doubts[0].Candidates[0].Left {
		t.Fatalf("%+v", diff.Doubts)
	}
}

// TestStructures_OneListClosesNothingOfAnother: a class without pupils is in
// the structures' list alone.
func TestStructures_OneListClosesNothingOfAnother(t *testing.T) {
	d := open(t)
	pupils := roster("siecle", "1 Exemple Lou 2015-03-14 - 6A")
	pupils.Covers, pupils.Classes[0].Listed = directory.Pupils, directory.Pupils
	lists := directory.Roster{Source: "siecle", School: school, Covers: directory.Structures,
		Classes: []directory.RosterClass{{Key: "6A", Name: "6A"}, {Key: "ULIS", Name: "ULIS"}}}
	apply(t, d, pupils, lists)
	for _, r := range []directory.Roster{pupils, lists, pupils} {
		if diff := apply(t, d, r); !diff.Empty() {
			t.Fatalf("%+v", diff)
		}
	}
	lists.Classes = lists.Classes[:1]
	if diff := apply(t, d, lists); len(diff.Closed) != 1 || diff.Closed[0] != "ULIS" {
		t.Fatalf("%+v", diff)
	}
	lists.Classes = []directory.RosterClass{{Key: "6B", Name: "6B"}} // 6A still has its pupil
	if diff := apply(t, d, lists); len(diff.Closed) != 0 {
		t.Fatalf("%+v", diff)
	}
}
