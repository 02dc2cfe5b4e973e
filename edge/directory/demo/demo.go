// Package demo invents a school: two classes, two teachers, a principal and a
// technician, for the demonstration, the tests and the pictures of the
// documentation. It promises the same people for the same seed, names as
// varied as those of a French class list, and that nobody in it is real: the
// school has the ministry's test number. It refuses nothing, knows no table.
package demo

import (
	"fmt"
	"math/rand/v2"

	"preau/edge/directory"
)

// Keys of the adults and classes in the roster.
const (
	Source          = "demo"
	TeacherFrench   = "ens-1"
	TeacherMaths    = "ens-2"
	Head            = "dir-1"
	TechnicianKey   = "tech-1"
	ClassA          = "6A"
	ClassB          = "5B"
	PupilsA         = 30
	PupilsB         = 24
	levelPrefix     = "http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-022-num-"
	levelSixieme    = levelPrefix + "018"
	levelCinquieme  = levelPrefix + "020"
	testSchoolUAI   = "9999991F"
	testSchoolLabel = "Collège de la Clairière (démonstration)"
)

// Roster invents the school of seed.
func Roster(seed uint64) directory.Roster {
	rnd := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	r := directory.Roster{
		Source: Source,
		School: directory.School{UAI: testSchoolUAI, Name: testSchoolLabel},
		Classes: []directory.RosterClass{
			{Key: ClassA, Name: "6eA", Level: levelSixieme},
			{Key: ClassB, Name: "5eB", Level: levelCinquieme},
		},
		People: []directory.RosterPerson{
			{Key: TeacherFrench, Title: "Mme", Given: "Claire", Family: "Garnier", Roles: []directory.Role{directory.Teacher}},
			{Key: TeacherMaths, Title: "M.", Given: "Idriss", Family: "Belhadj", Roles: []directory.Role{directory.Teacher}},
			{Key: Head, Title: "Mme", Given: "Solange", Family: "Kerbrat", Roles: []directory.Role{directory.Principal}},
			{Key: TechnicianKey, Title: "M.", Given: "Bruno", Family: "Estève", Roles: []directory.Role{directory.Technician}},
		},
	}
	for _, teacher := range []string{TeacherFrench, TeacherMaths} {
		for _, class := range []string{ClassA, ClassB} {
			r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: teacher, Class: class, Role: directory.Teacher})
		}
	}
	// Both lists are longer than the school: nobody shares a family name,
	// and few a given one.
	family, given := rnd.Perm(len(families)), rnd.Perm(len(givens))
	for i := range PupilsA + PupilsB {
		key, class := fmt.Sprintf("ele-%02d", i+1), ClassA
		if i >= PupilsA {
			class = ClassB
		}
		r.People = append(r.People, directory.RosterPerson{Key: key, Given: givens[given[i]], Family: families[family[i]],
			Roles: []directory.Role{directory.Pupil}})
		r.Enrolments = append(r.Enrolments, directory.Enrolment{Person: key, Class: class, Role: directory.Pupil})
		if i%10 == 9 {
			continue // a school does not know everybody's
		}
		// 06 39 98 is kept for fiction (Arcep).
		guardian := fmt.Sprintf("resp-%02d", i+1)
		r.People = append(r.People, directory.RosterPerson{Key: guardian, Title: "Mme", Given: givens[given[(i+60)%len(givens)]], Family: families[family[i]],
			Phone: fmt.Sprintf("06 39 98 %02d %02d", i/10+10, i+10), Roles: []directory.Role{directory.Guardian}})
		r.Relations = append(r.Relations, directory.Relation{Guardian: guardian, Child: key, Legal: 1})
	}
	return r
}
