package directory_test

import (
	"testing"

	"preau/edge/directory"
)

func TestDelta_TellsOnlyWhatChanged(t *testing.T) {
	d := open(t)
	class := func(k string) directory.RosterClass { return directory.RosterClass{Key: k, Name: k} }
	pupil := func(k string) directory.RosterPerson {
		return directory.RosterPerson{Key: k, Given: "Lou" + k, Family: "Exemple", Roles: []directory.Role{directory.Pupil}}
	}
	in := func(p, c string) directory.Enrolment {
		return directory.Enrolment{Person: p, Class: c, Role: directory.Pupil}
	}
	whole := directory.Roster{Source: "aaf", School: school, Classes: []directory.RosterClass{class("6A"), class("6B")},
		People:     []directory.RosterPerson{pupil("1"), pupil("2"), pupil("3")},
		Enrolments: []directory.Enrolment{in("1", "6A"), in("2", "6A"), in("3", "6A")}}
	if _, err := d.Apply(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	delta := directory.Roster{Source: "aaf", School: school, Covers: directory.Nothing, People: []directory.RosterPerson{pupil("4")},
		Enrolments: []directory.Enrolment{in("4", "6B"), in("2", "6B")},
		Delta:      &directory.Delta{Gone: []string{"1"}, Told: []string{"2"}}}
	diff, err := d.Apply(t.Context(), delta)
	if err != nil || diff.Count(directory.Joined) != 1 || diff.Count(directory.Left) != 1 || len(diff.Moved) != 1 || diff.Moved[0].Name != "Lou2 Exemple" || diff.Moved[0].To != "6B" {
		t.Fatalf("%+v, %v", diff, err)
	}
	if again, err := d.Apply(t.Context(), delta); err != nil || !again.Empty() {
		t.Fatalf("%+v, %v: the same changes again", again, err)
	}
	if left, _ := d.Classes(t.Context()); left[0].Pupils != 1 || left[1].Pupils != 2 {
		t.Fatalf("%+v", left)
	}
	delta = directory.Roster{Source: "aaf", School: school, Covers: directory.Nothing, Delta: &directory.Delta{Withdrawn: []directory.Enrolment{in("3", "6A")}}}
	if diff, err := d.Apply(t.Context(), delta); err != nil || diff.Withdrawn != 1 || diff.Count(directory.Left) != 0 {
		t.Fatalf("%+v, %v", diff, err)
	}
	delta.Covers = 0
	if _, err := d.Apply(t.Context(), delta); err == nil {
		t.Fatal("partial and whole at once")
	}
}
