package party

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"preau"
)

// Bounds of a roster: five times the largest collège.
const (
	maxPeople     = 10_000
	maxClasses    = 1_000
	maxEnrolments = 60_000
	maxName       = 120 // bytes
)

// Roster is what one source knows of the school. What it covers it knows
// whole: whoever it no longer holds is closed.
type Roster struct {
	Source string // "siecle", "demo"…; files of one system share it
	School School
	Covers Coverage // 0: all

	People     []RosterPerson
	Classes    []RosterClass
	Enrolments []Enrolment
	Services   []Service
	Relations  []Relation
	Subjects   []Subject
	MEFs       []MEF

	Delta *Delta // nil: the file is whole

	// Shrink accepts a roster with less than half of the people known so
	// far, which otherwise is taken for a cut file.
	Shrink bool
	// Settled are the answers to doubts, by Doubt.Key: a candidate's ID, or
	// New.
	Settled map[string]string
}

// New settles a doubt: this is somebody else.
const New = "new"

// Coverage is what a roster knows whole.
type Coverage uint8

// What a roster may cover.
const (
	Pupils Coverage = 1 << iota
	Staff
	Guardians
	Structures // divisions and groups, those without pupils too
	// Nothing is for a file that only adds: a timetable, a nomenclature.
	Nothing
)

// Knows reports whether the roster knows that part whole.
func (r Roster) Knows(c Coverage) bool { return r.Covers == 0 || r.Covers&c != 0 }

// RosterPerson is a person as the source names them. An empty field that is
// not a name says nothing: what is known stays.
type RosterPerson struct {
	Key                  string
	Title, Given, Family string
	Roles                []Role
	Birth                string // 2015-03-14
	INE                  string // in its national form; never leaves this package again
	LegalFamily          string // when another name is in use
	MEF                  string // pupils
	Phone                string // responsible persons
}

// RosterClass is a class as the source names it. A name equal to the key is
// none: one that another file gave stays.
type RosterClass struct {
	Key, Name, Level string
	Group            bool
	Of               []string // a group's divisions, by key
	// Listed are the lists of the source that hold it, of Pupils, Staff and
	// Structures; 0 is Structures.
	Listed Coverage
}

// Enrolment puts a person in a class, by their keys in the roster.
type Enrolment struct {
	Person, Class string
	Role          Role
}

// Service says that a person teaches a subject to a class.
type Service struct{ Person, Class, Subject string }

// Relation says who answers for a pupil. The pupil may be known from an
// earlier roster of the same source.
type Relation struct {
	Guardian, Child string
	Legal           int // 1 and 2 in law, 0 another contact
}

// Subject is a matière of the nomenclature.
type Subject struct{ Code, Short, Name string }

// MEF is a formation of the nomenclature. Level is a concept URI, or empty.
type MEF struct{ Code, Name, Level string }

// Check refuses a roster that contradicts itself, before anything changes.
func (r Roster) Check() error {
	if _, err := preau.ParseUAI(string(r.School.UAI)); err != nil {
		return err
	}
	if r.Source == "" || r.School.Name == "" {
		return bad("the roster does not say where it comes from or for which school", "Give its source and the school's name.")
	}
	if len(r.People) > maxPeople || len(r.Classes) > maxClasses || len(r.Enrolments)+len(r.Services)+len(r.Relations) > maxEnrolments ||
		len(r.Subjects)+len(r.MEFs) > maxEnrolments {
		return preau.E(preau.TooLarge, fmt.Sprintf("the roster is larger than any school (%d people, %d classes, %d enrolments)",
			len(r.People), len(r.Classes), len(r.Enrolments)), "Check that the file is for one school only.", nil)
	}
	people, classes := map[string]bool{}, map[string]bool{}
	for _, p := range r.People {
		if err := p.check(people); err != nil {
			return err
		}
		people[p.Key] = true
	}
	for _, c := range r.Classes {
		if !printable(c.Key) || !printable(c.Name) || classes[c.Key] {
			return bad(fmt.Sprintf("class %.40q has no usable key or name, or comes twice", c.Key), "Correct it in the source and export again.")
		}
		classes[c.Key] = true
	}
	return r.checkLinks(people, classes)
}

func (r Roster) checkLinks(people, classes map[string]bool) error {
	if r.Delta != nil { // names those of earlier files
		return r.checkDelta()
	}
	for _, e := range r.Enrolments {
		if !people[e.Person] || !classes[e.Class] || !e.Role.valid() {
			return bad(fmt.Sprintf("an enrolment names person %.40q and class %.40q, which the roster does not hold", e.Person, e.Class),
				"Export people and classes together.")
		}
	}
	for _, s := range r.Services {
		if !people[s.Person] || !classes[s.Class] || !printable(s.Subject) {
			return bad(fmt.Sprintf("a service names person %.40q and class %.40q, which the roster does not hold", s.Person, s.Class),
				"Export people and classes together.")
		}
	}
	for _, l := range r.Relations {
		if !people[l.Guardian] || l.Child == "" {
			return bad(fmt.Sprintf("responsible person %.40q is not in the roster", l.Guardian), "Export people and their relations together.")
		}
	}
	for _, s := range r.Subjects {
		if !printable(s.Code) || len(s.Short) > maxName || !printable(s.Name) {
			return bad(fmt.Sprintf("matière %.40q has no usable code or name", s.Code), "Correct it in the source and export again.")
		}
	}
	for _, m := range r.MEFs {
		if !printable(m.Code) || !printable(m.Name) {
			return bad(fmt.Sprintf("formation %.40q has no usable code or name", m.Code), "Correct it in the source and export again.")
		}
	}
	return nil
}

// checkDelta bounds what a partial roster says; whom it does not know, it
// leaves alone.
func (r Roster) checkDelta() error {
	if len(r.Delta.Gone)+len(r.Delta.Told) > 2*maxPeople || len(r.Delta.Withdrawn) > maxEnrolments || r.Covers != Nothing {
		return bad("the partial roster says more than any school has, or that it is whole", "Export the changes of one school.")
	}
	for _, e := range r.Enrolments {
		if !e.Role.valid() {
			return bad(fmt.Sprintf("an enrolment of %.40q has the unknown role %.40q", e.Person, e.Role), "Use a role code of the national list.")
		}
	}
	for _, s := range r.Services {
		if !printable(s.Subject) {
			return bad(fmt.Sprintf("a service of %.40q has no matière", s.Person), "Correct it in the source and export again.")
		}
	}
	return nil
}

func (p RosterPerson) check(seen map[string]bool) error {
	if !printable(p.Key) || !printable(p.Given) || !printable(p.Family) || len(p.Title) > maxName || len(p.Roles) == 0 {
		return bad(fmt.Sprintf("person %.40q lacks a key, a name or a role", p.Key), "Complete the record in the source and export again.")
	}
	if seen[p.Key] {
		return bad(fmt.Sprintf("person %.40q comes twice", p.Key), "Remove the double in the source and export again.")
	}
	if len(p.LegalFamily) > maxName || len(p.Birth) > 10 || len(p.INE) > 11 || len(p.MEF) > maxName || len(p.Phone) > maxName {
		return bad(fmt.Sprintf("person %.40q has a field that is too long", p.Key), "Correct the record in the source and export again.")
	}
	for _, role := range p.Roles {
		if !role.valid() {
			return bad(fmt.Sprintf("person %.40q has the unknown role %.40q", p.Key, role), "Use a role code of the national list.")
		}
	}
	return nil
}

func bad(text, remedy string) error { return preau.E(preau.Invalid, text, remedy, nil) }

// printable accepts a short text that a page can show.
func printable(s string) bool {
	if strings.TrimSpace(s) == "" || len(s) > maxName || !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, unicode.IsControl) < 0
}
