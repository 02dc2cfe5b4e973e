package directory_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/internal/sqlite"
)

func open(t *testing.T) *directory.Directory {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d, err := directory.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func apply(t *testing.T, d *directory.Directory, r ...directory.Roster) directory.Diff {
	t.Helper()
	diff, err := d.Apply(t.Context(), r...)
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

func names(people []directory.Person) (found []string) {
	for _, p := range people {
		found = append(found, p.Family+" "+p.Given)
	}
	return found
}

// invented is the demonstration's school without the families.
func invented() directory.Roster {
	r := demo.Roster(1)
	r.People = slices.DeleteFunc(r.People, func(p directory.RosterPerson) bool { return p.Roles[0] == directory.Guardian })
	r.Relations = nil
	return r
}

func TestApply_TwiceChangesNothing(t *testing.T) {
	d := open(t)
	r := invented()
	first := apply(t, d, r)
	if got, want := len(first.Added), demo.PupilsA+demo.PupilsB+4+2; got != want {
		t.Fatalf("first import added %d, want %d", got, want)
	}
	if again := apply(t, d, invented()); !again.Empty() {
		t.Fatalf("second import changed %+v", again)
	}
	classes, err := d.Classes(t.Context())
	if err != nil || len(classes) != 2 || classes[0].Name != "6eA" || classes[0].Pupils != 30 || classes[1].Pupils != 24 {
		t.Fatalf("classes %+v, %v", classes, err)
	}
	if teachers, err := d.Teachers(t.Context()); err != nil || len(teachers) != 2 || teachers[1].Formal() != "Mme Garnier" {
		t.Fatalf("teachers %+v, %v", teachers, err)
	}
	if school, err := d.School(t.Context()); err != nil || school.UAI != "9999991F" {
		t.Fatalf("school %+v, %v", school, err)
	}
}

func TestApply_WhoeverLeftIsClosedAndComesBackAsThemselves(t *testing.T) {
	d := open(t)
	whole := invented()
	apply(t, d, whole)
	lost := whole.People[5]
	before, err := d.ByKey(t.Context(), demo.Source, lost.Key)
	if err != nil {
		t.Fatal(err)
	}
	part := whole
	part.People = slices.Delete(slices.Clone(whole.People), 5, 6)
	part.Enrolments = slices.DeleteFunc(slices.Clone(whole.Enrolments), func(e directory.Enrolment) bool { return e.Person == lost.Key })
	preview, err := d.Preview(t.Context(), part)
	if err != nil || len(preview.Closed) != 1 || preview.Withdrawn != 1 {
		t.Fatalf("preview %+v, %v", preview, err)
	}
	if p, _ := d.Person(t.Context(), before.ID); !p.Closed.IsZero() {
		t.Fatal("a preview closed somebody")
	}
	if diff := apply(t, d, part); len(diff.Closed) != 1 || diff.Withdrawn != 1 || len(diff.Added) != 0 {
		t.Fatalf("%+v", diff)
	}
	gone, err := d.Person(t.Context(), before.ID)
	if err != nil || gone.Closed.IsZero() {
		t.Fatalf("%+v, %v: want a closed person, still readable", gone, err)
	}
	classes, _ := d.Classes(t.Context())
	if pupils, _ := d.Pupils(t.Context(), classes[0].ID); len(pupils) != 29 || slices.Contains(names(pupils), lost.Family+" "+lost.Given) {
		t.Fatalf("%d pupils after one left", len(pupils))
	}
	if diff := apply(t, d, whole); len(diff.Reopened) != 1 || diff.Enrolled != 1 {
		t.Fatalf("%+v", diff)
	}
	if back, _ := d.ByKey(t.Context(), demo.Source, lost.Key); back.ID != before.ID {
		t.Fatalf("came back as %s, was %s", back.ID, before.ID)
	}
}

func TestApply_AChangedNameKeepsThePerson(t *testing.T) {
	d := open(t)
	r := invented()
	apply(t, d, r)
	before, _ := d.ByKey(t.Context(), demo.Source, demo.TeacherFrench)
	r.People[0].Family = "Garnier-Lévêque"
	r.People[0].Roles = []directory.Role{directory.Principal, directory.Teacher}
	if diff := apply(t, d, r); len(diff.Changed) != 1 || len(diff.Added) != 0 {
		t.Fatalf("%+v", diff)
	}
	after, _ := d.Person(t.Context(), before.ID)
	if after.Formal() != "Mme Garnier-Lévêque" || !after.Is(directory.Principal) || !after.Is(directory.Teacher) {
		t.Fatalf("%+v", after)
	}
}

func TestPupils_ComeInFrenchOrder(t *testing.T) {
	d := open(t)
	want := []string{"Abadie Zoé", "Côté Ana", "Cote Béa", "Étienne Lou", "Faure Éva", "Faure Yan", "Le Goff Ana", "Lemoine Ana", "L’Hostis Ana", "Œuvrard Ana", "Ollivier Ana", "Zerbib Ana"}
	r := directory.Roster{Source: "x", School: directory.School{UAI: "9999991F", Name: "Collège"}, Classes: []directory.RosterClass{{Key: "6A", Name: "6eA"}}}
	for i := range want {
		family, given, _ := cutLast(want[(i*7+3)%len(want)])
		key := fmt.Sprint(i)
		r.People = append(r.People, directory.RosterPerson{Key: key, Family: family, Given: given, Roles: []directory.Role{directory.Pupil}})
		r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: key, Class: "6A", Role: directory.Pupil})
	}
	apply(t, d, r)
	classes, _ := d.Classes(t.Context())
	pupils, err := d.Pupils(t.Context(), classes[0].ID)
	if err != nil || !slices.Equal(names(pupils), want) {
		t.Fatalf("got %q, %v", names(pupils), err)
	}
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndex(s, " ")
	return s[:i], s[i+1:], true
}

func TestApply_RefusesWhatContradictsItself(t *testing.T) {
	d := open(t)
	apply(t, d, invented())
	for name, spoil := range map[string]func(*directory.Roster){
		"another school":     func(r *directory.Roster) { r.School.UAI = "0750654D" },
		"wrong letter":       func(r *directory.Roster) { r.School.UAI = "9999991G" },
		"same key twice":     func(r *directory.Roster) { r.People[1].Key = r.People[0].Key },
		"unknown class":      func(r *directory.Roster) { r.Enrolments[0].Class = "7Z" },
		"unknown role":       func(r *directory.Roster) { r.People[0].Roles = []directory.Role{"root"} },
		"no name":            func(r *directory.Roster) { r.People[3].Given = " " },
		"control characters": func(r *directory.Roster) { r.People[3].Family = "A\nB" },
		"cut":                func(r *directory.Roster) { r.People, r.Enrolments = r.People[:20], nil },
		"endless":            func(r *directory.Roster) { r.People = make([]directory.RosterPerson, 100_000) },
	} {
		r := invented()
		r.People, r.Enrolments = slices.Clone(r.People), slices.Clone(r.Enrolments)
		spoil(&r)
		_, err := d.Apply(t.Context(), r)
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
	if again := apply(t, d, invented()); !again.Empty() {
		t.Fatalf("a refused roster left traces: %+v", again)
	}
	half := invented()
	half.People, half.Enrolments, half.Shrink = half.People[:20], nil, true
	if diff := apply(t, d, half); len(diff.Closed) != demo.PupilsA+demo.PupilsB+4-20 {
		t.Fatalf("%d closed", len(diff.Closed))
	}
}
