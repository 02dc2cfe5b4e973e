package directory

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

// Roster is the whole of what one source knows of the school. What it no
// longer holds is closed.
type Roster struct {
	Source     string // "siecle", "demo"…
	School     School
	People     []RosterPerson
	Classes    []RosterClass
	Enrolments []Enrolment
	// Shrink accepts a roster with less than half of the people known so
	// far, which otherwise is taken for a cut file.
	Shrink bool
}

// RosterPerson is a person as the source names them.
type RosterPerson struct {
	Key                  string
	Title, Given, Family string
	Roles                []Role
}

// RosterClass is a class as the source names it.
type RosterClass struct{ Key, Name, Level string }

// Enrolment puts a person in a class, by their keys in the roster.
type Enrolment struct {
	Person, Class string
	Role          Role
}

// check refuses a roster that contradicts itself, before anything changes.
func (r Roster) check() error {
	if _, err := preau.ParseUAI(string(r.School.UAI)); err != nil {
		return err
	}
	if r.Source == "" || r.School.Name == "" {
		return bad("the roster does not say where it comes from or for which school", "Give its source and the school's name.")
	}
	if len(r.People) > maxPeople || len(r.Classes) > maxClasses || len(r.Enrolments) > maxEnrolments {
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
	for _, e := range r.Enrolments {
		if !people[e.Person] || !classes[e.Class] || !e.Role.valid() {
			return bad(fmt.Sprintf("an enrolment names person %.40q and class %.40q, which the roster does not hold", e.Person, e.Class),
				"Export people and classes together.")
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
